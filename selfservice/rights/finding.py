"""Finding: all rows that are about one person, wherever they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from selfservice import phone as phones
from selfservice.conversations.models import Conversation
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Conflict, Invalid, NotFound
from selfservice.pages.models import Page
from selfservice.replies.models import InboundText


@dataclass(frozen=True)
class Traces:
    """What leads to a person's rows: their pages, their number and their e-mail address, as far as they have one."""

    customer_id: int
    page_ids: tuple[int, ...]
    numbers: tuple[str, ...]
    addresses: tuple[str, ...]

    @property
    def is_work(self) -> ColumnElement[bool]:
        """The condition that work of staff is about them; also from before anybody knew whose number it is."""
        return or_(
            Conversation.customer_id == self.customer_id,
            Conversation.page_id.in_(self.page_ids),
            and_(Conversation.page_id.is_(None), Conversation.phone.in_(self.numbers)),
        )

    def texts_in(self) -> Sequence[InboundText]:
        """The texts that came from them, oldest first."""
        theirs = or_(
            InboundText.customer_id == self.customer_id,
            InboundText.page_id.in_(self.page_ids),
            InboundText.sender.in_(self.numbers),
        )
        return db.session.scalars(select(InboundText).where(theirs).order_by(InboundText.received_at)).all()


def find(who: str) -> Customer:
    """The customer with this reference, or else this number or e-mail address; raises NotFound, which repeats none.

    Raises Conflict where several have the address: each of them is to be meant by name.
    """
    found = customers.find_by_ref(who)
    if found is None and "@" in who:
        sharing = customers.list_by_email(who.strip().lower())
        if len(sharing) > 1:
            raise Conflict("Several customers have this address: give the number or the reference of the one you mean.")
        found = sharing[0] if sharing else None
    elif found is None:
        try:
            found = customers.find_by_phone(phones.normalise(who))
        except Invalid:
            found = None
    if found is None:
        raise NotFound("Nobody has this number, address or reference: write a number with + and its country code.")
    return found


def trace(customer: Customer) -> Traces:
    """Where a person's rows are.

    Only by the number and the address that are theirs now: one that was corrected may be a stranger's.
    """
    pages = select(Page.id).where(Page.customer_id == customer.id).order_by(Page.id)
    return Traces(
        customer.id,
        tuple(db.session.scalars(pages)),
        (customer.phone,) if customer.phone else (),
        (customer.email,) if customer.email else (),
    )
