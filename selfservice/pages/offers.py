"""Offers: what several pages offer at the same time, and telling those who were not the first that it has gone.

Who wins the last of it only marks the claim. The worker then tells the others, a few pages at a time, each once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import exists, insert, select, update

from selfservice import clock
from selfservice.apart import do_apart
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.events import service as events
from selfservice.kit import Facts
from selfservice.messages import queries as outbox
from selfservice.messages import service as messages
from selfservice.pages import claims, sight, telling, texts
from selfservice.pages.models import Claim, ClaimHold, Page, PageOffer
from selfservice.situations.registry import Loaded
from selfservice.tokens import encode_id

SYSTEM = "system"

_LATER = timedelta(minutes=10)
"""When pages are looked at again of which none could be told, because their type is broken or our own code failed."""
WAITING = ("scheduled", "open")
"""The states of a page whose customer has not answered yet."""


def keep(page: Page, loaded: Loaded, facts: Facts) -> None:
    """Remember what a page offers, if its type wants to tell when that has gone. Raises Invalid if it has already."""
    if not loaded.situation.gone:
        return
    offers = loaded.situation.on_offer(facts, sight.case_of(loaded, page, clock.now()))
    names = sorted(frozenset().union(*offers.values()))
    if not names:
        return
    taken = claims.taken(names)
    if all(needed & taken for needed in offers.values()):
        raise Invalid("All that this page offers is taken already; offer something else.", fields={"": "taken"})
    db.session.execute(insert(PageOffer), [{"name": name, "page_id": page.id} for name in names])


def tell_due(limit: int = 50) -> int:
    """Tell pages whose offers others have taken; returns how many were looked at. The caller commits.

    People are held, then their pages, then the claim, as by whoever answers: nobody waits in a circle.
    """
    gone = db.session.execute(
        select(Claim.name, Claim.exhausted_at)
        .where(Claim.exhausted_at <= clock.now())
        .order_by(Claim.exhausted_at)
        .limit(1)
    ).first()
    if gone is None:
        return 0
    pages = _find_losers(gone.name, limit)
    if not (claims.hold(gone.name) and pages):
        _look_again(gone.name, gone.exhausted_at, None)
        return 1
    noted = [do_apart(partial(_note, page, gone.name), "offer.not_told", page=encode_id(page.id)) for page in pages]
    if not any(noted):
        _look_again(gone.name, gone.exhausted_at, clock.now() + _LATER)
    return len(pages)


def _find_losers(name: str, limit: int) -> list[Page]:
    """Pages that still wait for an answer, offer this, hold none of it, and do not know yet."""
    holds = exists().where(ClaimHold.page_id == Page.id, ClaimHold.name == name)
    has_lost = (PageOffer.name == name, PageOffer.gone_at.is_(None), Page.state.in_(WAITING), ~holds)
    by_age = (Page.created_at, Page.id)
    people = select(Page.customer_id).join(PageOffer, PageOffer.page_id == Page.id).where(*has_lost).order_by(*by_age)
    held = customers.hold(people.limit(limit))
    losers = (
        select(Page)
        .join(PageOffer, PageOffer.page_id == Page.id)
        .where(*has_lost, Page.customer_id.in_(held))
        .order_by(*by_age)
        .limit(limit)
        .with_for_update(of=[Page, PageOffer], key_share=True)  # Each by one worker alone.
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(losers))


def _note(page: Page, name: str) -> None:
    """Note that one of a page's offers has gone; with the last of them, tell its customer."""
    of_page = PageOffer.page_id == page.id
    db.session.execute(
        update(PageOffer)
        .where(of_page, PageOffer.name == name)
        .values(gone_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(select(PageOffer.name).where(of_page, PageOffer.gone_at.is_(None)).limit(1)).first():
        return
    page.follow_up_at = None
    events.record("page.gone", actor=SYSTEM, page_id=page.id)
    messages.cancel_for_page(page.id, reason="offer_gone", actor=SYSTEM)
    if outbox.has_told(page.id):
        _tell(page)


def _tell(page: Page) -> None:
    key = f"page:{page.id}:{texts.GONE}"
    try:
        with db.session.begin_nested():
            telling.tell(page, channels=page.channels or (), purpose=texts.GONE, key=key, actor=SYSTEM)
    except Invalid:  # No text can say it, at no time: the page itself does.
        structlog.get_logger().exception("offer.unsendable", page=encode_id(page.id))


def _look_again(name: str, seen: datetime, at: datetime | None) -> None:
    """Look again at this moment, or not at all, unless the last of it went once more since it was `seen`."""
    db.session.execute(
        update(Claim)
        .where(Claim.name == name, Claim.exhausted_at == seen)
        .values(exhausted_at=at)
        .execution_options(synchronize_session=False)
    )
