"""Clocks that jump: leases of which nobody can say for a while whether they are over, and waits that became too long.

A lease is timed by the wall clock, because several processes have to agree about it. When that has just been set, the
calls of workers that live are left the time to end; when it went back, what it would keep for hours goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import ColumnElement, false, or_, select, update

from selfservice import clock
from selfservice.db import db
from selfservice.messages import queries, upkeep
from selfservice.messages.dispatch import LEASE
from selfservice.messages.models import Message


class Reaper:
    """Takes up what would lie, whatever the clock does: what dead workers held, and what waits by a clock that has gone
    back since. For one thread; `now` never jumps.
    """

    def __init__(self, lease: timedelta = LEASE, *, now: Callable[[], float] = monotonic) -> None:
        self._lease = lease.total_seconds()
        self._now = now
        self._calm_since = now()
        self._has_jumped = False
        self._offset: float | None = None

    def look(self) -> None:
        """Notice whether the clock that leases are given by has jumped; once a second, so that it is noticed in time.

        One that gains or loses less than half a lease is harmless: a lease is twice the longest call.
        """
        now = self._now()
        offset = queries.read_lease_clock().timestamp() - now
        if self._offset is not None and abs(offset - self._offset) > self._lease / 2:
            self._calm_since, self._has_jumped = now, True
            structlog.get_logger().warning("clock.jumped", seconds=round(offset - self._offset))
        self._offset = offset

    def reap(self) -> int:
        """Take up what is surely nobody's any more; returns how many messages. The caller commits.

        A lease that is over by a clock that has just jumped may be a living worker's, and so may one that ends later
        than leases do: both are over, once a lease's length has passed since the jump, or since this process began.
        """
        self.look()
        is_calm = self._now() - self._calm_since >= self._lease
        over: ColumnElement[bool] = queries.is_lease_over() if is_calm or not self._has_jumped else false()
        taken = upkeep.reap(which=or_(over, queries.is_lease_unheard_of()) if is_calm else over)
        return taken + _bring_forward()


def _bring_forward(limit: int = 500) -> int:
    """Let what waits by a clock that has gone back since be looked at now."""
    now = clock.now()
    ahead = select(Message.id).where(queries.is_ahead()).order_by(Message.id).limit(limit)
    ids = db.session.scalars(ahead.with_for_update(skip_locked=True, key_share=True)).all()
    if ids:
        db.session.execute(
            update(Message)
            .where(Message.id.in_(ids))
            .values(next_look_at=now, updated_at=now)
            .execution_options(synchronize_session=False)
        )
    return len(ids)
