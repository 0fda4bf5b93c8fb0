"""Reopening: an answered page asks again, because its customer takes the answer back or a photo in it is unreadable."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Gone
from selfservice.events import service as events
from selfservice.kit import Action, Facts
from selfservice.media import service as media
from selfservice.pages import claims, follow_ups, guarding, outcomes, refusals, sight, standing
from selfservice.pages.guarding import Who
from selfservice.pages.models import Answer, Page
from selfservice.pages.requests import CUSTOMER
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.tokens import new_id

Status = Literal["applied", "already_applied"]


def take_back(page: Page, *, revision: int, key: str, who: Who) -> Status:
    """Take back the answer of a page as its customer, with the photos it came with. The caller holds it, and commits.

    Raises Gone, Beaten and CheckRequired.
    """
    now = clock.now()
    state = sight.state_at(page, now)
    if state == "open" and revision < page.revision:
        return "already_applied"
    if state != "answered":
        raise Gone("This page has ended, so the answer stays as it is; a person can help.", code=state)
    loaded = registry.current().get(page.situation, page.version)
    facts = sight.facts_of(loaded, page.facts, page.version)
    guarding.require(page, loaded.situation, facts, None, who)
    if revision != page.revision:
        raise refusals.beaten()
    if not sight.may_change(loaded, page, now):
        raise refusals.final()
    outcomes.take_back(page, loaded)
    media.withdraw(_reopen(page, loaded, facts, now, step=loaded.situation.steps[0].key))
    db.session.add(
        Answer(
            id=new_id(), page_id=page.id, action=sight.CHANGE, key=key, status="applied", revision=page.revision, at=now
        )
    )
    events.record("answer.undone", actor=CUSTOMER, page_id=page.id)
    events.record("page.open", actor=CUSTOMER, page_id=page.id)
    db.session.flush()
    return "applied"


def ask_again(page: Page, loaded: Loaded, action: Action) -> bool:
    """Have a page ask once more for the photos of an answer that cannot be read. The caller holds it, and commits.

    False where the page has moved on, or has ended; then nothing is changed.
    """
    now = clock.now()
    if sight.state_at(page, now) != ("answered" if action.closing else "open"):
        return False
    if not action.closing:
        standing.write(page, step=action.again)
        return True
    facts = sight.facts_of(loaded, page.facts, page.version)
    # What the answer gave the page to live on is for this very case.
    _reopen(page, loaded, facts, now, step=action.again, ends_at=page.expires_at)
    events.record("page.open", actor="system", page_id=page.id)
    return True


def _reopen(
    page: Page, loaded: Loaded, facts: Facts, now: datetime, *, step: str, ends_at: datetime | None = None
) -> list[int]:
    """Undo the closing answers of an answered page, so that it asks at `step`; gives their ids.

    It ends when a page of its facts does, or at `ends_at` if that is later.
    """
    claims.give_back(page.id)
    undone = standing.undo_closing(page, loaded.situation)
    usual = sight.end_of(loaded, facts, page.created_at, page.timezone)
    standing.write(
        page,
        state="open",
        step=step,
        answers=standing.list_lasting(page, loaded.situation),
        can_change=False,
        change_until=None,
        answered_at=None,
        expires_at=max(usual, ends_at or usual, now + timedelta(minutes=1)),
    )
    follow_ups.plan(page, is_reopened=True)
    return undone
