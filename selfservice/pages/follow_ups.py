"""Follow-ups: what is still to be done about a page that nobody answers, and when; its type declares them.

A page holds when it is to be looked at next (`follow_up_at`) and which of them are over (`follow_ups_done`);
`unanswered` does what is due. Callers commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Conflict, NotFound
from selfservice.events import service as events
from selfservice.kit import Escalate, FollowUp
from selfservice.messages import queries as outbox
from selfservice.messages.models import Message
from selfservice.pages import queries, texts
from selfservice.pages.models import Page
from selfservice.situations import registry

CALLED_OFF = "called_off"


class Coming(NamedTuple):
    """What is still to be done about a page if nobody answers, and when."""

    follow_up: FollowUp
    at: datetime


def list_coming(page: Page, sent: Sequence[Message]) -> list[Coming]:
    """What is still to be done about a page if nobody answers, earliest first; `sent` are its messages."""
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None or page.state not in ("scheduled", "open") or page.disowned_at is not None:
        return []
    went_out = _went_out(page, sent)
    found = [
        Coming(follow_up, at)
        for follow_up in loaded.situation.follow_ups
        if follow_up.name not in page.follow_ups_done
        and (follow_up.ignores_notes or not page.answers)
        and (page.channels or isinstance(follow_up, Escalate))
        and (at := follow_up.due(went_out, page.expires_at))
    ]
    return sorted(found, key=lambda one: one.at)


def plan(page: Page, *, is_reopened: bool = False) -> None:
    """Work out when a page is to be looked at: it has gone out, its facts have changed, or its answer is taken back.

    A message that would have gone by now does not go any more: there was just another, or, where the page
    `is_reopened`, its customer has just been there, which staff need not hear of either. What counts from an end that
    has moved is done at its new time, also if it was done for the old one.
    """
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None or not loaded.situation.follow_ups:
        return
    now = clock.now()
    for follow_up in loaded.situation.follow_ups:
        was_for = page.follow_ups_done.get(follow_up.name, CALLED_OFF)
        if follow_up.counts_from_end and was_for not in (CALLED_OFF, _written(page.expires_at - follow_up.span)):
            page.follow_ups_done = {name: at for name, at in page.follow_ups_done.items() if name != follow_up.name}
    coming = list_coming(page, outbox.list_for_page(page.id))
    missed = [one for one in coming if one.at <= now and (is_reopened or not isinstance(one.follow_up, Escalate))]
    if missed:
        end(page, *missed)
    page.follow_up_at = min((one.at for one in coming if one not in missed), default=None)
    db.session.flush()


def call_off(page_id: int, name: str, *, actor: str) -> None:
    """Let one follow-up of a page not be done; raises NotFound, and Conflict when it is not to come any more."""
    page = queries.lock(page_id)
    if page is None:
        raise NotFound("There is no such page; look for it in the list of pages.")
    coming = list_coming(page, outbox.list_for_page(page_id))
    called_off = [one for one in coming if one.follow_up.name == name]
    if not called_off:
        raise Conflict("This is not to come any more: reload the page to see what became of it.")
    page.follow_ups_done = {**page.follow_ups_done, name: CALLED_OFF}
    page.follow_up_at = min((one.at for one in coming if one.follow_up.name != name), default=None)
    db.session.flush()
    events.record("follow_up.called_off", actor=actor, page_id=page_id, data={"kind": called_off[0].follow_up.kind})


def end(page: Page, *those: Coming) -> None:
    """Let these be over, whatever came of them."""
    page.follow_ups_done = {**page.follow_ups_done, **{one.follow_up.name: _written(one.at) for one in those}}


def _went_out(page: Page, sent: Sequence[Message]) -> datetime:
    """When a page went out: its own time, or later if what tells of it waits for its hour or did so."""
    first = [message for message in sent if message.purpose == texts.INVITATION]
    left = [message.submitted_at for message in first if message.submitted_at is not None]
    held = [message.next_look_at for message in first if message.state == "held" and message.next_look_at is not None]
    own = page.send_at or page.created_at
    known = left or (held if len(held) == len(first) else [])  # A text may be held for a notification that goes first.
    return max(own, min(known, default=own))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
