"""Batches: what a worker writes for many messages at once, a statement a table however many they are.

The moves are those of `moves`, each under the fence that the message was claimed with.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Insert, Integer, String, Update, bindparam, insert, null, or_, select, update

from selfservice import clock
from selfservice.db import UtcDateTime
from selfservice.messages import moves
from selfservice.messages.models import Attempt, Message
from selfservice.messages.states import sources_of
from selfservice.prepared import Prepared, rows_of

_MESSAGES = Message.__table__
_ATTEMPTS = Attempt.__table__


class Begun(NamedTuple):
    """A message that a provider is about to be called for, under its fence."""

    id: int
    fence: int
    provider: str


class Taken(NamedTuple):
    """A message that a provider has taken, and what it calls it."""

    id: int
    fence: int
    ref: str


def begin(begun: Sequence[Begun], *, owner: str, lease: timedelta) -> None:
    """Move claimed messages to `sending` and write their attempts: once that is committed, they may be called for."""
    if not begun:
        return
    now = clock.now()
    rows = _BEGIN.run({"told": begun, "now": now, "owner": owner, **moves.lease_of(lease, now)})
    moves.record(rows, "sending", named=("provider",))
    _BEGIN_ATTEMPTS.run({"told": begun, "now": now})


def take(taken: Sequence[Taken], *, next_look_at: datetime) -> list[int]:
    """Write down what was taken; the ids of the messages that became `submitted`.

    The attempt first, whatever the message has come to meanwhile; the message only under the lease it was sent with.
    """
    now = clock.now()
    _TAKE_ATTEMPTS.run({"told": taken, "now": now})
    rows = _TAKE.run({"told": taken, "now": now, "look": next_look_at})
    moves.record(rows, "submitted")
    return [row.id for row in rows]


def _begin(is_postgresql: bool) -> Update:
    told = _told("provider", is_postgresql)
    move: Update = _move(told, "sending").values(
        next_look_at=null(),
        lease_owner=bindparam("owner", type_=String()),
        lease_until=moves.lease_end(is_postgresql),
        provider=told.c.provider,
        provider_ref=null(),
        attempts=_MESSAGES.c.attempts + 1,
        failures=0,
    )
    return move.returning(_MESSAGES.c.provider)


def _begin_attempts(is_postgresql: bool) -> Insert:
    told = _told("provider", is_postgresql)
    rows = select(told.c.id, told.c.fence, told.c.provider, _moment("now"))
    return insert(_ATTEMPTS).from_select(
        ["message_id", "fence", "provider", "started_at"], rows, include_defaults=False
    )


def _take_attempts(is_postgresql: bool) -> Update:
    told = _told("ref", is_postgresql)
    attempts = _ATTEMPTS.c
    return (
        update(_ATTEMPTS)
        .where(
            attempts.message_id == told.c.id,
            attempts.fence == told.c.fence,
            or_(attempts.finished_at.is_(None), attempts.result == "uncertain"),
        )
        .values(result="submitted", finished_at=_moment("now"), provider_ref=told.c.ref)
    )


def _take(is_postgresql: bool) -> Update:
    told = _told("ref", is_postgresql)
    move: Update = _move(told, "submitted").values(
        next_look_at=_moment("look"),
        lease_owner=null(),
        lease_until=null(),
        provider_ref=told.c.ref,
        submitted_at=_moment("now"),
    )
    return move


def _move(told: Any, target: str) -> Any:
    """A move to `target` from every state that the table allows it from."""
    messages = _MESSAGES.c
    return (
        update(_MESSAGES)
        .where(messages.id == told.c.id, messages.fence == told.c.fence, messages.state.in_(sources_of(target)))
        .values(state=target, reason=null(), updated_at=_moment("now"))
        .returning(*moves.RECORDED)
    )


def _told(what: str, is_postgresql: bool) -> Any:
    return rows_of({"id": BigInteger(), "fence": Integer(), what: String()}, is_postgresql=is_postgresql)


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime())


_BEGIN = Prepared(_begin)
_BEGIN_ATTEMPTS = Prepared(_begin_attempts)
_TAKE = Prepared(_take)
_TAKE_ATTEMPTS = Prepared(_take_attempts)
