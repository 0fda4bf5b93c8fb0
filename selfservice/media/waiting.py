"""Waiting rows: what is due is claimed by one worker, by putting its next look off for as long as an attempt may take.

Who dies over it is followed by another when that time has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, true, update

from selfservice import clock
from selfservice.db import Base, db


def claim(
    table: type[Base],
    due_at: str,
    *columns: str,
    takes: timedelta,
    limit: int = 1,
    only: ColumnElement[bool] | None = None,
) -> Sequence[Any]:
    """The `columns` of up to `limit` rows whose `due_at` has come, for this worker alone, oldest first. Commits.

    Their `tries` count this one; `takes` is how long it may take, `only` a further condition.
    """
    now = clock.now()
    key, moment, tries = (getattr(table, name) for name in (_key_of(table), due_at, "tries"))
    condition = true() if only is None else only
    due = (
        select(key)
        .where(moment <= now, condition)
        .order_by(moment)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = db.session.execute(
        update(table)
        .where(key.in_(select(due)), condition)
        .values({due_at: now + takes, "tries": tries + 1})
        .returning(*(getattr(table, name) for name in columns))
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return rows


def pause(tries: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """How long to wait after so many tries: twice as long each time."""
    return min(longest, first * (1 << min(tries, 10)))


def _key_of(table: type[Base]) -> str:
    (column,) = table.__table__.primary_key
    return str(column.key)
