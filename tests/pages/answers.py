"""A machine that answers pages in any order, from old sights and late, and looks that one answer wins each time."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import func, select

from selfservice.conversations import queries as conversations
from selfservice.customers import devices
from selfservice.db import db
from selfservice.errors import Conflict, Gone
from selfservice.events.models import Event
from selfservice.pages import answering, checks, due, service, sight
from selfservice.pages.checks import CheckRequired
from selfservice.pages.claims import LostClaim
from selfservice.pages.models import Answer, Claim, ClaimHold, Page
from selfservice.pages.refusals import Beaten, Changed
from selfservice.pages.sight import CHANGE
from selfservice.pages.states import LIVE
from selfservice.situations import registry
from tests.factories import appointment, fraud, issue
from tests.pages.machine import PageMachine

DIGITS = "4417"
_PLACES = st.integers(0, 63)
_numbers = itertools.count(10_000)

Pair = tuple[str, str]


@dataclass
class Known:
    """A page, the keys that were used on it, and the device that answers it."""

    id: int
    facts: dict[str, Any]
    case_ref: str
    phone: str
    is_fraud: bool
    device_id: int
    told: dict[tuple[str, str], str] = field(default_factory=dict)
    """What the first sending of each action under each key was answered."""


class Answers(PageMachine):
    """Two appointments that offer the same two times, and a payment that asks for four digits before a "yes".

    `seen` collects what became of answers.
    """

    def __init__(self, seen: set[Pair]) -> None:
        super().__init__()
        self.seen = seen
        self.known: list[Known] = []

    @initialize()
    def begin(self) -> None:
        with self.step():
            offered = [(self.now + timedelta(days=3, hours=hour)).isoformat() for hour in (1, 2)]
            place = f"{next(_numbers)} Harbour Street"
            facts = appointment(offered=offered, place=place)
            self.known = [self._issue("appointment_reminder", facts), self._issue("appointment_reminder", facts)]
            self.known.append(self._issue("fraud_alert", fraud(account_ending=DIGITS)))

    def _issue(self, situation: str, facts: dict[str, Any]) -> Known:
        number = next(_numbers)
        case_ref, phone = f"case-{number}", f"+4479111{number:05d}"
        page = issue(situation, facts, phone=phone, case_ref=case_ref).page
        device, _secret = devices.make()
        return Known(page.id, facts, case_ref, phone, situation == "fraud_alert", device.id)

    def page(self, one: Known) -> Page:
        return db.session.get_one(Page, one.id, populate_existing=True)

    def is_any_live(self) -> bool:
        return any(self.page(one).state in LIVE for one in self.known)

    # What customers do

    @rule(place=_PLACES, what=_PLACES, behind=st.sampled_from([0, 0, 0, 1, 2]), is_again=st.booleans())
    def answer(self, place: int, what: int, behind: int, *, is_again: bool) -> None:
        """An answer to the page as it was so many changes ago; `is_again`: under a key that was used before."""
        one = self.known[place % len(self.known)]
        self._answer(one, what, max(1, self.page(one).revision - behind), is_again=is_again)

    @rule(place=_PLACES, whats=st.lists(_PLACES, min_size=2, max_size=4))
    def compete(self, place: int, whats: list[int]) -> None:
        """Several answers to the same sight of a page: one of them wins at most."""
        one = self.known[place % len(self.known)]
        revision = self.page(one).revision
        outcomes = [self._answer(one, what, revision, is_again=False) for what in whats]
        assert outcomes.count("applied") <= 1, outcomes

    def _answer(self, one: Known, what: int, revision: int, *, is_again: bool) -> str:
        offered = one.facts.get("offered", [])
        choices: list[tuple[str, dict[str, Any]]] = [("no", {}), ("yes", {}), (CHANGE, {})]
        if not one.is_fraud:
            moves: list[tuple[str, dict[str, Any]]] = [("move", {"slot": slot}) for slot in offered]
            choices = [("confirm", {}), ("cancel", {}), *moves, (CHANGE, {}), ("note", {"note": "Is there a lift?"})]
        action, form = choices[what % len(choices)]
        used = [key for name, key in one.told if name == action]
        key = used[what % len(used)] if is_again and used else str(uuid.uuid4())
        return self._give(one, action, form, revision, key)

    @rule(place=_PLACES)
    def want_the_same(self, place: int) -> None:
        """Both appointments are to be at the same time."""
        for one in self.known[:2]:
            form = {"slot": one.facts["offered"][place % 2]}
            self._give(one, "move", form, self.page(one).revision, str(uuid.uuid4()))

    def _give(self, one: Known, action: str, form: dict[str, Any], revision: int, key: str) -> str:
        outcome = self._send(one, action, form, revision, key)
        first = one.told.get((action, key))
        if first in ("applied", "needs_human"):
            assert outcome == ("already_applied" if first == "applied" else first), "the first response again"
        elif outcome in ("applied", "needs_human"):
            one.told[action, key] = outcome
        return outcome

    def _send(self, one: Known, action: str, form: dict[str, Any], revision: int, key: str) -> str:
        before, standing, events = self._sight(one), self._standing(), self._count_events(one)
        outcome = self._try(one, action, form, revision, key)
        after = self._sight(one)
        if outcome in ("applied", "needs_human"):
            told = self._count_events(one) - events
            assert told == (0 if (action, key) in one.told else 1), "an event for each answer"
        if outcome != "applied":
            assert after == before, f"{outcome} changes nothing of the page"
        if outcome not in ("applied", "needs_human"):
            assert self._standing() == standing, f"{outcome} changes nothing at all"
        if outcome == "applied":
            assert after["revision"] == before["revision"] + 1 == revision + 1
        if outcome == "needs_human":
            assert conversations.find_current(one.id, "hand_off") is not None, "a person is told"
        self.seen.add(("none", outcome))
        for answer_id, status in self._standing().items():
            was = standing.get(answer_id, status)
            if was != status:
                self.seen.add((was, status))
        db.session.commit()
        return outcome

    def _try(self, one: Known, action: str, form: dict[str, Any], revision: int, key: str) -> str:
        try:
            with self.step():
                return answering.act(one.id, action, form=form, revision=revision, key=key, who=lambda: one.device_id)
        except Gone:
            return "expired"
        except CheckRequired:
            check = checks.find(one.id, "last4")
            return "locked" if check is not None and check.state == "locked" else "asked"
        except (Changed, LostClaim, Beaten) as refusal:
            return refusal.code

    # What else happens

    @rule(typed=st.sampled_from([DIGITS, "0000", "0000"]), times=st.sampled_from([1, 5]))
    def show_who_they_are(self, typed: str, times: int) -> None:
        one = self.known[-1]
        for _ in range(times):
            with self.step():
                page = self.page(one)
                loaded = registry.current().get(page.situation)
                facts = sight.facts_of(loaded, page.facts, page.version)
                checks.attempt(one.id, loaded.situation, facts, "last4", typed, device_id=one.device_id)

    @rule()
    def let_them_try_again(self) -> None:
        with self.step():
            checks.release(self.known[-1].id, actor="staff:1")

    @rule(place=_PLACES, what=_PLACES)
    def bring_up_to_date(self, place: int, what: int) -> None:
        """New facts come for a case, and an answer to the old: its open page changes, an answered one gives way."""
        place %= len(self.known)
        one = self.known[place]
        number = next(_numbers)
        one.facts = {**one.facts, **({"where": f"Shop {number}"} if one.is_fraud else {"bring": f"Form {number}"})}
        with self.step():
            situation = "fraud_alert" if one.is_fraud else "appointment_reminder"
            try:
                issued = issue(situation, one.facts, phone=one.phone, case_ref=one.case_ref)
            except Conflict:
                db.session.rollback()
                return
        if issued.page.id == one.id:
            self._answer(one, what, self.page(one).revision - 1 or 1, is_again=False)
        else:
            self.known[place] = Known(issued.page.id, one.facts, one.case_ref, one.phone, one.is_fraud, one.device_id)

    @precondition(is_any_live)
    @rule(place=_PLACES, by_staff=st.booleans())
    def end(self, place: int, *, by_staff: bool) -> None:
        one = self.known[place % len(self.known)]
        if by_staff and self.page(one).state == "open":
            with self.step():
                service.revoke(one.id, actor="staff:1")
        elif one.is_fraud:
            self.now = max(self.now, self.page(one).expires_at)
            with self.step():
                due.expire_pages()

    # What holds after every step

    @invariant()
    def one_closing_answer_is_in_force(self) -> None:
        for one in self.known:
            page = self.page(one)
            closing = ("no", "yes") if one.is_fraud else ("confirm", "cancel", "move")
            applied = db.session.scalars(
                select(Answer.action).where(
                    Answer.page_id == one.id, Answer.action.in_(closing), Answer.status == "applied"
                )
            ).all()
            assert len(applied) <= 1, applied
            assert set(applied) == set(page.answers) & set(closing)
            assert (page.state == "open" and not applied) or page.state != "open"
        db.session.commit()

    @invariant()
    def nothing_is_given_to_two(self) -> None:
        held = select(func.coalesce(func.sum(ClaimHold.amount), 0)).where(ClaimHold.name == Claim.name)
        wrong = select(Claim.name).where((Claim.taken != held.scalar_subquery()) | (Claim.taken > Claim.capacity))
        assert db.session.scalars(wrong).all() == []
        db.session.commit()

    def _sight(self, one: Known) -> dict[str, Any]:
        page = self.page(one)
        return {name: getattr(page, name) for name in ("state", "revision", "step", "answers", "can_change")}

    def _standing(self) -> dict[int, str]:
        query = select(Answer.id, Answer.status).where(Answer.page_id.in_([one.id for one in self.known]))
        return {row.id: row.status for row in db.session.execute(query)}

    def _count_events(self, one: Known) -> int:
        return (
            db.session.scalar(select(func.count()).where(Event.page_id == one.id, Event.type.startswith("answer.")))
            or 0
        )
