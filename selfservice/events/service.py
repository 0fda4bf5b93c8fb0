"""Recording what happened, in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import insert

from selfservice import clock
from selfservice.db import current_transaction, db
from selfservice.events.models import Event


class Happened(NamedTuple):
    """To what one of several events of the same kind happened; `data` as `record` takes it."""

    data: Mapping[str, Any]
    page_id: int | None = None
    message_id: int | None = None
    conversation_id: int | None = None


def record_all(type: str, happened: Iterable[Happened], *, actor: str) -> None:  # noqa: A002 - as below
    """Append an event for each, as `record` does, in one statement."""
    now = clock.now()
    rows = [{"type": type, "actor": actor, "at": now, **one._asdict()} for one in happened]
    if rows:
        db.session.execute(insert(Event.__table__).values(txid=current_transaction()), rows)


def record(
    type: str,  # noqa: A002 - the field's own word (CloudEvents 1.0)
    *,
    actor: str,
    page_id: int | None = None,
    message_id: int | None = None,
    conversation_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append one event to the log. `data` must hold no personal data: ids, keys, counts and states only."""
    db.session.execute(
        insert(Event).values(
            type=type,
            txid=current_transaction(),
            actor=actor,
            page_id=page_id,
            message_id=message_id,
            conversation_id=conversation_id,
            data=dict(data or {}),
            at=clock.now(),
        )
    )
