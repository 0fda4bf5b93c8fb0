"""Disowning: somebody says that a page reached the wrong person. All to that number stops, and staff are told."""

from __future__ import annotations

from sqlalchemy import select, update

from selfservice import clock
from selfservice.conversations import service as conversations
from selfservice.customers import queries as customers
from selfservice.customers import subscriptions
from selfservice.customers.service import WRONG_NUMBER
from selfservice.db import db
from selfservice.events import service as events
from selfservice.messages import service as messages
from selfservice.pages import numbers, queries
from selfservice.pages.models import Page
from selfservice.pages.requests import CUSTOMER
from selfservice.pages.states import LIVE
from selfservice.situations import registry

_REASON = "Somebody says that this number is not the customer's: check it, correct it, and make a new page."


def disown(page_id: int) -> bool:
    """Stop all that goes to the number a page was sent to, and hide what was sent there from whoever holds the links.

    True for the first to say so; saying it again changes nothing. The caller commits. Raises NotFound.
    """
    page = queries.get(page_id)
    now = clock.now()
    sent_there = numbers.has_been_sent_to(numbers.of_page(page))
    customers.hold([page.customer_id])
    # The customer's pages in one order: two who disown two of them at once then wait for each other in that order.
    # The page itself is among them whatever its state: an ended page's link says it for the whole number.
    ids = db.session.scalars(
        select(Page.id)
        .where((Page.id == page_id) | ((Page.customer_id == page.customer_id) & Page.state.in_(LIVE) & sent_there))
        .order_by(Page.id)
        .with_for_update(key_share=True)
    ).all()
    hidden = db.session.execute(
        update(Page)
        .where(Page.id.in_(ids), Page.disowned_at.is_(None))
        .values(disowned_at=now, follow_up_at=None, updated_at=now)
        .returning(Page.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.expire_all()
    if page_id not in {row.id for row in hidden}:
        return False
    numbers.stop(page, reason=WRONG_NUMBER, actor=CUSTOMER)
    for row in hidden:
        messages.cancel_for_page(row.id, actor=CUSTOMER)
    # Whoever asked to be told on a phone of theirs is not this customer.
    subscriptions.unfollow_customer(page.customer_id)
    for row in hidden:
        data = {"here": row.id == page_id}
        events.record("page.disowned", actor=CUSTOMER, page_id=row.id, data=data)
    loaded = registry.current().find(page.situation, page.version)
    conversations.open_one(
        "wrong_number",
        team=loaded.situation.team if loaded else "",
        reason=_REASON,
        actor=CUSTOMER,
        page_id=page_id,
        customer_id=page.customer_id,
        urgent=True,  # and no number to ring: it is a stranger's
    )
    return True
