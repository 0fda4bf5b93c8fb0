"""The one way to move messages between states: a conditional UPDATE and its events, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, func, literal, null, select, true, update

from selfservice import clock
from selfservice.db import UtcDateTime, db, is_postgresql
from selfservice.events import service as events
from selfservice.events.service import Happened
from selfservice.messages import bell
from selfservice.messages.models import Message
from selfservice.messages.states import MAY_WAIT_AGAIN, WAITING, sources_of

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
    allowed = [state for state in sources_of(target) if not sources or state in sources]
    condition: list[ColumnElement[bool]] = [Message.id.in_(ids), Message.state.in_(allowed)]
    if fence is not None:
        condition.append(Message.fence == fence)
    if owner is not None:
        condition.append(Message.lease_owner == owner)
    now = clock.now()
    changed = {"state": target, "reason": reason, "updated_at": now, "next_look_at": _next_look(target, now)}
    if target not in _HELD_BY_A_WORKER:
        changed |= {"lease_until": None, "lease_owner": None}
    rows = db.session.execute(
        update(Message)
        .where(*condition)
        .values(**{**changed, **values})
        .returning(Message.id, Message.page_id, Message.conversation_id, Message.purpose, Message.channel)
        .execution_options(synchronize_session="fetch")
    ).all()
    _record(rows, target, actor, {**({"reason": reason} if reason else {}), **(data or {})})
    if target == "ready" and rows:
        bell.ring()
    return [row.id for row in rows]


def move_told(
    told: Subquery, target: str, *, sources: Sequence[str], next_look_at: datetime, actor: str = SYSTEM
) -> list[int]:
    """Move messages to `target` as `move_all` does, each only under the fence that `told` has for it, and keep its
    reference; the ids of those that were moved. For what workers do thousands of times: one statement, no objects.
    """
    messages = Message.__table__
    allowed = [state for state in sources_of(target) if state in sources]
    now = clock.now()
    rows = db.session.execute(
        update(messages)
        .where(messages.c.id == told.c.id, messages.c.fence == told.c.fence, messages.c.state.in_(allowed))
        .values(
            state=target,
            reason=None,
            updated_at=now,
            next_look_at=next_look_at,
            lease_until=None,
            lease_owner=None,
            provider_ref=told.c.ref,
            submitted_at=now,
        )
        .returning(
            messages.c.id, messages.c.page_id, messages.c.conversation_id, messages.c.purpose, messages.c.channel
        )
    ).all()
    _record(rows, target, actor, {})
    return [row.id for row in rows]


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
    due = (
        select(Message.id)
        .where(
            Message.state == "ready",
            Message.next_look_at <= now,
            Message.channel == channel if channel is not None else true(),
        )
        .order_by(Message.rank, Message.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("due")
    )
    rows = db.session.execute(
        update(Message)
        .where(Message.id.in_(select(due.c.id)), Message.state == "ready")
        .values(
            state="leased",
            lease_owner=owner,
            lease_until=lease_end(lease),
            fence=Message.fence + 1,
            next_look_at=null(),
            updated_at=now,
        )
        .returning(
            Message.id,
            Message.fence,
            Message.page_id,
            Message.conversation_id,
            Message.purpose,
            Message.channel,
            Message.provider,
            Message.resends,
        )
        .execution_options(synchronize_session=False)
    ).all()
    _record(rows, "leased", SYSTEM, {})
    return [Claimed(row.id, row.fence, row.provider, row.resends) for row in rows]


def lease_end(lease: timedelta) -> ColumnElement[datetime]:
    """The moment a lease of this length ends, by the clock that judges it: the database's on PostgreSQL.

    Several hosts share a PostgreSQL, and their clocks need not agree; SQLite lives on one host.
    """
    if is_postgresql():
        return func.clock_timestamp() + literal(lease)
    return literal(clock.now() + lease, UtcDateTime)


def _next_look(target: str, now: datetime) -> datetime | None:
    wait = _LOOKS.get(target)
    return None if wait is None else now + wait


def _record(rows: Iterable[Any], target: str, actor: str, data: Mapping[str, Any]) -> None:
    happened = [
        Happened(
            page_id=row.page_id,
            message_id=row.id,
            conversation_id=row.conversation_id,
            data={"purpose": row.purpose, "channel": row.channel, **data},
        )
        for row in rows
    ]
    events.record_all(f"message.{target}", happened, actor=actor)
