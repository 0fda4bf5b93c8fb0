"""Reviews: what policy says of messages that wait, gathered for several at once; they are moved accordingly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select

from selfservice import clock
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.messages import moves, policy, standby
from selfservice.messages.manners import Gathered
from selfservice.messages.models import Message
from selfservice.messages.states import WAITING

LAST_WORD = "stopped"
"""The purpose of the text that confirms a stop, which leaves in spite of it."""


def review(waiting: Sequence[Message], *, not_before: datetime | None = None) -> None:
    """Let policy decide about messages that wait, and move them accordingly."""
    now = clock.now()
    suppressed = find_suppressed(waiting)
    gathered = Gathered(waiting, now)
    let_go: list[int] = []
    for message in waiting:
        standing = policy.Standing(
            not_after=message.not_after,
            stopping=message.stopping,
            is_suppressed=message.id in suppressed,
            not_before=not_before,
            pushes_until=_pushes_until(message, now) if message.stands_by else None,
            manners=gathered.of(message),
        )
        decision = policy.decide(standing, now)
        look = min(decision.next_look_at, message.not_after) if decision.next_look_at else None
        if look is not None and message.state == "held":
            moves.put_off(message.id, until=look, reason=decision.reason)
            continue
        looks = {"next_look_at": look} if look is not None else {}
        moves.move(message.id, decision.verdict, sources=WAITING, reason=decision.reason, **looks)
        if message.stands_by and decision.verdict == "ready":
            let_go.append(message.id)
    standby.withdraw_pushes(let_go)


def look_again(customer_id: int) -> None:
    """Let policy look again at what waits for somebody who has chosen other hours: it may leave sooner or later now.

    A text that stood by for pushes and was let go is left to leave: they have had their time.
    """
    by_the_hour = or_(
        and_(Message.state == "held", Message.reason == policy.QUIET),
        and_(Message.state == "ready", Message.stands_by.is_(False)),
    )
    waiting = select(Message).where(Message.customer_id == customer_id, by_the_hour).order_by(Message.id)
    review(db.session.scalars(waiting.with_for_update(key_share=True)).all())


def find_suppressed(messages: Sequence[Message]) -> frozenset[int]:
    """The ids of those messages whose recipients asked us to stop, in one statement for each channel.

    A stop is said of a number and holds for its owner's pushes as well. The one text that confirms it may leave.
    """
    stopped: set[int] = set()
    messages = [message for message in messages if message.purpose != LAST_WORD]
    for channel in {message.channel for message in messages}:
        numbers = _numbers([message for message in messages if message.channel == channel], channel)
        those = customers.suppressed_among(set(numbers.values()), "sms" if channel == "push" else channel)
        stopped |= {message_id for message_id, number in numbers.items() if number in those}
    return frozenset(stopped)


def _numbers(messages: Sequence[Message], channel: str) -> dict[int, str]:
    """By message, the address that its recipient would have asked us to stop writing to."""
    if channel != "push":
        return {message.id: message.recipient for message in messages}
    phones = customers.phones_of({message.customer_id for message in messages})
    return {message.id: phones[message.customer_id] for message in messages if message.customer_id in phones}


def _pushes_until(message: Message, now: datetime) -> datetime:
    """Until when pushes may reach somebody before this text leaves; its time begins when policy first looks."""
    if message.reason == policy.PUSH_FIRST and message.next_look_at is not None:
        return message.next_look_at
    return now + policy.HEAD_START[message.message_class]
