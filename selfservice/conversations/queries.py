"""Reading the work that waits for a person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select

from selfservice import clock, locks
from selfservice.conversations.models import Conversation
from selfservice.conversations.states import LIVE, REOPENS_WITHIN
from selfservice.db import db
from selfservice.errors import NotFound


def list_waiting(team: str | None = None, *, limit: int = 200) -> Sequence[Conversation]:
    """Conversations not yet closed, urgent ones first, then by when they are due; of one team or of all."""
    query = select(Conversation).where(Conversation.state.in_(LIVE))
    if team:
        query = query.where(Conversation.team == team)
    return db.session.scalars(
        query.order_by(Conversation.urgent.desc(), Conversation.due_at, Conversation.id).limit(limit)
    ).all()


def count_waiting(team: str | None = None) -> int:
    """How many conversations wait for somebody to take them."""
    query = select(func.count()).select_from(Conversation).where(Conversation.state == "waiting")
    if team:
        query = query.where(Conversation.team == team)
    return db.session.scalar(query) or 0


def list_for_page(page_id: int) -> Sequence[Conversation]:
    """The conversations that began on one page, newest first."""
    return db.session.scalars(
        select(Conversation).where(Conversation.page_id == page_id).order_by(Conversation.created_at.desc())
    ).all()


def is_awaited(page_id: int, kinds: Sequence[str]) -> bool:
    """Whether a page's customer waits for a person: work of one of these kinds is there and not done."""
    mine = (Conversation.page_id == page_id, Conversation.kind.in_(kinds), Conversation.state.in_(LIVE))
    return db.session.execute(select(Conversation.id).where(*mine).limit(1)).first() is not None


def find_current(page_id: int, kind: str) -> Conversation | None:
    """The page's conversation of this kind to which a new word belongs, held: a live one, or one closed lately.

    Where there is none, nobody else makes it until the transaction ends.
    """
    locks.hold([f"conversation:{kind}:{page_id}"])
    return _find_current(Conversation.page_id == page_id, Conversation.kind == kind)


def find_current_without_page(phone: str, kind: str) -> Conversation | None:
    """The same of a number (E.164), about no page."""
    locks.hold([f"conversation:{kind}:{phone}"])
    return _find_current(Conversation.page_id.is_(None), Conversation.phone == phone, Conversation.kind == kind)


def _find_current(*conditions: ColumnElement[bool]) -> Conversation | None:
    is_live = Conversation.state.in_(LIVE)
    query = select(Conversation).where(*conditions, or_(is_live, Conversation.closed_at > clock.now() - REOPENS_WITHIN))
    newest = query.order_by(is_live.desc(), Conversation.created_at.desc()).limit(1)
    return db.session.scalars(newest.with_for_update(key_share=True).execution_options(populate_existing=True)).first()


def get(conversation_id: int) -> Conversation:
    """The conversation; raises NotFound."""
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation; it may have been removed.")
    return conversation
