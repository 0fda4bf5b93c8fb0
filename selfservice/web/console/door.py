"""The staff door: a signed-in session is the one proof of who is there. And what every console screen shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import config, tokens
from selfservice.brands import queries as brands
from selfservice.brands.face import Face
from selfservice.conversations import queries as conversations
from selfservice.db import SAFE_METHODS, db, writing
from selfservice.errors import AppError, Forbidden
from selfservice.staff import queries as staff
from selfservice.staff import service as sessions
from selfservice.staff.queries import LASTS, Staff
from selfservice.web import encoding, troubles

OPEN_TO_ALL = frozenset({"console.show_sign_in", "console.sign_in"})
"""The endpoints that serve people who have not signed in yet."""

TAKES_FILES = frozenset(
    f"console.{name}" for name in ("add_brand", "change_brand", "create", "preview_draft", "add_picture")
)
MOST_BYTES = 11 * 1024 * 1024
"""What may come with a form that takes a file."""

CSRF = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
BACKGROUND = "X-Background"
_SIGNED_OUT = "Nothing was changed. Sign in in another tab, come back here, go back a step and send it again."
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, kw_only=True)
class Shell:
    """What surrounds every screen: who is signed in, for which organisation, how much work waits, what is wrong."""

    staff: Staff
    brand: Face
    waiting: int
    csrf: str
    warnings: Sequence[str] = ()


def enter() -> ResponseReturnValue | None:
    """Let a signed-in member of staff in; everybody else is led to the sign-in, whatever the address."""
    token = request.cookies.get(cookie_name(), "")
    found = staff.find_session(token) if token else None
    if found is None:
        return None if request.endpoint in OPEN_TO_ALL else _ask_to_sign_in()
    g.staff = found
    if request.endpoint in TAKES_FILES:
        request.max_content_length = MOST_BYTES
        db.session.rollback()  # No transaction is open while somebody sends their picture.
    if request.method not in SAFE_METHODS and request.endpoint not in OPEN_TO_ALL:
        _refuse_without_token(found)
    if _shows_somebody() and sessions.needs_touch(found):
        with writing():
            sessions.touch(found)
            db.session.commit()
    return None


def here() -> Staff:
    """Who is signed in."""
    found: Staff = g.staff
    return found


def actor() -> str:
    """Who is signed in, as events name them."""
    return f"staff:{here().user_id}"


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A console screen, or a part of one, as a response."""
    return shown(render_template(template, shell=_shell(), **values), status)


def to_page(page_id: str, made: str | None = None) -> ResponseReturnValue:
    """On to the screen of a page (its id as addresses have it), which says what was `made` of it."""
    return redirect(url_for("console.show_page", page_id=page_id, made=made), 303)


def tell(error: AppError) -> Response:
    """An error as a screen: its sentence, and a way on."""
    if "staff" in g:
        return page("console/problem.html", error.status, message=error.message)
    return _alone("That did not work", error.message, error.status)


def shown(html: str, status: int = 200) -> Response:
    """HTML of the console as a response."""
    response = encoding.compressed(html, status)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def keep_private(response: Response) -> Response:
    """Whatever the console answers is kept by nobody on the way and found by no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@contextmanager
def reading() -> Iterator[None]:
    """Read on the reader engine during a POST that changes nothing, such as a preview: it then waits for no writer.

    The session goes by the request's method, so the same request stands here as a GET. Its form is not read inside.
    """
    with current_app.request_context({**request.environ, "REQUEST_METHOD": "GET"}):
        yield


def csrf_token(session_id: int) -> str:
    """The token that every form of this session carries."""
    return tokens.current().sign("csrf", session_id)


def cookie_name() -> str:
    """The name of the session cookie; over https the prefix makes browsers keep it to this host and to https."""
    return "__Host-staff" if config.current().is_secure else "staff"


def set_cookie(response: Response, token: str) -> None:
    """Hand the session to the browser; an empty token takes it back."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(LASTS.total_seconds()) if token else 0,
        secure=config.current().is_secure,
        httponly=True,
        samesite="Lax",
    )


def _shell() -> Shell:
    who = here()
    brand = brands.get_for("")
    return Shell(
        staff=who,
        brand=brands.face(brand.id, "en"),
        waiting=conversations.count_waiting(None if who.sees_all_teams else who.team),
        csrf=csrf_token(who.session_id),
        warnings=troubles.list_all(),
    )


def _shows_somebody() -> bool:
    """Whether the request says that a person is there: a screen that keeps itself fresh does not."""
    is_own_doing = (
        BACKGROUND in request.headers
        or request.endpoint == "console.follow"
        or (request.method == "GET" and request.headers.get("Sec-Fetch-Dest") in ("iframe", "image"))
    )
    return not is_own_doing


def _refuse_without_token(found: Staff) -> None:
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF, "")
    # Any of the signing keys will do, so that a rotation does not refuse the forms that are open.
    try:
        is_ours = tokens.current().read("csrf", given) == found.session_id
    except tokens.BadToken:
        is_ours = False
    if not is_ours:
        raise Forbidden(
            "This form belongs to an earlier sign-in, so nothing was changed; go back, reload the page, send it again."
        )


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method != "GET" or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return _alone("You are signed out", _SIGNED_OUT, 401)
    wanted = request.full_path.rstrip("?")
    return redirect(f"{url_for('console.show_sign_in')}?next={quote(wanted, safe='')}", 303)


def _alone(title: str, sentence: str, status: int) -> Response:
    """A screen for somebody who has not shown who they are: nothing of the console stands around it."""
    return shown(render_template("console/alone.html", title=title, sentence=sentence), status)
