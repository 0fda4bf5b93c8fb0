"""Asking for a person, and staff taking and closing that work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, update

from selfservice import clock
from selfservice.conversations import queries
from selfservice.conversations.models import Conversation, Kind
from selfservice.conversations.states import sources_of
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events import service as events
from selfservice.tokens import new_id

CALLBACK_WITHIN = timedelta(minutes=30)
URGENT_WITHIN = timedelta(minutes=10)
WORK_WITHIN = timedelta(hours=4)
LONGEST_NOTE = 4000

_WITHIN = {"callback": CALLBACK_WITHIN, "call": timedelta()}


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
    begins_at: datetime | None = None,
) -> Conversation:
    """Put work into a team's queue, or give back the page's own that is already there: asking twice is asking once.

    Work that was done within seven days is taken up again instead. `begins_at` is when somebody can begin on it, where
    that is not at once: it is due so much later.
    """
    existing = queries.find_current(page_id, kind) if page_id is not None else None
    if existing is not None:
        existing.phone = phone or existing.phone
        existing.note = note or existing.note
        if existing.state == "closed":
            existing.reason = reason
            _reopen(existing, actor=actor, urgent=urgent, begins_at=begins_at)
        elif urgent:
            _hurry(existing, reason)
        if kind == "call" and begins_at is not None:
            existing.due_at = begins_at
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
        due_at=_due(kind, urgent=urgent, begins_at=begins_at),
        created_at=now,
    )
    db.session.add(conversation)
    db.session.flush()
    _record(conversation, actor=actor, data={"kind": kind, "team": team, "urgent": urgent})
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
    """Put a text that a customer wrote before staff, below those that wait on its page or from its number.

    Within seven days of its end a conversation is taken up again, also where the page itself has ended.
    """
    if page_id is not None:
        existing = queries.find_current(page_id, "reply")
    else:
        existing = queries.find_current_without_page(phone, "reply") if phone else None
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
    if existing.state == "closed":
        existing.reason = reason
        _reopen(existing, actor="customer", urgent=urgent)
    elif urgent:
        _hurry(existing, reason)
    db.session.flush()
    return existing


def take(conversation_id: int, user_id: int) -> None:
    """A member of staff takes waiting work; raises Conflict when somebody was first."""
    _move(conversation_id, "open", user_id, "A colleague has it, or its customer needs it no more; reload the list.")


def close(conversation_id: int, user_id: int) -> None:
    """A member of staff has done the work; raises Conflict when it is closed already."""
    _move(conversation_id, "closed", user_id, "It is done, or its customer needs it no more; reload the list.")


def drop(conversation_id: int, *, actor: str) -> None:
    """Close work that nobody can do any more, because who asked for it is erased; one that is closed stays so."""
    conversation = queries.get(conversation_id)
    if _change(conversation, "closed", closed_at=clock.now()):
        _record(conversation, actor=actor, data={"kind": conversation.kind})


def settle(page_id: int, kind: Kind, *, actor: str) -> None:
    """Close work of a page that its customer has settled by themselves, unless somebody has taken it."""
    found = queries.find_current(page_id, kind)
    if found is not None and found.state == "waiting" and _change(found, "closed", closed_at=clock.now()):
        _record(found, actor=actor, data={"kind": kind})


def _hurry(conversation: Conversation, reason: str) -> None:
    """Make a live conversation urgent, if it is not yet, for a new reason."""
    if not conversation.urgent:
        conversation.urgent, conversation.reason = True, reason
        conversation.due_at = min(conversation.due_at, clock.now() + URGENT_WITHIN)


def _reopen(conversation: Conversation, *, actor: str, urgent: bool, begins_at: datetime | None = None) -> None:
    """Put a closed conversation, which the caller holds, back into its queue, due anew and taken by nobody."""
    due_at = _due(conversation.kind, urgent=urgent, begins_at=begins_at)
    values = {"user_id": None, "closed_at": None, "urgent": urgent, "due_at": due_at}
    if _change(conversation, "waiting", **values):
        data = {"kind": conversation.kind, "team": conversation.team, "urgent": urgent, "again": True}
        _record(conversation, actor=actor, data=data)


def _due(kind: str, *, urgent: bool, begins_at: datetime | None = None) -> datetime:
    """By when a new word of this kind is to be answered."""
    within = URGENT_WITHIN if urgent else _WITHIN.get(kind, WORK_WITHIN)
    return (begins_at or clock.now()) + within


def _move(conversation_id: int, target: str, user_id: int, refusal: str) -> None:
    conversation = queries.get(conversation_id)
    values = {"closed_at": clock.now()} if target == "closed" else {}
    if not _change(conversation, target, user_id=user_id, **values):
        raise Conflict(refusal)
    _record(conversation, actor=f"staff:{user_id}", data={"kind": conversation.kind})


def _change(conversation: Conversation, target: str, **values: Any) -> bool:
    """Make one move of the table; False when the state does not allow it, and nothing is changed."""
    db.session.flush()
    moved = cast(
        "CursorResult[Any]",
        db.session.execute(
            update(Conversation)
            .where(Conversation.id == conversation.id, Conversation.state.in_(sources_of(target)))
            .values(state=target, **values)
            .execution_options(synchronize_session=False)
        ),
    )
    db.session.refresh(conversation)
    return moved.rowcount == 1


def _record(conversation: Conversation, *, actor: str, data: dict[str, Any]) -> None:
    events.record(
        f"conversation.{conversation.state}",
        actor=actor,
        page_id=conversation.page_id,
        conversation_id=conversation.id,
        data=data,
    )
