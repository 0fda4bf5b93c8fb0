"""What staff do with the messages of a page: send its text again, take one back, send one once more."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.db import db
from selfservice.errors import Conflict, NotFound
from selfservice.messages import queries, service
from selfservice.pages import service as pages
from selfservice.web.console import door, reasons, sendings


def resend(page_id: str) -> ResponseReturnValue:
    """Send the page's text once more."""
    message = pages.resend(tokens.decode_id(page_id), actor=door.actor())
    db.session.commit()
    return door.to_page(page_id, "-".join(filter(None, ("again", sendings.outcome(message)))))


def take_back(page_id: str, message_id: str) -> ResponseReturnValue:
    """Take back a message that waits; raises Conflict when it has left meanwhile."""
    if not service.cancel(_find(page_id, message_id), reason=reasons.BY_STAFF, actor=door.actor()):
        raise Conflict("It is too late to take it back: reload the page to see what became of it.")
    db.session.commit()
    return door.to_page(page_id, "taken-back")


def replay(page_id: str, message_id: str) -> ResponseReturnValue:
    """Send a message once more that a fault kept back, or of which nobody can say whether it left.

    Raises Conflict when somebody has done so already, or the provider has said what became of it.
    """
    found = _find(page_id, message_id)
    if not service.replay(found, actor=door.actor()):
        raise Conflict("It is not sent once more: reload the page to see what became of it.")
    is_leaving = queries.get(found).is_unsent
    db.session.commit()
    return door.to_page(page_id, "replayed" if is_leaving else "again-unsent")


def _find(page_id: str, message_id: str) -> int:
    """The id of a message of this page; raises NotFound."""
    message = queries.get(tokens.decode_id(message_id))
    if message.page_id != tokens.decode_id(page_id):
        raise NotFound("This page has no such message; reload the page.")
    return message.id
