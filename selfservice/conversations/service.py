"""Asking for a person, and staff taking and closing that work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, update

from selfservice import clock
from selfservice.conversations import queries
from selfservice.conversations.models import Conversation, Kind
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events import service as events
from selfservice.tokens import new_id

CALLBACK_WITHIN = timedelta(minutes=30)
URGENT_WITHIN = timedelta(minutes=10)
WORK_WITHIN = timedelta(hours=4)
LONGEST_NOTE = 4000


def open_one(  # noqa: PLR0913 - one keyword for each column of the row it makes
    kind: Kind,
    *,
    team: str,
    reason: str,
    actor: str,
    page_id: int | None = None,
    customer_id: int | None = None,
    phone: str | None = None,
    note: str = "",
    urgent: bool = False,
) -> Conversation:
    """Put work into a team's queue, or give back the page's own that is already there: asking twice is asking once."""
    existing = queries.find_live(page_id, kind) if page_id is not None else None
    if existing is not None:
        existing.phone = phone or existing.phone
        existing.note = note or existing.note
        db.session.flush()
        return existing
    now = clock.now()
    conversation = Conversation(
        id=new_id(),
        kind=kind,
        state="waiting",
        team=team,
        page_id=page_id,
        customer_id=customer_id,
        phone=phone,
        reason=reason,
        note=note,
        urgent=urgent,
        due_at=now + (URGENT_WITHIN if urgent else CALLBACK_WITHIN if kind == "callback" else WORK_WITHIN),
        created_at=now,
    )
    db.session.add(conversation)
    db.session.flush()
    events.record(
        "conversation.waiting",
        actor=actor,
        page_id=page_id,
        conversation_id=conversation.id,
        data={"kind": kind, "team": team, "urgent": urgent},
    )
    return conversation


def hear(
    words: str,
    *,
    team: str,
    reason: str,
    page_id: int | None,
    customer_id: int | None,
    phone: str | None,
    urgent: bool = False,
) -> Conversation:
    """Put a text that a customer wrote before staff, below those that still wait on its page or from its number."""
    if page_id is not None:
        existing = queries.find_live(page_id, "reply")
    else:
        existing = queries.find_live_without_page(phone, "reply") if phone else None
    if existing is None:
        return open_one(
            "reply",
            team=team,
            reason=reason,
            actor="customer",
            page_id=page_id,
            customer_id=customer_id,
            phone=phone,
            note=words[:LONGEST_NOTE],
            urgent=urgent,
        )
    existing.note = f"{existing.note}\n{words}"[-LONGEST_NOTE:]
    if urgent and not existing.urgent:
        existing.urgent, existing.reason = True, reason
        existing.due_at = min(existing.due_at, clock.now() + URGENT_WITHIN)
    db.session.flush()
    return existing


def take(conversation_id: int, user_id: int) -> None:
    """A member of staff takes waiting work; raises Conflict when a colleague was first."""
    _move(conversation_id, ("waiting", "snoozed"), "open", user_id, "A colleague has already taken this one.")


def close(conversation_id: int, user_id: int) -> None:
    """A member of staff has done the work; raises Conflict when it is closed already."""
    _move(conversation_id, ("waiting", "open", "snoozed"), "closed", user_id, "This one is already done.")


def _move(conversation_id: int, sources: tuple[str, ...], target: str, user_id: int, refusal: str) -> None:
    conversation = queries.get(conversation_id)
    values: dict[str, Any] = {"state": target, "user_id": user_id}
    if target == "closed":
        values["closed_at"] = clock.now()
    moved = cast(
        "CursorResult[Any]",
        db.session.execute(
            update(Conversation)
            .where(Conversation.id == conversation_id, Conversation.state.in_(sources))
            .values(**values)
            .execution_options(synchronize_session=False)
        ),
    )
    if moved.rowcount != 1:
        raise Conflict(refusal)
    events.record(
        f"conversation.{target}",
        actor=f"staff:{user_id}",
        page_id=conversation.page_id,
        conversation_id=conversation_id,
        data={"kind": conversation.kind},
    )
    db.session.refresh(conversation)
