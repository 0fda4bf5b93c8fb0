"""Erasing what messages say and to whom, when their recipient is erased; that they were sent stays. Callers commit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from selfservice.db import db
from selfservice.messages import moves
from selfservice.messages.models import HandsetEmail, HandsetText, Message
from selfservice.messages.states import MAY_WAIT_AGAIN, WAITING
from selfservice.tokens import encode_id

ERASED = "erased"


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
    _change([row.id for row in rows], body="", payload=None)
    _change([row.id for row in rows if row.channel != "push"], recipient="")  # A device's id says nothing of anybody.
    refs = [encode_id(row.id) for row in rows]
    db.session.execute(delete(HandsetText).where(HandsetText.number.in_(numbers) | HandsetText.client_ref.in_(refs)))
    db.session.execute(
        delete(HandsetEmail).where(HandsetEmail.address.in_(addresses) | HandsetEmail.client_ref.in_(refs))
    )
    return len(rows)


def _change(ids: Sequence[int], **values: object) -> None:
    db.session.execute(
        update(Message).where(Message.id.in_(ids)).values(**values).execution_options(synchronize_session="fetch")
    )
