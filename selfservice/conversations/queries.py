"""Reading the work that waits for a person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from selfservice.conversations.models import Conversation
from selfservice.db import db
from selfservice.errors import NotFound

LIVE = ("waiting", "open", "snoozed")


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


def find_live(page_id: int, kind: str) -> Conversation | None:
    """The page's conversation of this kind that is not closed, if there is one."""
    return db.session.scalars(
        select(Conversation).where(
            Conversation.page_id == page_id, Conversation.kind == kind, Conversation.state.in_(LIVE)
        )
    ).first()


def find_live_without_page(phone: str, kind: str) -> Conversation | None:
    """The conversation of this kind with a number (E.164), about no page, that is not closed, if there is one."""
    return db.session.scalars(
        select(Conversation).where(
            Conversation.page_id.is_(None),
            Conversation.phone == phone,
            Conversation.kind == kind,
            Conversation.state.in_(LIVE),
        )
    ).first()


def get(conversation_id: int) -> Conversation:
    """The conversation; raises NotFound."""
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation; it may have been removed.")
    return conversation
