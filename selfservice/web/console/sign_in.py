"""Signing in and out."""

from __future__ import annotations

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from selfservice.brands import queries as brands
from selfservice.db import db
from selfservice.errors import TooMany
from selfservice.staff import passwords
from selfservice.staff import service as sessions
from selfservice.web.console import door

_WRONG = "That e-mail address and password do not belong together. Check both and try again."


def show_sign_in() -> ResponseReturnValue:
    """The sign-in; those who are signed in go straight on."""
    if "staff" in g:
        return redirect(_next(), 303)
    return _form()


def sign_in() -> ResponseReturnValue:
    """Check the password and start a session; a wrong one is told in words, too many wrong ones wait."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    if not email.strip() or not password:
        return _form("Fill in your e-mail address and your password.", 422)
    try:
        token = _prove(email, password, request.remote_addr or "")
    except TooMany as refusal:
        db.session.rollback()
        response = _form(refusal.message, refusal.status)
        response.headers["Retry-After"] = str(refusal.retry_after)
        return response
    if token is None:
        return _form(_WRONG, 422)
    answer = redirect(_next(), 303)
    door.set_cookie(answer, token)  # type: ignore[arg-type]
    return answer


def sign_out() -> ResponseReturnValue:
    """End the session here and in the database."""
    sessions.sign_out(door.here().session_id)
    db.session.commit()
    answer = redirect(url_for("console.show_sign_in"), 303)
    door.set_cookie(answer, "")  # type: ignore[arg-type]
    return answer


def _prove(email: str, password: str, address: str) -> str | None:
    """The token of a new session; None for a wrong password. The try is on record before the slow check begins."""
    passwords.claim_attempt(email, address)
    db.session.commit()
    user_id = passwords.check(email, password)
    if user_id is None:
        return None
    passwords.forgive(email)
    token = sessions.start_session(user_id)
    db.session.commit()
    return token


def _next() -> str:
    """Where somebody wanted to go; only a path of the console, so that no link can lead elsewhere after the sign-in."""
    wanted = request.values.get("next", "")
    is_ours = wanted.startswith("/console/") and "\\" not in wanted and "//" not in wanted and wanted.isprintable()
    return wanted if is_ours else url_for("console.list_pages")


def _form(problem: str = "", status: int = 200) -> Response:
    with door.reading():
        brand = brands.face(brands.get_for("").id, "en")
    html = render_template(
        "console/sign_in.html",
        brand=brand,
        problem=problem,
        email=request.form.get("email", ""),
        next=request.values.get("next", ""),
    )
    return door.shown(html, status)
