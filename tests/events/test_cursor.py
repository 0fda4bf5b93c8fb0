"""The log is followed by cursor without gaps, also where rows commit out of order."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Connection

from selfservice import clock, db
from selfservice.db import current_transaction
from selfservice.events import queries, service
from selfservice.events.models import Event
from selfservice.events.queries import Cursor


def write(connection: Connection, name: str) -> None:
    connection.execute(
        sa.insert(Event).values(type=name, txid=current_transaction(), actor="system", data={}, at=clock.now())
    )


def follow(read: Callable[[Cursor], list[Event]], cursor: Cursor, wanted: int = 0) -> tuple[list[str], Cursor]:
    """What a reader sees from `cursor` on; waits for `wanted` events, since other tests' transactions delay readers."""
    end = time.monotonic() + 20
    events = read(cursor)
    while len(events) < wanted and time.monotonic() < end:
        db.db.session.rollback()
        time.sleep(0.02)
        events = read(cursor)
    return [event.type for event in events], queries.cursor_of(events[-1]) if events else cursor


def test_events_come_in_order_and_once(session: Any) -> None:
    start = queries.head()
    for number in range(5):
        service.record(f"test.{number}", actor="system")
    session.commit()

    first, cursor = follow(lambda cursor: list(queries.after(cursor, limit=3)), start, 3)
    rest, cursor = follow(lambda cursor: list(queries.after(cursor)), cursor, 2)

    assert first + rest == [f"test.{number}" for number in range(5)]
    assert queries.after(cursor) == []
    assert queries.head() == cursor


@pytest.mark.database("postgresql")
def test_two_commits_out_of_order_leave_no_gap(app: Flask) -> None:
    with app.app_context():
        start = queries.head()
        engine = db.db.engine
        with engine.connect() as slow, engine.connect() as quick:
            write(slow, "slow")  # takes the lower id and the lower transaction id, commits last
            write(quick, "quick")
            quick.commit()

            before, cursor = follow(lambda cursor: list(queries.after(cursor)), start)
            slow.commit()
            after, cursor = follow(lambda cursor: list(queries.after(cursor)), cursor, 2 - len(before))
        db.db.session.rollback()

        assert before + after == ["slow", "quick"]


@pytest.mark.database("postgresql")
def test_ids_taken_against_the_order_of_transactions_leave_no_gap(app: Flask) -> None:
    with app.app_context():
        start = queries.head()
        engine = db.db.engine
        with engine.connect() as early, engine.connect() as late:
            early.execute(sa.text("SELECT pg_current_xact_id()"))  # the lower transaction id ...
            write(late, "late")
            write(early, "early")  # ... writes the higher id
            early.commit()

            before, cursor = follow(lambda cursor: list(queries.after(cursor)), start)
            late.commit()
            after, cursor = follow(lambda cursor: list(queries.after(cursor)), cursor, 2 - len(before))
        db.db.session.rollback()

        assert sorted(before + after) == ["early", "late"]


@pytest.mark.database("postgresql")
def test_a_cursor_by_id_alone_would_miss_a_row(app: Flask) -> None:
    def by_id(cursor: Cursor) -> list[Event]:
        query = sa.select(Event).where(Event.id > cursor.id).order_by(Event.id)
        return list(db.db.session.scalars(query).all())

    with app.app_context():
        start = queries.head()
        engine = db.db.engine
        with engine.connect() as slow, engine.connect() as quick:
            write(slow, "slow")
            write(quick, "quick")
            quick.commit()
            before, cursor = follow(by_id, start)
            slow.commit()
            after, _cursor = follow(by_id, cursor)
        db.db.session.rollback()

        assert before + after == ["quick"]
