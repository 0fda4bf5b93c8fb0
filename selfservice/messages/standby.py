"""Texts that stand by while pushes go ahead of them: let go when no push can arrive, taken back when one has.

A text is let go by the clock, too: policy holds it for a head start and looks again (see `policy.HEAD_START`). Of the
two that may happen in the same moment, a device says that it has the push, and the text begins to leave, the rows of
both decide: whoever takes back a text holds its row, and the worker holds it from its last check to its commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import and_, false, or_, select, update
from sqlalchemy.orm import aliased

from selfservice import clock
from selfservice.db import db
from selfservice.messages import bell, moves
from selfservice.messages.models import Message
from selfservice.messages.moves import SYSTEM
from selfservice.messages.policy import CAPPED, PUSH_FIRST, QUIET
from selfservice.messages.states import MAY_WAIT_AGAIN, UNSENT, WAITING

REACHED = "reached_by_push"
SENT_AS_TEXT = "sent_as_text"
CUSTOMER = "customer"
FOLLOW_UPS = ("reminder", "another_way")
"""The purposes of messages that go because nobody has answered."""
_OVER = ("failed", "cancelled", "expired", "suppressed", "dead", "needs_human")
"""A push that is in one of these reaches nobody any more."""


def let_go(message_ids: Iterable[int]) -> int:
    """Let texts leave at once whose pushes have all come to nothing, as far as those are among `message_ids`.

    To be called when nothing else is left to be locked in the running transaction: the texts' rows are locked here
    without waiting for anybody, so that two transactions never wait for each other. A text that somebody else holds
    at this moment is left to the clock.
    """
    ids = list(message_ids)
    if not ids:
        return 0
    push = aliased(Message)
    over = select(push.ahead_of).where(push.id.in_(ids), push.ahead_of.is_not(None), push.state.in_(_OVER))
    other = aliased(Message)
    alive = select(other.id).where(other.ahead_of == Message.id, other.state.not_in(_OVER))
    waiting = select(Message.id).where(
        Message.id.in_(over), Message.state == "held", Message.reason == PUSH_FIRST, ~alive.exists()
    )
    texts = db.session.scalars(
        waiting.order_by(Message.id).with_for_update(skip_locked=True, key_share=True, of=Message)
    ).all()
    if texts:
        db.session.execute(
            update(Message)
            .where(Message.id.in_(texts))
            .values(next_look_at=clock.now())
            .execution_options(synchronize_session=False)
        )
        bell.ring()
    return len(texts)


def withdraw_pushes(text_ids: Sequence[int]) -> None:
    """Take back pushes that have not left, because the texts that stood by for them leave now."""
    if not text_ids:
        return
    waiting = select(Message.id).where(Message.ahead_of.in_(text_ids), Message.state.in_(WAITING)).order_by(Message.id)
    # Whoever holds one of them may wait for the texts that are held here: those are left to leave.
    pushes = db.session.scalars(waiting.with_for_update(skip_locked=True, key_share=True)).all()
    moves.move_all(pushes, "cancelled", reason=SENT_AS_TEXT)


def take_back(text_id: int, *, reason: str, actor: str = SYSTEM) -> None:
    """Take one text back that stands by; too late changes nothing. The caller holds its row."""
    moves.move(text_id, "cancelled", sources=WAITING, reason=reason, actor=actor)
    moves.mark([text_id], reason=reason)


def take_back_for_page(page_id: int, *, reason: str, actor: str = CUSTOMER, and_held: bool = False) -> set[str]:
    """Take back pushes, e-mails, and texts that stand by for them, which have not left; other texts leave as ever.

    They would say once more what the customer has just seen, or what is no longer so. So would a text that goes because
    nobody has answered, and, `and_held`, those that lead to the page and wait for a better hour. Returns on which
    channels something had not left.
    """
    leads_there = and_(
        Message.purpose.in_(("invitation", "update")), Message.state == "held", Message.reason.in_((QUIET, CAPPED))
    )
    unsent = (
        select(Message.id, Message.channel, Message.state)
        .where(
            Message.page_id == page_id,
            or_(
                Message.stands_by,
                Message.channel.in_(("push", "email")),
                Message.purpose.in_(FOLLOW_UPS),
                leads_there if and_held else false(),
            ),
            Message.state.in_((*WAITING, *MAY_WAIT_AGAIN)),
        )
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )
    found = db.session.execute(unsent).all()
    for message in found:
        take_back(message.id, reason=reason, actor=actor)
    return {message.channel for message in found if message.state in UNSENT}
