"""Erasing what messages say and to whom, when their recipient is erased or their time is over; that they were sent
stays. Callers commit.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update

from selfservice import clock
from selfservice.courtesy import SPANS
from selfservice.db import db
from selfservice.messages import moves
from selfservice.messages.models import Attempt, HandsetEmail, HandsetText, Message, ProviderReceipt
from selfservice.messages.states import MAY_WAIT_AGAIN, WAITING
from selfservice.tokens import encode_id

ERASED = "erased"
IS_AT_WORK = or_(Message.next_look_at.is_not(None), Message.lease_until.is_not(None))
"""The condition that something is left to be done with a message: to send it, or to hear what became of it."""


def erase(customer_id: int, numbers: Sequence[str], addresses: Sequence[str], *, actor: str) -> int:
    """Empty the messages of a customer, and take back what has not begun to leave; says how many there were.

    One whose end is not known yet keeps its state and is marked: whatever becomes of it, it is not sent again.
    """
    rows = db.session.execute(
        select(Message.id, Message.state, Message.channel)
        .where(Message.customer_id == customer_id)
        .order_by(Message.id)
        .with_for_update(key_share=True)
    ).all()
    moves.move_all([row.id for row in rows if row.state in WAITING], "cancelled", reason=ERASED, actor=actor)
    moves.mark([row.id for row in rows if row.state in MAY_WAIT_AGAIN], reason=ERASED)
    db.session.execute(delete(HandsetText).where(HandsetText.number.in_(numbers)))
    db.session.execute(delete(HandsetEmail).where(HandsetEmail.address.in_(addresses)))
    empty([row.id for row in rows])
    return len(rows)


def empty(message_ids: Sequence[int]) -> None:
    """Take out what messages say and to whom; and, of those with which nothing is left to do, what providers call them.

    Attempts that still count as messages of this week stay, without that. A push keeps the id of its device, which says
    nothing of anybody.
    """
    _change(Message.id.in_(message_ids), body="", payload=None)
    _change(Message.id.in_(message_ids), Message.channel != "push", recipient="")
    refs = [encode_id(message_id) for message_id in message_ids]
    for memory in (HandsetText, HandsetEmail):
        db.session.execute(delete(memory).where(memory.client_ref.in_(refs)))
    done = select(Message.id).where(Message.id.in_(message_ids), ~IS_AT_WORK)
    ids = list(db.session.scalars(done))
    _change(Message.id.in_(ids), provider_ref=None)
    db.session.execute(delete(ProviderReceipt).where(ProviderReceipt.message_id.in_(ids)))
    tried = Attempt.message_id.in_(ids)
    db.session.execute(delete(Attempt).where(tried, Attempt.started_at < clock.now() - max(SPANS.values())))
    db.session.execute(update(Attempt).where(tried).values(provider_ref=None, detail=None))


def _change(*conditions: ColumnElement[bool], **values: object) -> None:
    db.session.execute(
        update(Message).where(*conditions).values(**values).execution_options(synchronize_session="fetch")
    )
