"""Reading pages: one row for the customer's door (the hot path), lists and single pages for staff."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, or_, select, text, tuple_

from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.db import db, is_postgresql
from selfservice.errors import NotFound
from selfservice.pages.models import HAS_ENDED_AND_SPEAKS, Answer, Page
from selfservice.pages.states import LIVE
from selfservice.prepared import Prepared
from selfservice.tokens import BadToken, decode_id

_SIGHT = (
    select(
        Page.id,
        Page.situation,
        Page.version,
        Page.brand_id,
        Page.state,
        Page.revision,
        Page.step,
        Page.facts,
        Page.answers,
        Page.can_change,
        Page.change_until,
        Page.locale,
        Page.timezone,
        Page.send_at,
        Page.expires_at,
        Page.answered_at,
        Page.callback_at,
        Page.disowned_at,
        Page.superseded_by,
        Page.created_at,
        Customer.name,
        Customer.phone,
    )
    .join(Customer, Customer.id == Page.customer_id)
    .where(Page.id == bindparam("page_id"))
)


_PREPARED_SIGHT = Prepared(lambda _is_postgresql: _SIGHT)


class Place(NamedTuple):
    """Where a list of pages goes on: below this moment and id."""

    created_at: datetime
    id: int


def find_sight(page_id: int) -> Any:
    """What one look at a page needs, a row like `read_sight`'s, on this thread's own reader connection."""
    rows = _PREPARED_SIGHT.fetch({"page_id": page_id})
    return rows[0] if rows else None


def read_sight(page_id: int) -> Row[Any] | None:
    """The same row as the running transaction sees it, with what it has written itself."""
    return db.session.execute(_SIGHT, {"page_id": page_id}).first()


def find(page_id: int) -> Page | None:
    """The page, if there is one."""
    return db.session.get(Page, page_id)


def get(page_id: int) -> Page:
    """The page; raises NotFound."""
    page = find(page_id)
    if page is None:
        raise NotFound("There is no such page; look for it in the list of pages.")
    return page


def lock(page_id: int) -> Page | None:
    """The page, held against other answers until the transaction ends (SQLite has one writer at a time anyway)."""
    if is_postgresql():
        customers.hold(select(Page.customer_id).where(Page.id == page_id))
    return db.session.scalars(
        select(Page).where(Page.id == page_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).first()


def find_answer(page_id: int, action: str, key: str) -> Answer | None:
    """The answer that was taken under this key, if there is one."""
    return db.session.scalars(
        select(Answer).where(Answer.page_id == page_id, Answer.action == action, Answer.key == key)
    ).first()


def was_answered_after(page_id: int, revision: int) -> bool:
    """Whether an answer has changed the page since it was at `revision`; new facts alone are none."""
    later = select(Answer.id).where(
        Answer.page_id == page_id, Answer.revision > revision, Answer.status.in_(("applied", "undone"))
    )
    return db.session.execute(later.limit(1)).first() is not None


def list_answers(page_id: int) -> Sequence[Answer]:
    """All answers of a page, oldest first."""
    return db.session.scalars(select(Answer).where(Answer.page_id == page_id).order_by(Answer.at, Answer.id)).all()


def find_live_case(case_ref: str) -> Page | None:
    """The live page of a case."""
    return db.session.scalars(select(Page).where(Page.case_ref == case_ref, Page.state.in_(LIVE))).first()


def lock_live_case(case_ref: str) -> Page | None:
    """The live page of a case, held against others who change it; the caller holds its customer."""
    mine = select(Page).where(Page.case_ref == case_ref, Page.state.in_(LIVE))
    held = mine.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(held).first()


def list_for_customer(customer_id: int, *, live_only: bool = False, limit: int = 20) -> Sequence[Page]:
    """One customer's pages, newest first."""
    query = select(Page).where(Page.customer_id == customer_id)
    if live_only:
        query = query.where(Page.state.in_(LIVE))
    return db.session.scalars(query.order_by(Page.created_at.desc(), Page.id.desc()).limit(limit)).all()


def list_pages(
    *,
    search: str = "",
    state: str = "",
    situation: str = "",
    created_by: str = "",
    below: Place | None = None,
    limit: int = 50,
) -> Sequence[tuple[Page, Customer]]:
    """Pages with their customers, newest first, as the console lists them.

    `search` finds a page id, a case reference, a part of a customer's name, or the digits a number ends with.
    """
    query = select(Page, Customer).join(Customer, Customer.id == Page.customer_id)
    if search.strip():
        query = query.where(_matches(search.strip()))
    if state:
        query = query.where(Page.state == state)
    if situation:
        query = query.where(Page.situation == situation)
    if created_by:
        query = query.where(Page.created_by == created_by)
    if below is not None:
        query = query.where(tuple_(Page.created_at, Page.id) < tuple_(below.created_at, below.id))
    rows = db.session.execute(query.order_by(Page.created_at.desc(), Page.id.desc()).limit(limit))
    return [(page, customer) for page, customer in rows]


def has_any_of(situation: str) -> bool:
    """Whether there are pages of a type, those aside whose facts are gone; each half reads an index of its own."""
    of_it = select(Page.id).where(Page.situation == situation).limit(1)
    halves = (Page.state.in_(LIVE), text(HAS_ENDED_AND_SPEAKS))
    return any(db.session.scalar(of_it.where(half)) is not None for half in halves)


def _matches(search: str) -> Any:
    wildcard = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    options = [
        Customer.name.ilike(f"%{wildcard}%", escape="\\"),
        Page.case_ref.ilike(f"{wildcard}%", escape="\\"),
        Customer.ref == search,
    ]
    digits = "".join(character for character in search if character.isdigit())
    if len(digits) >= 3 and not any(character.isalpha() for character in search):
        options.append(Customer.phone.like(f"%{digits}"))
    with contextlib.suppress(BadToken):
        options.append(Page.id == decode_id(search))
    return or_(*options)
