"""Reading texts that came in, the pages that somebody may answer by text, and whom we wrote to at a number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from selfservice import clock
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.messages.models import Message
from selfservice.pages import numbers
from selfservice.pages.models import Page
from selfservice.replies.models import InboundText

_MOST_PAGES = 20


def find(provider: str, ref: str) -> InboundText | None:
    """The text that a provider calls `ref`."""
    return db.session.scalars(
        select(InboundText).where(InboundText.provider == provider, InboundText.ref == ref)
    ).first()


def lock_waiting(text_id: int) -> InboundText | None:
    """A text that nobody has acted on, held to the end of the transaction; None once somebody has."""
    query = select(InboundText).where(InboundText.id == text_id, InboundText.understood_at.is_(None))
    return db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def list_waiting(*, before: datetime, limit: int = 50) -> Sequence[int]:
    """The ids of texts that came before a moment and that nobody has acted on, oldest first."""
    query = select(InboundText.id).where(InboundText.understood_at.is_(None), InboundText.received_at < before)
    return db.session.scalars(query.order_by(InboundText.received_at).limit(limit)).all()


def list_for_page(page_id: int) -> Sequence[InboundText]:
    """The texts that were about a page, oldest first."""
    query = select(InboundText).where(InboundText.page_id == page_id)
    return db.session.scalars(query.order_by(InboundText.received_at, InboundText.id)).all()


def list_pages(customer: Customer) -> Sequence[Page]:
    """The pages of a customer that were texted to the number they have now, newest first; none that was disowned."""
    was_sent = numbers.has_been_sent_to([customer.phone or ""])
    query = select(Page).where(Page.customer_id == customer.id, Page.disowned_at.is_(None), was_sent)
    return db.session.scalars(query.order_by(Page.created_at.desc(), Page.id.desc()).limit(_MOST_PAGES)).all()


def find_written_to(number: str) -> Customer | None:
    """Whose number this is, or else whom we last texted there."""
    owner = customers.find_by_phone(number)
    if owner is not None:
        return owner
    query = select(Message.customer_id).where(Message.recipient == number, Message.channel == "sms")
    customer_id = db.session.scalar(query.order_by(Message.created_at.desc()).limit(1))
    return None if customer_id is None else customers.find(customer_id)


def count_answers(number: str, purposes: Sequence[str], *, within: timedelta) -> int:
    """How many texts of these purposes were written to a number lately."""
    query = (
        select(func.count())
        .select_from(Message)
        .where(Message.recipient == number, Message.purpose.in_(purposes), Message.created_at > clock.now() - within)
    )
    return db.session.scalar(query) or 0
