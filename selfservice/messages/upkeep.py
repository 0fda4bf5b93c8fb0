"""What the outbox needs besides sending: leases that ended, looks that are due, doubts to be settled.

Every function here does one kind of work on at most `limit` messages and says how many it found. Those that ask a
provider commit before they call, so that no transaction is open meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.exc import DBAPIError

from selfservice import clock
from selfservice.db import db
from selfservice.messages import departures, joining, moves, queries, reviews, standby
from selfservice.messages.channels.contract import Calling, Channel, Findable, Found, Repeatable, Uncertain
from selfservice.messages.channels.registry import Channels
from selfservice.messages.models import Attempt, Message
from selfservice.messages.moves import NO_RECEIPT_AFTER
from selfservice.messages.queries import EVERYBODYS, Whose
from selfservice.tokens import encode_id

MOST_QUESTIONS = 8
"""How often is asked, or waited for a call, about what is not urgent: for some thirteen minutes."""
URGENT_WAITS = timedelta(seconds=90)
"""How long an urgent message is in doubt before it is sent once more: providers call within seconds of taking a text,
and whoever has to say whether a payment is theirs stands at a till.
"""
_LOOK_TAKES = timedelta(seconds=60)
_LONGEST_PAUSE = timedelta(minutes=5)


def reap(limit: int = 200, *, which: ColumnElement[bool] | None = None) -> int:
    """Take back messages whose worker is gone: those whose lease is over, or `which` those are. The caller commits.

    Without an attempt row nothing has left: ready again. With an open one, nobody knows: uncertain.
    """
    over = (
        select(Message.id, Message.fence)
        .where(queries.is_lease_over() if which is None else which)
        .order_by(Message.lease_until)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = db.session.execute(over).all()
    for message_id, fence in rows:
        has_attempt = db.session.scalar(
            select(exists().where(Attempt.message_id == message_id, Attempt.fence == fence))
        )
        if has_attempt:
            moves.move(message_id, "uncertain", sources=("sending",), fence=fence, reason="worker_lost")
        else:
            moves.move(message_id, "ready", sources=("leased",), fence=fence)
    return len(rows)


def review_due(limit: int = 200) -> int:
    """Let policy look again at messages that are held, or accepted and not decided about yet. The caller commits."""
    undecided = Message.state.in_(("accepted", "held"))
    return _review(limit, undecided, Message.next_look_at <= clock.now())


def review_overdue(limit: int = 200) -> int:
    """End messages whose time is over while they were ready and no provider had room. The caller commits."""
    return _review(limit, Message.state == "ready", Message.not_after <= clock.now())


def _review(limit: int, *conditions: ColumnElement[bool]) -> int:
    due = (
        select(Message)
        .where(*conditions)
        .order_by(Message.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    waiting = db.session.scalars(due).all()
    ids = [message.id for message in waiting]
    try:
        with db.session.begin_nested():
            reviews.review(waiting)
    except DBAPIError:
        raise  # The database's trouble is no message's.
    except Exception:  # noqa: BLE001 - one of them it is, and it must not hold up the others
        for message_id in ids:
            _review_alone(message_id)
    return len(ids)


def _review_alone(message_id: int) -> None:
    message = db.session.get_one(Message, message_id, populate_existing=True)
    try:
        with db.session.begin_nested():
            reviews.review([message])
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        departures.count_failure(db.session.get_one(Message, message_id, populate_existing=True), error)


def follow_up(channels: Channels, limit: int = 50, *, whose: Whose = EVERYBODYS) -> int:
    """Ask about messages that are submitted and not delivered, and end the waiting after 72 hours. Commits."""
    due = _take_looks(("submitted", "carrier_accepted"), limit, whose)
    for row in due:
        ends_at = (row.submitted_at or row.updated_at) + NO_RECEIPT_AFTER
        if clock.now() >= ends_at:
            moves.move(row.id, "no_receipt")
        else:
            with suppress(Uncertain):
                _learn(row, channels)
        db.session.commit()
    return len(due)


def reconcile(channels: Channels, limit: int = 50, *, whose: Whose = EVERYBODYS) -> int:
    """Settle messages of which nobody knows whether they were taken, by asking their provider. Commits.

    Where nobody can say, an urgent message is sent once more, flagged: a second warning about fraud is better than
    none. A provider that calls us back has `URGENT_WAITS` for that, and longer for what is not urgent. A push is sent
    again a few times and then given up: the device shows two of them as one, and a person could not find out more.
    Everything else waits for a person.
    """
    due = _take_looks(("uncertain",), limit, whose)
    for row in due:
        channel = channels.find_named(row.provider or "")
        try:
            if joining.catch_up(row.id):
                db.session.commit()  # A receipt has come meanwhile, and nobody need be asked.
            elif isinstance(channel, Repeatable):
                _repeat(row, channel.most_repeats)
            elif _is_over(row, channel):
                _give_up(row, is_there=channel is not None)
            elif isinstance(channel, Findable):
                db.session.commit()  # To have looked for a receipt holds the writer's place.
                joining.settle(row.id, _ask(channel, row.id))
            else:
                _ask_later(row)
        except Uncertain:
            _ask_later(row)
        db.session.commit()
    return len(due)


def _learn(row: Any, channels: Channels) -> None:
    channel = channels.find_named(row.provider or "")
    if isinstance(channel, Findable) and channel.tells_receipts:
        found = _ask(channel, row.id)
        if found is not None:
            joining.apply_receipt(row.id, found.report)


def _ask(channel: Findable, message_id: int) -> Found | None:
    """What the provider knows; raises Uncertain. No transaction is open here."""
    try:
        return channel.find(encode_id(message_id))
    except Uncertain:
        raise
    except Exception as error:
        structlog.get_logger().exception("channel.failed")
        raise Uncertain(f"The provider's code failed: {type(error).__name__}.") from error


def _is_over(row: Any, channel: Channel | None) -> bool:
    """Whether nobody will say any more what became of a message, or too late to be of use."""
    if not isinstance(channel, Findable | Calling):
        return True
    if row.message_class == "urgent":
        return bool(clock.now() >= row.updated_at + URGENT_WAITS)
    return bool(row.failures >= MOST_QUESTIONS)


def _ask_later(row: Any) -> None:
    pause = min(_LONGEST_PAUSE, timedelta(seconds=2 ** (row.failures + 1)))
    if row.message_class == "urgent":
        pause = min(pause, max(timedelta(), row.updated_at + URGENT_WAITS - clock.now()))
    db.session.execute(
        update(Message)
        .where(Message.id == row.id, Message.state == "uncertain")
        .values(next_look_at=clock.now() + pause, failures=row.failures + 1)
        .execution_options(synchronize_session=False)
    )


def _give_up(row: Any, *, is_there: bool) -> None:
    """Send it again if that is allowed, to the same provider (see `Claimed.is_bound`): it has to be there still."""
    joining.leave_open(row.id)
    if row.message_class == "urgent" and row.resends == 0 and is_there:
        moves.move(row.id, "ready", sources=("uncertain",), reason="sent_again", data={"resend": True}, resends=1)
    else:
        moves.move(row.id, "needs_human", sources=("uncertain",), reason="unknown")


def _repeat(row: Any, most: int) -> None:
    if row.resends < most:
        again = row.resends + 1
        joining.leave_open(row.id)
        moves.move(row.id, "ready", sources=("uncertain",), reason="sent_again", data={"resend": True}, resends=again)
    else:
        moves.move(row.id, "failed", sources=("uncertain",), reason="unknown")
        standby.let_go([row.id])


def _take_looks(states: Sequence[str], limit: int, whose: Whose) -> Sequence[Any]:
    """Due messages, put off for a minute in a transaction of its own, so that two workers do not ask the same."""
    now = clock.now()
    due = (
        select(Message.id)
        .where(Message.state.in_(states), Message.next_look_at <= now, whose.condition())
        .order_by(Message.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("due")
    )
    rows = db.session.execute(
        update(Message)
        .where(Message.id.in_(select(due.c.id)), Message.state.in_(states))
        .values(next_look_at=now + _LOOK_TAKES)
        .returning(
            Message.id,
            Message.provider,
            Message.message_class,
            Message.failures,
            Message.resends,
            Message.submitted_at,
            Message.updated_at,
        )
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return rows
