"""Numbers: to which ones a page's link was texted, stopping them all, and letting one be texted again.

Callers commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, exists, select

from selfservice import tokens
from selfservice.customers import consents
from selfservice.customers import queries as customers
from selfservice.customers import service as suppressions
from selfservice.customers.consents import STARTED, Address, Occasion, Said
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events import service as events
from selfservice.messages import refusals
from selfservice.messages import service as messages
from selfservice.messages.models import Message
from selfservice.pages import texts
from selfservice.pages.models import Page

_WITH_THE_LINK = (Message.channel == "sms") & (Message.purpose != texts.CODE)
"""A code goes to the number on file now, whoever asks for it: it says nothing of where the link is."""
_FOR_SOMEBODY = "The owner of this number wants to be texted again, or it was the right number after all."
"""What staff confirm who let a number be texted again."""
_REFUSED_TO_STAFF = "The customer told us that they want no more messages."
"""What staff confirm who stop everything for a customer."""


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
    """Stop everything to the numbers of a page, which says nothing of what their holder wants; see `refuse`."""
    for number in sorted(of_page(page)):  # In one order: two who stop the same ones never wait for each other.
        messages.stop(number, reason=reason, actor=actor)


def refuse(page: Page, occasion: Occasion) -> None:
    """Stop everything to the numbers of a page because their holder said so, with the evidence of that.

    Nothing queued begins to leave after the commit.
    """
    for number in sorted(of_page(page)):  # As above.
        refusals.refuse(Address("sms", number), occasion, customer_id=page.customer_id)


def refuse_for_customer(page: Page, customer: Customer, *, actor: str, source: str) -> None:
    """Stop everything to a customer who told staff so, texts and e-mails, with the evidence of it on this page.

    Nothing queued begins to leave after the commit. Raises Conflict when nothing could be sent anyway.
    """
    occasion = Occasion(wording=_REFUSED_TO_STAFF, locale="en", source=source, actor=actor, page_id=page.id)
    addresses = [Address("sms", number) for number in sorted(of_page(page))]
    addresses += [Address("email", customer.email)] if customer.email else []
    going = [(channel, value) for channel, value in addresses if not customers.is_suppressed(value, channel)]
    if not going:
        raise Conflict("Nothing is sent to this customer: there is nothing to stop.")
    for channel, value in going:
        refusals.refuse(Address(channel, value), occasion, customer_id=customer.id)
    for channel in dict.fromkeys(channel for channel, _value in going):
        events.record("customer.stopped", actor=actor, page_id=page.id, data={"channel": channel})


def allow(number: str, *, actor: str, source: str, page_id: int | None = None) -> None:
    """Let a number (E.164) that was stopped be written to again for its owner, as `allow_customer` does."""
    owner = customers.find_by_phone(number)
    if owner is not None:
        allow_customer(owner, actor=actor, source=source, page_id=page_id)
    else:
        _allow([Address("sms", number)], None, actor=actor, source=source, page_id=page_id)


def allow_customer(customer: Customer, *, actor: str, source: str, page_id: int | None = None) -> None:
    """Let a customer be written to again who stopped texts or e-mails, and record by whom; `source` is where.

    What was taken back meanwhile stays so: whoever allows it sends again what still matters. Raises Conflict when
    nothing is stopped. Who stopped everything stopped their e-mail too, so that is sent again as well. What they had
    refused is allowed with it, all but offers: those need a yes of their own.
    """
    _allow(consents.addresses_of(customer), customer, actor=actor, source=source, page_id=page_id)


def _allow(
    addresses: Sequence[Address], owner: Customer | None, *, actor: str, source: str, page_id: int | None
) -> None:
    consents.hold(addresses)
    released = [channel for channel, value in addresses if suppressions.release(value, channel=channel)]
    if not released:
        raise Conflict("Nothing is stopped here: what is sent leaves.")
    occasion = Occasion(wording=_FOR_SOMEBODY, locale="en", source=source, actor=actor, page_id=page_id)
    said = consents.standing(addresses)
    for address in addresses:
        refused = [name for name in STARTED if said.get(Said(address, name)) is False]
        consents.say(
            address, occasion, is_given=True, classes=refused, customer_id=owner.id if owner is not None else None
        )
    _tell_allowed(owner, released[0], actor=actor, page_id=page_id)


def start(number: str, occasion: Occasion) -> bool:
    """Write to a number (E.164) again whose holder asks for it, with the evidence of that; whether it was stopped.

    Their e-mail is left as it is: they stopped that elsewhere.
    """
    consents.hold([Address("sms", number)])
    was_stopped = suppressions.release(number)
    owner = customers.find_by_phone(number)
    consents.say(
        Address("sms", number),
        occasion,
        is_given=True,
        classes=STARTED,
        customer_id=owner.id if owner is not None else None,
    )
    if was_stopped:
        _tell_allowed(owner, "sms", actor=occasion.actor, page_id=occasion.page_id)
    return was_stopped


def _tell_allowed(owner: Customer | None, channel: str, *, actor: str, page_id: int | None) -> None:
    data = {"channel": channel} | ({"customer": tokens.encode_id(owner.id)} if owner is not None else {})
    events.record("customer.allowed", actor=actor, page_id=page_id, data=data)
