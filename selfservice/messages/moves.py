"""The one way to move messages between states: a conditional UPDATE and its events, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Interval,
    String,
    Update,
    bindparam,
    func,
    null,
    select,
    update,
)
from sqlalchemy.orm.util import identity_key

from selfservice import clock
from selfservice.db import UtcDateTime, db
from selfservice.events import service as events
from selfservice.events.service import Happened
from selfservice.messages import bell, queries
from selfservice.messages.models import Message
from selfservice.messages.states import MAY_WAIT_AGAIN, WAITING, sources_of
from selfservice.prepared import Prepared, rows_of

SYSTEM = "system"
NO_RECEIPT_AFTER = timedelta(hours=72)

# When the worker looks at a message again, counted from the move; a state without an entry is looked at never again.
_LOOKS = {
    "accepted": timedelta(),
    "ready": timedelta(),
    "uncertain": timedelta(seconds=2),  # A provider may still be at it.
    "submitted": NO_RECEIPT_AFTER,
    "carrier_accepted": NO_RECEIPT_AFTER,
}
_HELD_BY_A_WORKER = ("leased", "sending")
RECORDED = (Message.id, Message.page_id, Message.conversation_id, Message.purpose, Message.channel)
"""What `record` needs of each message that was moved."""


class Claimed(NamedTuple):
    """A message under a lease, and the fencing number it was taken with.

    `provider` is whom it was last tried with, `resends` how often it was sent again on a doubt.
    """

    id: int
    fence: int
    provider: str | None = None
    resends: int = 0

    @property
    def is_bound(self) -> bool:
        """Whether it may go to the same provider alone: nobody knows whether that one has it, and another would not
        see that it is the same message.
        """
        return self.resends > 0 and self.provider is not None


def move(message_id: int, target: str, **options: Any) -> bool:
    """Move one message as `move_all` does; False when it is in no state that allows it, and nothing is changed."""
    return bool(move_all([message_id], target, **options))


def move_all(
    message_ids: Iterable[int],
    target: str,
    *,
    actor: str = SYSTEM,
    sources: Sequence[str] = (),
    fence: int | None = None,
    owner: str | None = None,
    reason: str | None = None,
    data: Mapping[str, Any] | None = None,
    **values: Any,
) -> list[int]:
    """Move messages to `target` and record each; the ids of those whose state allowed it, the others stay untouched.

    `sources` narrows the states they may come from, `fence` and `owner` demand the lease they were taken under,
    `values` are further columns to set, `data` goes into the event and holds no personal data. A state that waits for
    the worker gets its next look from `values` or else the state's usual one.
    """
    ids = list(message_ids)
    if not ids:
        return []
    now = clock.now()
    changed = {"state": target, "reason": reason, "updated_at": now, "next_look_at": _next_look(target, now)}
    if target not in _HELD_BY_A_WORKER:
        changed |= {"lease_until": None, "lease_owner": None}
    changed |= values
    demanded = {name: value for name, value in (("fence", fence), ("lease_owner", owner)) if value is not None}
    allowed = tuple(state for state in sources_of(target) if not sources or state in sources)
    told = [(message_id,) for message_id in ids]
    new = {f"new_{name}": value for name, value in changed.items()}
    rows = _moving(allowed, tuple(changed), tuple(demanded)).run({"told": told, **new, **demanded})
    _let_read_again([row.id for row in rows], tuple(changed))
    record(rows, target, actor=actor, data={**({"reason": reason} if reason else {}), **(data or {})})
    if target == "ready" and rows:
        bell.ring()
    return [row.id for row in rows]


@cache
def _moving(allowed: tuple[str, ...], changed: tuple[str, ...], demanded: tuple[str, ...]) -> Prepared:
    """The statement that sets columns of messages that are in an allowed state and under the lease that is demanded."""
    columns = Message.__table__.c

    def build(is_postgresql: bool) -> Update:
        told = rows_of({"id": BigInteger()}, is_postgresql=is_postgresql)
        return (
            update(Message.__table__)
            .where(
                columns.id == told.c.id,
                columns.state.in_(allowed),
                *(columns[name] == bindparam(name, type_=columns[name].type) for name in demanded),
            )
            .values({name: bindparam(f"new_{name}", type_=columns[name].type) for name in changed})
            .returning(*RECORDED)
        )

    return Prepared(build)


def _let_read_again(message_ids: Iterable[int], changed: Sequence[str]) -> None:
    """Let the session forget what it has read of these columns."""
    session = db.session()
    for message_id in message_ids:
        held = session.identity_map.get(identity_key(Message, message_id))
        if held is not None:
            session.expire(held, changed)


def mark(message_ids: Iterable[int], *, reason: str) -> None:
    """Let messages that may come to wait again be cancelled then, for this reason; nothing is done to the others."""
    ids = list(message_ids)
    if ids:
        db.session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.state.in_(MAY_WAIT_AGAIN))
            .values(stopping=reason)
            .execution_options(synchronize_session="fetch")
        )


def put_off(message_id: int, *, until: datetime, reason: str | None, **values: Any) -> bool:
    """Let a message that waits do so for longer; False when it waits no more."""
    rows = db.session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state.in_(WAITING))
        .values(reason=reason, next_look_at=until, updated_at=clock.now(), **values)
        .returning(Message.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return bool(rows)


def claim(limit: int, *, owner: str, lease: timedelta, channel: str | None = None) -> list[Claimed]:
    """Take up to `limit` ready messages under a lease, of one channel or of all: by rank, then those due longest.

    Two workers never get the same message: on PostgreSQL the second skips rows the first has locked, on SQLite there
    is one writer at a time. The fence grows, so what an earlier holder writes later no longer counts.
    """
    now = clock.now()
    given = {"now": now, "limit": limit, "owner": owner, **lease_of(lease, now)}
    rows = _CLAIM_ANY.run(given) if channel is None else _CLAIM.run({**given, "channel": channel})
    record(rows, "leased")
    return [Claimed(row.id, row.fence, row.provider, row.resends) for row in rows]


def lease_end(is_postgresql: bool) -> ColumnElement[datetime]:
    """The moment a lease ends, by the clock that judges it: the database's on PostgreSQL.

    Several hosts share a PostgreSQL, and their clocks need not agree; SQLite lives on one host. `lease_of` has the
    parameters.
    """
    if is_postgresql:
        return func.clock_timestamp() + bindparam("lease", type_=Interval())
    return bindparam("until", type_=UtcDateTime())


def lease_of(lease: timedelta, now: datetime) -> dict[str, Any]:
    """The parameters of a statement with a `lease_end`."""
    return {"lease": lease, "until": now + lease}


def record(
    rows: Iterable[Any],
    target: str,
    *,
    actor: str = SYSTEM,
    data: Mapping[str, Any] | None = None,
    named: Sequence[str] = (),
) -> None:
    """Record moves of which `rows` hold RECORDED, with `data` and those of their columns that are `named`."""
    told = data or {}
    happened = [
        Happened(
            {
                "purpose": row.purpose,
                "channel": row.channel,
                **{name: getattr(row, name) for name in named},
                **told,
            },
            row.page_id,
            row.id,
            row.conversation_id,
        )
        for row in rows
    ]
    events.record_all(f"message.{target}", happened, actor=actor)


def _claim(is_postgresql: bool, *conditions: ColumnElement[bool]) -> Update:
    due = (
        select(Message.id)
        .where(queries.is_due(is_postgresql=is_postgresql), *conditions)
        .order_by(Message.rank, Message.next_look_at)
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("due")
    )
    return (
        update(Message.__table__)
        .where(Message.id.in_(select(due.c.id)), Message.state == "ready")
        .values(
            state="leased",
            lease_owner=bindparam("owner", type_=String()),
            lease_until=lease_end(is_postgresql),
            fence=Message.fence + 1,
            next_look_at=null(),
            updated_at=_NOW,
        )
        .returning(*RECORDED, Message.fence, Message.provider, Message.resends)
    )


_NOW = bindparam("now", type_=UtcDateTime())
_CLAIM_ANY = Prepared(_claim)
_CLAIM = Prepared(lambda is_postgresql: _claim(is_postgresql, Message.channel == bindparam("channel", type_=String())))


def _next_look(target: str, now: datetime) -> datetime | None:
    wait = _LOOKS.get(target)
    return None if wait is None else now + wait
