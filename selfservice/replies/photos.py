"""The photos of texts that came in: fetched from the provider, and taken for the page or the work they belong to."""

from __future__ import annotations

from typing import Any

import structlog

from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.media import arrivals, service
from selfservice.media.kinds import NotTaken
from selfservice.messages.channels.contract import Keeping, Refused, Uncertain
from selfservice.messages.channels.registry import Channels


def fetch_next(channels: Channels) -> bool:
    """Fetch the photo that waits longest, if one does. Commits; no transaction is open while a provider is asked."""
    arrival = arrivals.claim()
    if arrival is None:
        return False
    try:
        _take(arrival, _fetch(channels, arrival))
    except Refused as refusal:
        _fail(arrival, "lost" if refusal.permanent else "")
    except NotTaken as refusal:
        _fail(arrival, refusal.reason)
    except (Uncertain, Unavailable):
        _fail(arrival, "")
    db.session.commit()
    return True


def _fetch(channels: Channels, arrival: Any) -> bytes:
    channel = channels.find_named(arrival.provider)
    if not isinstance(channel, Keeping):
        raise Refused(f"{arrival.provider} keeps no photos for us any more.", permanent=True)
    try:
        return channel.fetch(arrival.url)
    except (Refused, Uncertain):
        raise
    except Exception as error:
        structlog.get_logger().exception("channel.failed")
        raise Uncertain(f"The provider's code failed: {type(error).__name__}.") from error


def _take(arrival: Any, body: bytes) -> None:
    """The photo and the end of its arrival in one transaction: so it is taken once, whoever dies in between."""
    of_what = {"page_id": arrival.page_id, "conversation_id": arrival.conversation_id}
    service.receive(body=body, source="mms", sender=arrival.sent_by, **of_what)
    if not arrivals.conclude(arrival.id):
        db.session.rollback()


def _fail(arrival: Any, reason: str) -> None:
    """Tell staff what was not taken, and why; without a reason it is tried again, for some hours."""
    db.session.rollback()
    if not reason and arrival.tries < arrivals.MOST_TRIES:
        arrivals.put_off(arrival.id, arrival.tries)
    elif arrivals.conclude(arrival.id):
        of_what = {"page_id": arrival.page_id, "conversation_id": arrival.conversation_id}
        service.refuse(source="mms", sender=arrival.sent_by, reason=reason or "lost", **of_what)
