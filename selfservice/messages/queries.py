"""Reading messages: one by id or key, those of a page, and the workers' signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    String,
    UnaryExpression,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql.operators import custom_op

from selfservice import clock
from selfservice.db import READER, UtcDateTime, db, is_postgresql
from selfservice.errors import NotFound
from selfservice.messages.models import Attempt, Message, ProviderAlarm, ProviderHealth, WorkerHeartbeat
from selfservice.messages.states import RECEIPTS, UNSENT
from selfservice.prepared import Prepared

_PERHAPS_THERE = ("sending", "uncertain", *RECEIPTS)
LIVES = timedelta(seconds=60)
"""Without a sign of life for this long a worker counts as gone; it gives several a minute."""

_HEALTH = (
    ProviderHealth.provider,
    ProviderHealth.share,
    ProviderHealth.reason,
    ProviderHealth.falls,
    ProviderHealth.since,
)
_HURRIED = ("accepted", "ready", "uncertain")
"""States that wait because something has just happened. What is held waits for an hour of the day, by any clock."""

_SLACK = timedelta(seconds=30)
"""By how much the clocks of several hosts may differ."""

_LONGER_THAN_LEASES = timedelta(minutes=10)
_ASKED_ABOUT = ("uncertain", "submitted", "carrier_accepted")


def find(message_id: int) -> Message | None:
    """The message, if there is one."""
    return db.session.get(Message, message_id)


def get(message_id: int) -> Message:
    """The message; raises NotFound."""
    message = find(message_id)
    if message is None:
        raise NotFound("There is no such message; look for it on its page.")
    return message


def find_by_key(key: str) -> Message | None:
    """The message that was accepted under this idempotency key."""
    rows = _BY_KEY.run({"key": key})
    return db.session.get(Message, rows[0].id) if rows else None


def get_by_key(key: str) -> Message:
    """The message that was accepted under this idempotency key; raises NotFound."""
    message = find_by_key(key)
    if message is None:
        raise NotFound("There is no message under this key; send it anew.")
    return message


_BY_KEY = Prepared(
    lambda _is_postgresql: select(Message.id).where(Message.idempotency_key == bindparam("key", type_=String()))
)


def list_for_page(page_id: int) -> Sequence[Message]:
    """All messages of a page, oldest first."""
    return db.session.scalars(
        select(Message).where(Message.page_id == page_id).order_by(Message.created_at, Message.id)
    ).all()


def list_unsent_for_page(page_id: int) -> Sequence[Message]:
    """The messages of a page whose words can still change, oldest first."""
    return [message for message in list_for_page(page_id) if message.state in UNSENT]


def has_told(page_id: int) -> bool:
    """Whether a message about a page may have reached somebody."""
    left = select(Message.id).where(Message.page_id == page_id, Message.state.in_(_PERHAPS_THERE))
    return db.session.execute(left.limit(1)).first() is not None


def list_attempts(message_id: int) -> Sequence[Attempt]:
    """Every try to send a message, oldest first."""
    return db.session.scalars(select(Attempt).where(Attempt.message_id == message_id).order_by(Attempt.id)).all()


def find_last_heartbeat() -> datetime | None:
    """When any worker last showed a sign of life; one that is yet to come was given before the clock went back."""
    return db.session.scalar(select(func.max(WorkerHeartbeat.at)).where(WorkerHeartbeat.at < clock.now() + LIVES))


def is_anything_ready(channel: str) -> bool:
    """Whether a message of this channel waits to be sent now."""
    return bool(_READY.fetch({"channel": channel, "now": clock.now()}))


def is_due(*, is_postgresql: bool) -> ColumnElement[bool]:
    """The condition that a message is ready, and due at the parameter `now`.

    For SQLite it is spelt so that only the index of those that are ready has them, in the order in which they leave:
    it would rather take that of all that is due, and read and sort ten thousand of a campaign in every round.
    """
    look = Message.__table__.c.next_look_at
    at: ColumnElement[Any] = look if is_postgresql else UnaryExpression(look, operator=custom_op("+"))
    return and_(Message.state == literal("ready", literal_execute=True), at <= bindparam("now", type_=UtcDateTime()))


def _ready(is_postgresql: bool) -> Select[Any]:
    of_channel = Message.channel == bindparam("channel", type_=String())
    due = select(Message.id).where(of_channel, is_due(is_postgresql=is_postgresql))
    return due.order_by(Message.rank, Message.next_look_at).limit(literal(1, literal_execute=True))


_READY = Prepared(_ready)


def list_unwell() -> Sequence[Any]:
    """The providers that fail or are slow, with their share of a hundred messages. Asked of the reader."""
    return _fetch(select(*_HEALTH).order_by(ProviderHealth.provider))


def count_workers() -> int:
    """How many workers have shown a sign of life within a minute. Asked of the reader."""
    now = clock.now()
    living = WorkerHeartbeat.at.between(now - LIVES, now + LIVES)
    return int(_fetch(select(func.count()).select_from(WorkerHeartbeat).where(living))[0][0])


def list_in_state(state: str, limit: int) -> Sequence[Any]:
    """Messages in a state, the latest first: id, page, purpose, channel, reason, since when."""
    query = select(Message.id, Message.page_id, Message.purpose, Message.channel, Message.reason, Message.updated_at)
    return db.session.execute(
        query.where(Message.state == state).order_by(Message.updated_at.desc(), Message.id).limit(limit)
    ).all()


def list_dead_ids() -> Sequence[int]:
    """The ids of those that our own code failed over five times, the oldest first."""
    return db.session.scalars(
        select(Message.id).where(Message.state == "dead").order_by(Message.updated_at, Message.id)
    ).all()


def count_dead() -> int:
    """How many messages wait to be replayed."""
    return int(db.session.scalar(select(func.count()).select_from(Message).where(Message.state == "dead")) or 0)


def count_doubtful() -> int:
    """How many messages a person could still send once more, because nobody can say whether they left."""
    mine = (Message.state == "needs_human", Message.stopping.is_(None), Message.not_after > clock.now())
    return int(db.session.scalar(select(func.count()).select_from(Message).where(*mine)) or 0)


def list_alarms() -> Sequence[ProviderAlarm]:
    """The providers that do not take us for who we say we are, oldest alarm first."""
    return db.session.scalars(select(ProviderAlarm).order_by(ProviderAlarm.since, ProviderAlarm.host)).all()


class Whose(NamedTuple):
    """Messages last tried with one provider, or with any but those named; all of them without either.

    A provider that is asked and does not answer then holds up what is asked of it alone.
    """

    provider: str = ""
    besides: frozenset[str] = frozenset()

    def condition(self) -> ColumnElement[bool]:
        """The condition on a message."""
        if self.provider:
            return Message.provider == self.provider
        if self.besides:
            return or_(Message.provider.is_(None), Message.provider.not_in(self.besides))
        return true()


EVERYBODYS = Whose()


def is_anything_to_keep_up(whose: Whose = EVERYBODYS) -> bool:
    """Whether a message waits for the worker in another way: a look that is due, a lease that is over."""
    if is_anything_to_ask(whose):
        return True
    due = select(Message.id).where(Message.state.in_(("accepted", "held")), Message.next_look_at <= clock.now())
    late = (due, *(select(Message.id).where(one) for one in (is_lease_over(), is_lease_unheard_of(), is_ahead())))
    return any(_finds(one) for one in late)


def is_anything_overdue() -> bool:
    """Whether a message is ready and its time is over; reads all that are ready, so it is not for every round."""
    return _finds(select(Message.id).where(Message.state == "ready", Message.not_after <= clock.now()))


def is_anything_to_ask(whose: Whose) -> bool:
    """Whether it is time to ask what became of a message."""
    due = select(Message.id).where(Message.state.in_(_ASKED_ABOUT), Message.next_look_at <= clock.now())
    return _finds(due.where(whose.condition()))


def is_lease_over() -> ColumnElement[bool]:
    """The condition that a message's lease has ended, by the clock that it was given by (see `moves.lease_end`)."""
    return Message.lease_until < _lease_clock()


