"""Recording what happened, in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Executable, String, bindparam, insert, select

from selfservice import clock
from selfservice.db import Json, UtcDateTime, current_transaction
from selfservice.events.models import Event
from selfservice.prepared import Prepared, rows_of


class Happened(NamedTuple):
    """To what one of several events of the same kind happened; `data` as `record` takes it."""

    data: Mapping[str, Any]
    page_id: int | None = None
    message_id: int | None = None
    conversation_id: int | None = None


def record_all(type: str, happened: Iterable[Happened], *, actor: str) -> None:  # noqa: A002 - as below
    """Append an event for each, as `record` does, in one statement."""
    told = list(happened)
    if told:
        _RECORD.run({"type": type, "actor": actor, "at": clock.now(), "told": told})


def _record_told(is_postgresql: bool) -> Executable:
    ids = ("page_id", "message_id", "conversation_id")
    told = rows_of({"data": Json, **{name: BigInteger() for name in ids}}, is_postgresql=is_postgresql)
    columns = ["type", "txid", "actor", "at", "data", *ids]
    rows = select(
        bindparam("type", type_=String()),
        current_transaction(),
        bindparam("actor", type_=String()),
        bindparam("at", type_=UtcDateTime()),
        *told.c,
    )
    return insert(Event.__table__).from_select(columns, rows, include_defaults=False)


_RECORD = Prepared(_record_told)


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
    record_all(type, [Happened(dict(data or {}), page_id, message_id, conversation_id)], actor=actor)
