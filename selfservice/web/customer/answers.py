"""Answers sent by the page's script, the offline queue and notification buttons: JSON to an answer token."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from selfservice.db import db
from selfservice.errors import AppError, Conflict, Invalid
from selfservice.pages import answering
from selfservice.situations import asides
from selfservice.situations.view import View
from selfservice.web.customer import door, keeping
from selfservice.web.customer.pages import REFUSALS, read_revision, refused_view


def answer() -> ResponseReturnValue:
    """Do the one action the token allows; says what became of it, with the page as it stands now."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("input", {}), dict):
        raise Invalid('The body is not what was expected; send JSON: {"input": {...}, "revision": n}.')
    form = body.get("input", {})
    try:
        revision = read_revision(body.get("revision"))
        status = answering.act(g.page_id, g.action, form=form, revision=revision, key=_key(), who=door.who)
    except REFUSALS as refusal:
        db.session.rollback()
        return _refusal(refusal, refused_view(refusal, g.action, form, str(body.get("step", ""))))
    db.session.commit()
    view = door.look()
    if status == "needs_human":
        view = view.with_notice("needs_human")
    elif view.ask is not None:  # A protective answer, from somebody who need not show who they are.
        view = view.with_notice("taken")
    return _private(jsonify(status=status, page=_page(view)), view)


def _key() -> str:
    text = request.headers.get("Idempotency-Key", "").strip('"')
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Invalid("The Idempotency-Key header is not a UUID; send a fresh one with every new answer.") from None


def _page(view: View) -> dict[str, Any]:
    return {"state": view.state, "revision": view.revision, "step": view.step, "html": asides.show(view)}


def _refusal(refusal: AppError, view: View) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": refusal.message,
        "status": refusal.status,
        "code": refusal.code,
        "notice": view.notice,
        "page": _page(view),
    }
    if isinstance(refusal, Invalid):
        body["fields"] = refusal.fields
    if isinstance(refusal, Conflict):
        body["won"] = view.step
    response = _private(jsonify(body), view)
    response.status_code = refusal.status
    response.content_type = "application/problem+json"
    return response


def _private(response: Response, view: View) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers[keeping.HEADER] = keeping.word(view)
    return response
