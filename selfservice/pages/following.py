"""Following: which devices saw a page, which of them may stand for its customer, and of what they are told.

A link can be forwarded, so whoever holds it is not yet the customer. Callers commit.
"""

from __future__ import annotations

from sqlalchemy import select, update

from selfservice import clock
from selfservice.customers import devices, subscriptions
from selfservice.db import db
from selfservice.pages import guarding, queries, sight
from selfservice.pages.models import CheckPass, Page
from selfservice.pages.states import LIVE


def note_look(page_id: int, device_id: int) -> None:
    """Put a page that was shown on a device into its inbox; the first device is remembered as that."""
    devices.note_page(device_id, page_id)
    db.session.execute(
        update(Page)
        .where(Page.id == page_id, Page.first_device_id.is_(None))
        .values(first_device_id=device_id)
        .execution_options(synchronize_session=False)
    )


def stands_for_customer(page_id: int, device_id: int) -> bool:
    """Whether a device may stand for the page's customer: the page was first shown on it, or a code that was texted to
    the number on file was typed on it.
    """
    first = db.session.scalar(select(Page.first_device_id).where(Page.id == page_id))
    typed = select(CheckPass.page_id).where(
        CheckPass.page_id == page_id, CheckPass.device_id == device_id, CheckPass.kind == "otp"
    )
    return first == device_id or db.session.execute(typed).first() is not None


def follow(page_id: int, device_id: int) -> bool:
    """Tell a device of all pages of this page's customer from now on, or of this one alone if it cannot stand for them.

    False when it is told of nothing: the page has ended, or is not theirs as far as is known. Raises NotFound.
    """
    page = queries.get(page_id)
    if sight.state_at(page, clock.now()) not in LIVE or not guarding.is_let_in(page, device_id):
        return False
    note_look(page_id, device_id)
    if stands_for_customer(page_id, device_id):
        subscriptions.follow(device_id, page.customer_id)
    else:
        subscriptions.follow_page(device_id, page_id, page.customer_id)
    return True


def is_told(page_id: int, device_id: int) -> bool:
    """Whether a device is told of a page; raises NotFound."""
    return subscriptions.is_told(device_id, page_id, queries.get(page_id).customer_id)
