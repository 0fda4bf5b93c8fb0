"""Leftovers: what lies in the store and no row names is written down before it gets there, and goes away again.

The store and the database cannot commit together. So a key is noted before anything is put under it, and the note goes
in the transaction that takes it into use. Whatever dies in between leaves a note, and the worker empties that key; it
asks the store again until nothing is there any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import structlog
from sqlalchemy import delete, insert, update

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.media import stores, waiting
from selfservice.media.models import Leftover

GRACE = timedelta(hours=1)
"""What is put under a key is taken into use by then: no call of ours takes a tenth of that."""

_ATTEMPT_TAKES = timedelta(minutes=5)
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=1)


def intend(kind: str) -> str:
    """A fresh key, noted. The caller commits before it puts anything there."""
    key = stores.new_key(kind)
    db.session.execute(insert(Leftover).values(key=key, due_at=clock.now() + GRACE, tries=0))
    return key


def adopt(keys: Iterable[str]) -> bool:
    """Take what lies under all `keys` into use, in the caller's transaction; False when one may be gone already."""
    wanted = list(keys)
    taken = db.session.execute(delete(Leftover).where(Leftover.key.in_(wanted), Leftover.tries == 0))
    count: int = taken.rowcount  # type: ignore[attr-defined]
    return count == len(wanted)


def discard(keys: Iterable[str]) -> None:
    """Have what lies under `keys`, which the caller's rows name no more, emptied as soon as this is committed."""
    rows = [{"key": key, "due_at": clock.now(), "tries": 0} for key in keys]
    if rows:
        db.session.execute(insert(Leftover), rows)


def give_up(keys: Iterable[str]) -> None:
    """Have keys that were noted, and are not taken into use, emptied at once."""
    db.session.execute(
        update(Leftover)
        .where(Leftover.key.in_(list(keys)))
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def clear_due(limit: int = 20) -> int:
    """Empty the keys whose time has come; says how many. Commits."""
    due = waiting.claim(Leftover, "due_at", "key", "tries", takes=_ATTEMPT_TAKES, limit=limit)
    store = stores.current()
    for key, tries in due:
        try:
            store.delete(key)
        except Unavailable as error:
            structlog.get_logger().warning("media.not_deleted", tries=tries, reason=error.message)
            pause = waiting.pause(tries, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
            change = update(Leftover).where(Leftover.key == key).values(due_at=clock.now() + pause)
            db.session.execute(change.execution_options(synchronize_session=False))
        else:
            db.session.execute(delete(Leftover).where(Leftover.key == key))
        db.session.commit()
    return len(due)
