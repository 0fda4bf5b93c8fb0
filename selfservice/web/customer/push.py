"""Pushes as a phone knows them: asking for them, giving them up, and saying what became of one."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from selfservice import config, http, tokens
from selfservice.customers import subscriptions
from selfservice.db import db
from selfservice.errors import Forbidden, Invalid, NotFound
from selfservice.messages import receipts
from selfservice.pages import following
from selfservice.web import device, security

blueprint = Blueprint("push", __name__)


def _enter() -> None:
    """The device's cookie says whose subscription it is; who has none yet brings the token of a page.

    A receipt proves itself by the token that came with its push: the worker of a browser may have no cookie any more.
    Raises BadToken, and Forbidden for a request with none of these. Reads no database.
    """
    arguments = request.view_args or {}
    if "receipt_token" in arguments:
        g.message_id = tokens.current().read(receipts.PURPOSE, arguments.pop("receipt_token"))
        return
    body = request.get_json(silent=True)
    asked = body if isinstance(body, dict) else {}
    g.page_id, g.about_id = (
        None if asked.get(word) is None else tokens.current().read_page(str(asked[word])) for word in ("page", "about")
    )
    if g.page_id is None and device.cookie_name() not in request.cookies:
        raise _unknown()


security.guard(blueprint, "device", _enter)


@blueprint.post("/push/subscriptions")
def subscribe() -> ResponseReturnValue:
    """Take pushes for this device, and tell it of the pages of whoever the named `page` is for.

    `follows` in the answer says whether this device is told of that page; with `about` in place of `page` that is all.
    201 the first time, 200 when it was known; 409 when the endpoint is another device's.
    """
    settings = config.current()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid('The body is not what was expected; send JSON: {"subscription": {...}, "page": "..."}.')
    if not settings.push_key:
        raise NotFound("Pushes are off here; nobody is to be asked for them.")
    offer = subscriptions.read(body.get("subscription"), settings)
    # Before anything is read from the database: a name server may be slow, and nobody shall wait behind it.
    http.look_up(offer.endpoint.url, may_be_private=offer.endpoint.may_be_private)
    if g.page_id is None and device.find() is None:
        raise _unknown()
    owner = device.get_or_make()
    is_new = subscriptions.keep(owner.id, offer)
    follows = g.page_id is not None and following.follow(g.page_id, owner.id)
    if g.about_id is not None:
        follows = following.is_told(g.about_id, owner.id)
    db.session.commit()
    return _private(jsonify(status="kept", follows=follows), 201 if is_new else 200)


@blueprint.delete("/push/subscriptions")
def unsubscribe() -> ResponseReturnValue:
    """Send nothing to this device any more; twice is once."""
    known = device.find()
    if known is not None:
        subscriptions.drop(known.id)
        db.session.commit()
    return "", 204


@blueprint.post("/push/receipts/<receipt_token>")
def receive() -> ResponseReturnValue:
    """What became of a push on its device: `{"what": "delivered"}`, or shown, clicked, answered. Twice is once."""
    body = request.get_json(silent=True)
    what = body.get("what") if isinstance(body, dict) else None
    if what not in receipts.KINDS:
        raise Invalid(
            f'The body is not what was expected; send JSON: {{"what": "{receipts.KINDS[0]}"}}, or one of '
            f"{', '.join(receipts.KINDS[1:])}."
        )
    receipts.note(g.message_id, what)
    db.session.commit()
    return "", 204


def _unknown() -> Forbidden:
    return Forbidden("Nobody knows this device; open a page on it first, or name one.")


def _private(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return device.remember(response)
