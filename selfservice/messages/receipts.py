"""What a device says of a push: it came, it was shown, it was pressed, it was answered. Each is heard once."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import exists, select

from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.events import service as events
from selfservice.events.models import Event
from selfservice.messages import joining, standby
from selfservice.messages.models import Message

What = Literal["delivered", "shown", "clicked", "answered"]
KINDS: tuple[str, ...] = get_args(What)
PURPOSE = "push-receipt"
"""What the tokens of receipts are signed for."""
_DEEDS = ("clicked", "answered")
"""What only a person does; a phone says the others by itself."""

DEVICE = "device"


def note(message_id: int, what: What) -> bool:
    """Write down what became of a push; False when that was known. The caller commits. Raises NotFound.

    Whatever it is, the push has come: a text that stands by is not needed any more, unless it does `until_seen`.
    """
    text_id = db.session.scalar(select(Message.ahead_of).where(Message.id == message_id))
    # Both rows, in the order in which everybody locks messages.
    both = select(Message).where(Message.id.in_([message_id, *([text_id] if text_id else [])]))
    held = db.session.scalars(both.order_by(Message.id).with_for_update(key_share=True)).all()
    push = next((message for message in held if message.id == message_id and message.channel == "push"), None)
    if push is None:
        raise NotFound("There is no such push; send the receipt as it came with it.")
    if _is_known(push, what):
        return False
    events.record(f"push.{what}", actor=DEVICE, page_id=push.page_id, message_id=push.id)
    joining.apply_receipt(push.id, "delivered", actor=DEVICE)
    text = next((message for message in held if message.id == text_id), None)
    if text is not None and (what in _DEEDS or not text.until_seen):
        standby.take_back(text.id, reason=standby.REACHED)
    return True


def _is_known(push: Message, what: str) -> bool:
    # Asked of the page's events, for which there is an index.
    return bool(
        db.session.scalar(
            select(
                exists().where(Event.page_id == push.page_id, Event.message_id == push.id, Event.type == f"push.{what}")
            )
        )
    )
