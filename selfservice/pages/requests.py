"""What a customer does on a page beside answering: looking, going on by a link, asking to be called, stopping texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, update

from selfservice import clock
from selfservice.brands import queries as brands
from selfservice.conversations import service as conversations
from selfservice.customers import queries as customers
from selfservice.customers.consents import Occasion
from selfservice.db import db
from selfservice.errors import Invalid, NotFound
from selfservice.events import service as events
from selfservice.messages import standby
from selfservice.pages import following, guarding, numbers, queries, texts
from selfservice.pages.guarding import Who
from selfservice.pages.models import Page
from selfservice.pages.states import LIVE
from selfservice.situations import registry, wishing
from selfservice.situations.view import View

CUSTOMER = "customer"
PREFERENCES_PAGE = "preferences page"
"""The source of what was said on the page on which customers choose what they are sent."""


def opened(page_id: int, device_id: int | None = None, *, revision: int | None = None) -> bool:
    """Note that a person looks at the page as it was at `revision`, on this device if it is known; True the first time.

    Only what a device was shown is listed on it, or makes it the first that saw the page: a question is neither. What
    has not left yet is taken back if the customer has now seen what it would say: the page as it is, on a device that
    may stand for them.
    """
    now = clock.now()
    page = queries.lock(page_id)  # Nobody changes what the page shows between our look at it and our commit.
    is_let_in = page is not None and guarding.is_let_in(page, device_id)  # As it was shown: before it counts as opened.
    first = db.session.execute(
        update(Page)
        .where(Page.id == page_id, Page.opened_at.is_(None), Page.state.in_(LIVE))
        .values(opened_at=now)
        .execution_options(synchronize_session=False)
    )
    is_first = cast("CursorResult[Any]", first).rowcount == 1
    if page is not None:
        events.record("page.opened", actor=CUSTOMER, page_id=page_id, data={"first": is_first})
    if page is not None and device_id is not None and is_let_in:
        following.note_look(page_id, device_id)
        guarding.touch(page, device_id)
        if revision == page.revision and following.stands_for_customer(page_id, device_id):
            standby.take_back_for_page(page_id, reason="page_opened", and_held=True)
    return is_first


def followed(page_id: int, link: str, who: Who) -> None:
    """Note that somebody who is let in went on to the address in the fact `link`, by a button of the page.

    Raises NotFound, also where no step has such a button.
    """
    page = queries.get(page_id)
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None or link not in loaded.situation.links:
        raise NotFound("This page leads to no such place; send the name of a fact that one of its buttons follows.")
    if guarding.is_let_in(page, who()):
        events.record("page.followed", actor=CUSTOMER, page_id=page_id, data={"link": link})


def ask_callback(page_id: int, *, note: str = "") -> datetime:
    """Ask a person to ring the customer on the number we have of them; returns by when they will: where nobody is there
    now, that is counted from the next opening.

    Raises NotFound, and Invalid when no number is known.
    """
    page = queries.get(page_id)
    customer = customers.get(page.customer_id)
    if not customer.phone or page.disowned_at is not None:
        raise Invalid("There is no number to ring; call us instead.", fields={"note": "callback_no_number"})
    loaded = registry.current().find(page.situation, page.version)
    opening = brands.face(page.brand_id, page.locale).opening
    conversation = conversations.open_one(
        "callback",
        team=loaded.situation.team if loaded else "",
        reason="Asked to be called back",
        actor=CUSTOMER,
        page_id=page.id,
        customer_id=page.customer_id,
        phone=customer.phone,
        note=note.strip()[:300],
        begins_at=opening.next_opening(clock.now()) if opening else None,
    )
    page.callback_at = conversation.due_at
    db.session.flush()
    return conversation.due_at


def stop_texts(page_id: int, occasion: Occasion | None = None) -> None:
    """Stop all texts to the number the page was sent to, at once: nothing queued leaves after the commit.

    `occasion` says what they were shown; without it, that was the question in the page's own language.
    """
    page = queries.get(page_id)
    if page.disowned_at is None and numbers.of_page(page):
        numbers.refuse(page, occasion or stop_occasion(page_id, texts.view_of(page)))
        events.record("customer.stopped", actor=CUSTOMER, page_id=page.id, data={"channel": "sms"})


def stop_occasion(page_id: int, view: View, *, has_mail: bool = False, can_choose: bool = False) -> Occasion:
    """What somebody was shown who stopped everything on their page, as `view` showed it."""
    wording = wishing.stop_wording(view, has_mail=has_mail, can_choose=can_choose)
    return Occasion(wording=wording, locale=view.language, source=PREFERENCES_PAGE, actor=CUSTOMER, page_id=page_id)
