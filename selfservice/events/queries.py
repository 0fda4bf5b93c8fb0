"""Reading the log: by cursor without gaps, and the events of one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, text, tuple_

from selfservice.db import db, is_postgresql
from selfservice.events.models import Event


class Cursor(NamedTuple):
    """How far a reader has come: everything up to this transaction and row."""

    txid: int = 0
    id: int = 0


def after(cursor: Cursor, limit: int = 500) -> Sequence[Event]:
    """Events beyond `cursor`, in the order every reader sees them; `cursor_of` the last is the next cursor.

    On PostgreSQL a row with a low id may become visible after one with a higher id. Readers therefore go by
    transaction id and stop below `pg_snapshot_xmin`, the oldest transaction still running: below it nothing can be
    added any more. A long transaction delays readers; it never makes them miss a row.
    """
    query = select(Event).where(tuple_(Event.txid, Event.id) > tuple_(cursor.txid, cursor.id))
    if is_postgresql():
        query = query.where(Event.txid < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return db.session.scalars(query.order_by(Event.txid, Event.id).limit(limit)).all()


def cursor_of(event: Event) -> Cursor:
    """The cursor of a reader that has seen `event`."""
    return Cursor(event.txid, event.id)


def head() -> Cursor:
    """The cursor of a reader that wants only what comes from now on."""
    query = select(Event.txid, Event.id)
    if is_postgresql():
        query = query.where(Event.txid < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    row = db.session.execute(query.order_by(Event.txid.desc(), Event.id.desc()).limit(1)).first()
    return Cursor(*row) if row else Cursor()


def list_for_page(page_id: int) -> Sequence[Event]:
    """All that happened to one page, oldest first."""
    return db.session.scalars(select(Event).where(Event.page_id == page_id).order_by(Event.id)).all()
