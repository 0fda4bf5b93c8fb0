"""The customer's door: the signed token in the address is the one proof of who is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g, request

from selfservice import tokens
from selfservice.errors import NotFound
from selfservice.pages import guarding, language, queries, sight
from selfservice.situations import asides
from selfservice.situations.framing import content_security_policy
from selfservice.situations.view import View
from selfservice.web import device, encoding
from selfservice.web.customer import keeping

FOR_STRANGERS = frozenset({"customer.check", "customer.say_wrong_number"})
"""What can be done by people whose language is not the customer's; one who passes the check has chosen it then."""

CLOSED_STATUS = {"expired": 410, "revoked": 410, "retired": 410, "superseded": 410}


def enter() -> None:
    """Check the token before anything is read; raises BadToken, which looks the same for every wrong address."""
    arguments = request.view_args or {}
    keyring = tokens.current()
    if "answer_token" in arguments:
        g.page_id, g.action = keyring.read_answer(arguments.pop("answer_token"))
    else:
        g.token = arguments.pop("token")
        g.page_id = keyring.read_page(g.token)
    if request.method == "POST" and request.endpoint not in FOR_STRANGERS:
        choose_language()


def choose_language() -> None:
    """Keep the language this request is in, if it is made by somebody who is let in.

    Looking at a page in another language changes nothing; whoever does something in it has chosen it.
    """
    if "lang" in request.args:
        language.choose(g.page_id, request.args["lang"], who)


def look(step: str = "") -> View:
    """The page this request is about, as it is committed and as its customer sees it; raises NotFound."""
    return view_of(find_row(), step)


def find_row() -> Any:
    """The row of the page this request is about, as it is committed; raises NotFound."""
    row = queries.find_sight(g.page_id)
    if row is None:
        raise NotFound("There is no page behind this link; open the link as it was sent.")
    return row


def view_of(row: Any, step: str = "") -> View:
    """That row as whoever holds this link on this device may see it; raises NotFound while the page is not open yet."""
    return guarding.guarded(row, _sight_of(row, step), who)


def ask_for(action: str, form: Mapping[str, str]) -> View:
    """The page as it asks who is there before it takes an answer; as it stands if there is nothing to ask."""
    row = find_row()
    return guarding.asked_for(row, _sight_of(row), action, form, who)


def who() -> int | None:
    """The device that asks, if it is known."""
    found = device.find()
    return found.id if found else None


def was_device_asked() -> bool:
    """Whether this request had to know its device, as it has where something is checked."""
    return "device" in g


def _sight_of(row: Any, step: str = "") -> View:
    token = g.get("token") or tokens.current().sign_page(g.page_id)
    view = sight.view_of(row, language=request.args.get("lang", ""), token=token, step=step)
    if view.state == "scheduled":
        raise NotFound("The page behind this link is not open yet; open the link once the text has come.")
    return view


def page(view: View, html: str, status: int = 200) -> Response:
    """A page as a response: never stored on the way, never indexed, nothing loaded from elsewhere."""
    response = encoding.compressed(html, status)
    response.headers.extend(
        (
            ("Cache-Control", "no-store"),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("Content-Security-Policy", content_security_policy(view)),
            (keeping.HEADER, keeping.word(view)),
        )
    )
    return response


def as_it_stands(view: View) -> Response:
    """The page, or what stands in its place, with the status that says which."""
    return page(view, asides.show(view), status_of(view))


def status_of(view: View) -> int:
    """The status a page is shown with: 410 when it has ended, or is not this person's."""
    return 410 if view.is_disowned else CLOSED_STATUS.get(view.state, 200)
