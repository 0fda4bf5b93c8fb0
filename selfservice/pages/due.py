"""What the clock does to pages: opens those whose time has come, and ends those whose time, or whose type, is gone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from selfservice import clock
from selfservice.customers import queries as people
from selfservice.db import db
from selfservice.pages import unanswered
from selfservice.pages.models import Page
from selfservice.pages.moves import move
from selfservice.pages.states import LIVE
from selfservice.situations import registry

SETTLED = timedelta(minutes=5)
"""Within which every process has the same page types, also while a release is rolled out."""


def open_pages(limit: int = 200) -> int:
    """Open scheduled pages whose time has come; returns how many. Their texts wait for it too. The caller commits."""
    now = clock.now()
    is_due = (Page.state == "scheduled", Page.send_at <= now, Page.expires_at > now)
    due = select(Page.id).where(*is_due).order_by(Page.send_at)
    ids = db.session.scalars(due.limit(limit).with_for_update(skip_locked=True, key_share=True)).all()
    return sum(move(page_id, "open", actor="system", sources=("scheduled",)) for page_id in ids)


def expire_pages(limit: int = 200) -> int:
    """End live pages past their time; returns how many. The caller commits.

    What is due about one is done first: staff hear that nobody answered, though nobody worked when they should have.
    """
    now = clock.now()
    is_due = (Page.state.in_(LIVE), Page.expires_at <= now)
    held = people.hold(select(Page.customer_id).where(*is_due).order_by(Page.expires_at).limit(limit))
    if not held:
        return 0
    due = select(Page).where(*is_due, Page.customer_id.in_(held)).order_by(Page.expires_at).limit(limit)
    pages = db.session.scalars(
        due.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    ).all()
    for page in pages:
        if page.follow_up_at is not None and page.follow_up_at <= now:
            unanswered.look(page)
    return sum(move(page.id, "expired", actor="system") for page in pages)


def retire_pages(limit: int = 200) -> int:
    """End live pages whose type is gone; returns how many. The caller commits.

    A type whose folder is broken is not gone: its pages wait for the mend. Nor is one of a page just made: another
    process may know a type that this one has yet to see.
    """
    known = registry.current()
    if not known.is_whole:
        return 0
    is_settled = Page.created_at <= clock.now() - SETTLED
    keys = [loaded.key for loaded in known.all()]
    missing = select(Page.id).where(Page.state.in_(LIVE), Page.situation.not_in(keys), is_settled)
    ids = db.session.scalars(missing.limit(limit).with_for_update(skip_locked=True, key_share=True)).all()
    return sum(move(page_id, "retired", actor="system") for page_id in ids)
