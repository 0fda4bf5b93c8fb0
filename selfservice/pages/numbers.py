"""Numbers: to which ones a page's link was texted, stopping them all, and letting one be texted again.

Callers commit.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, exists, select

from selfservice import tokens
from selfservice.customers import queries as customers
from selfservice.customers import service as suppressions
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events import service as events
from selfservice.messages import service as messages
from selfservice.messages.models import Message
from selfservice.pages import texts
from selfservice.pages.models import Page

_WITH_THE_LINK = (Message.channel == "sms") & (Message.purpose != texts.CODE)
"""A code goes to the number on file now, whoever asks for it: it says nothing of where the link is."""


def of_page(page: Page) -> list[str]:
    """The numbers (E.164) that a page's link was texted to, first to last; the customer's if it was handed over.

    Not simply the customer's: that may have been corrected since, and whoever holds this link has the old one.
    """
    query = select(Message.recipient).where(Message.page_id == page.id, _WITH_THE_LINK)
    found = db.session.scalars(query.order_by(Message.created_at, Message.id))
    phone = customers.get(page.customer_id).phone
    return list(dict.fromkeys(number for number in found if number)) or ([phone] if phone else [])


def has_been_sent_to(numbers: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a page's link was texted to one of `numbers`."""
    return exists().where(Message.page_id == Page.id, _WITH_THE_LINK, Message.recipient.in_(list(numbers)))


def stop(page: Page, *, reason: str, actor: str) -> None:
    """Stop everything to the numbers of a page: nothing queued begins to leave after the commit."""
    for number in sorted(of_page(page)):  # In one order: two who stop the same ones never wait for each other.
        messages.stop(number, reason=reason, actor=actor)


def allow(number: str, *, actor: str, page_id: int | None = None) -> None:
    """Let a number (E.164) that was stopped be written to again, and record by whom; on a page's timeline if given.

    What was taken back meanwhile stays so: whoever allows it sends again what still matters. Raises Conflict when it
    is not stopped. Who stopped everything stopped their e-mail too, so that is sent again as well.
    """
    owner = customers.find_by_phone(number)
    mail = owner.email if owner is not None else None
    released = [suppressions.release(number), bool(mail) and suppressions.release(mail or "", channel="email")]
    if not any(released):
        raise Conflict("This number is not stopped: texts to it are sent.")
    data = {"channel": "sms"} | ({"customer": tokens.encode_id(owner.id)} if owner is not None else {})
    events.record("customer.allowed", actor=actor, page_id=page_id, data=data)