def is_lease_unheard_of() -> ColumnElement[bool]:
    """The condition that a message's lease ends later than any lease does that was given by the clock as it is now."""
    return Message.lease_until > _lease_clock(_LONGER_THAN_LEASES)


def is_ahead() -> ColumnElement[bool]:
    """The condition that a message waits for a moment that a clock set which has gone back since."""
    then = clock.now() + _SLACK
    return and_(Message.state.in_(_HURRIED), Message.next_look_at > then, Message.updated_at > then)


def read_lease_clock() -> datetime:
    """The moment by the clock that leases are given by. Asked of the reader."""
    if not is_postgresql():
        return clock.now()
    moment: datetime = _fetch(select(func.clock_timestamp()))[0][0]
    return moment


def _lease_clock(ahead: timedelta = timedelta()) -> ColumnElement[Any]:
    if is_postgresql():
        return func.clock_timestamp() + literal(ahead)
    return literal(clock.now() + ahead, UtcDateTime)


def _finds(query: Select[Any]) -> bool:
    """Whether a query has a row. Asked of the reader, so that an idle worker never takes the writer's place."""
    return bool(_fetch(query.limit(1)))


def _fetch(query: Executable) -> Sequence[Any]:
    with db.engines[READER].connect() as connection:
        return connection.execute(query).all()
