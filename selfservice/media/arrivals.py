"""Arrivals: photos of which we were told, and that are still at the provider who took them; fetched by the worker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, update

from selfservice import clock
from selfservice.db import db
from selfservice.media import waiting
from selfservice.media.models import Arrival
from selfservice.tokens import new_id

MOST_TRIES = 12
"""With the pauses between them some eight hours; a provider that is down for longer keeps what it has."""

_ATTEMPT_TAKES = timedelta(minutes=3)
_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=2)


def expect(
    page_id: int | None, *, provider: str, urls: Iterable[str], sender: str, conversation_id: int | None = None
) -> None:
    """Have what a provider keeps fetched for a page, or for work of no page. The caller commits."""
    rows = [
        {
            "id": new_id(),
            "page_id": page_id,
            "conversation_id": conversation_id,
            "provider": provider,
            "url": url,
            "sent_by": sender,
            "due_at": clock.now(),
            "tries": 0,
        }
        for url in urls
    ]
    if rows:
        db.session.execute(insert(Arrival), rows)


def claim() -> Any:
    """The arrival that has waited longest, for this worker alone; None when none is due. Commits."""
    columns = ("id", "page_id", "conversation_id", "provider", "url", "sent_by", "tries")
    return next(iter(waiting.claim(Arrival, "due_at", *columns, takes=_ATTEMPT_TAKES)), None)


def conclude(arrival_id: int) -> bool:
    """It is fetched, or never will be; False when somebody else was first. The caller commits."""
    done = db.session.execute(delete(Arrival).where(Arrival.id == arrival_id))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def put_off(arrival_id: int, tries: int) -> None:
    """Try again later. The caller commits."""
    pause = waiting.pause(tries, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    db.session.execute(
        update(Arrival)
        .where(Arrival.id == arrival_id)
        .values(due_at=clock.now() + pause)
        .execution_options(synchronize_session=False)
    )
