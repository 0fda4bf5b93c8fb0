"""A machine that makes pages, answers and ends them in any order, and looks after every step."""

from __future__ import annotations

import itertools
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import func, select

from selfservice.db import db
from selfservice.errors import Conflict, Gone
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.messages.states import WAITING
from selfservice.pages import answering, due, service, unanswered
from selfservice.pages.models import Page
from selfservice.pages.sight import CHANGE
from selfservice.pages.states import LIVE, STATES
from selfservice.situations.registry import Loaded, Registry
from tests.factories import appointment, fraud, issue
from tests.pages.machine import PageMachine

GOING = "fraud_alert"
"""The type that goes."""

ENDED = ("expired", "revoked", "superseded", "retired")
_MOST_PAGES = 6
_CASES = 3
_PLACES = st.integers(0, 63)
_numbers = itertools.count(10_000)

Pair = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """A case of one customer, about which pages are made."""

    ref: str
    phone: str


class Pages(PageMachine):
    """Some pages of three cases. `seen` collects the moves; those `sought` are made rather than others."""

    def __init__(self, seen: set[Pair], sought: frozenset[Pair] = frozenset()) -> None:
        super().__init__()
        self.seen = seen
        self.sought_from = {source for source, _target in sought}
        self.stories: dict[int, list[str]] = {}
        self.situations: dict[int, str] = {}
        self.last_event = 0
        self.cases: list[Case] = []

    @initialize()
    def begin(self) -> None:
        self.last_event = db.session.scalar(select(func.max(Event.id))) or 0
        db.session.commit()
        numbers = [next(_numbers) for _ in range(_CASES)]
        self.cases = [Case(f"case-{number}", f"+4479111{number:05d}") for number in numbers]

    def has_any(self, *states: str) -> bool:
        return any(story[-1] in states for story in self.stories.values())

    def pick(self, place: int, *states: str) -> int:
        """One of the pages in one of these states: a rare state is as likely as a common one."""
        there = {story[-1] for story in self.stories.values()} & set(states)
        found = sorted(there & self.sought_from or there)
        state = found[place % len(found)]
        those = [page_id for page_id, story in self.stories.items() if story[-1] == state]
        return those[place // len(found) % len(those)]

    @precondition(lambda self: sum(story[-1] in LIVE for story in self.stories.values()) < _MOST_PAGES)
    @rule(place=_PLACES, is_going=st.booleans(), hours=st.sampled_from([0, 0, 2]), has_case=st.booleans())
    def issue(self, place: int, hours: int, *, is_going: bool, has_case: bool) -> None:
        """A page, for a case that may have one already."""
        case = self.cases[place % _CASES]
        number = next(_numbers)
        with self.step():
            facts = fraud(merchant=f"SHOP {number}") if is_going else appointment(place=f"{number} Harbour Street")
            issued = issue(
                GOING if is_going else "appointment_reminder",
                facts,
                phone=case.phone,
                case_ref=case.ref if has_case else None,
                send_at=self.now + timedelta(hours=hours) if hours else None,
            )
            if issued.was != "updated":
                self.stories[issued.page.id] = [issued.page.state]
                self.situations[issued.page.id] = issued.page.situation
                assert issued.page.state == ("scheduled" if hours else "open")

    @precondition(lambda self: self.has_any("scheduled", "open", "answered"))
    @rule(place=_PLACES)
    def answer(self, place: int) -> None:
        """The closing answer that its type lets anybody give."""
        page_id = self.pick(place, "scheduled", "open", "answered")
        action = "no" if self.situations[page_id] == GOING else "confirm"
        self.act(page_id, action, self.revision_of(page_id))

    @precondition(lambda self: self.has_any("answered"))
    @rule(place=_PLACES)
    def change_the_answer(self, place: int) -> None:
        page_id = self.pick(place, "answered")
        self.act(page_id, CHANGE, self.revision_of(page_id))

    @precondition(lambda self: self.has_any("open", "scheduled"))
    @rule(place=_PLACES)
    def add_a_note(self, place: int) -> None:
        """An answer that closes nothing."""
        page_id = self.pick(place, "open", "scheduled")
        if self.situations[page_id] != GOING:
            self.act(page_id, "note", self.revision_of(page_id), note="Is there parking?")
            assert self.state_of(page_id) in ("open", "scheduled")

    def act(self, page_id: int, action: str, revision: int, **form: Any) -> None:
        with suppress(Gone, Conflict), self.step():
            answering.act(page_id, action, form=form, revision=revision, key=str(uuid.uuid4()))

    @precondition(lambda self: bool(self.stories))
    @rule(place=_PLACES)
    def revoke(self, place: int) -> None:
        page_id = self.pick(place, *STATES)
        before = self.stories[page_id][-1]
        try:
            with self.step():
                service.revoke(page_id, actor="staff:1")
        except Conflict:
            assert before not in ("scheduled", "open")
        else:
            assert before in ("scheduled", "open")

    @rule(hours=st.sampled_from([1, 3, 100]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.has_any(*LIVE))
    @rule()
    def turn(self) -> None:
        """What the worker's clock does to pages, in its order."""
        for turned in (due.open_pages, unanswered.do_due, due.expire_pages, due.retire_pages):
            with self.step():
                turned()

    @precondition(lambda self: self.has_any(*LIVE))
    @rule()
    def remove_a_type(self) -> None:
        """Its folder is gone when the worker looks, and back when it was a mistake."""
        every = Registry.all

        def all_but(registry: Registry) -> tuple[Loaded, ...]:
            return tuple(loaded for loaded in every(registry) if loaded.key != GOING)

        self.now += due.SETTLED
        with mock.patch.object(Registry, "all", all_but), self.step():
            due.retire_pages()

    # What holds after every step

    @invariant()
    def every_move_is_recorded_once(self) -> None:
        query = select(Event.id, Event.page_id, Event.type).where(
            Event.id > self.last_event, Event.type.startswith("page.")
        )
        for event in db.session.execute(query.order_by(Event.id)):
            self.last_event = event.id
            state = event.type.removeprefix("page.")
            if state in STATES:
                self.note(event.page_id, state)
        rows = db.session.execute(select(Page.id, Page.state).where(Page.id.in_(self.stories)))
        assert {row.id: row.state for row in rows} == {key: story[-1] for key, story in self.stories.items()}
        db.session.commit()

    def note(self, page_id: int, state: str) -> None:
        story = self.stories[page_id]
        assert story[-1] not in ENDED, f"what has ended stays as it is: {story}, {state}"
        self.seen.add((story[-1], state))
        story.append(state)

    @invariant()
    def nothing_waits_for_a_page_that_has_ended(self) -> None:
        query = select(Message.id).join(Page, Page.id == Message.page_id)
        left = query.where(Page.id.in_(self.stories), Page.state.not_in(LIVE), Message.state.in_(WAITING))
        assert db.session.scalars(left).all() == []
        db.session.commit()

    @invariant()
    def a_case_has_one_live_page_and_the_others_lead_there(self) -> None:
        live = select(Page.case_ref).where(Page.case_ref.is_not(None), Page.state.in_(LIVE)).group_by(Page.case_ref)
        assert db.session.scalars(live.having(func.count() > 1)).all() == []
        lost = select(Page.id).where(
            Page.id.in_(self.stories), (Page.state == "superseded") != Page.superseded_by.is_not(None)
        )
        assert db.session.scalars(lost).all() == []
        db.session.commit()

    def revision_of(self, page_id: int) -> int:
        revision: int = db.session.scalars(select(Page.revision).where(Page.id == page_id)).one()
        db.session.commit()
        return revision

    def state_of(self, page_id: int) -> str:
        state: str = db.session.scalars(select(Page.state).where(Page.id == page_id)).one()
        db.session.commit()
        return state
