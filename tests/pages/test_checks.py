"""Is it the right person? Every move of the table and no other, limits that hold, and races that one of two wins."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.customers import devices
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.events.models import Event
from selfservice.kit import Action, Check, Digits, Facts, Form, Outcome, Situation, Step, fact
from selfservice.messages.models import Message
from selfservice.pages import checks, models, queries
from selfservice.pages.check_states import CODE_LIFE, CODE_PAUSE, IDLE, MOST_CODES, MOST_TRIES, STATES, TRANSITIONS
from selfservice.pages.models import CheckPass, Page
from tests.factories import issue

ALLOWED = {(transition.source, transition.target) for transition in TRANSITIONS}
RIGHT = "4417"


class Known(Facts):
    """Facts with something to compare."""

    account: Digits | None = fact("Account", default=None)


def type_of(**changes: Any) -> Situation:
    """A type that asks for the last four digits of an account."""
    values: dict[str, Any] = {
        "facts": Known,
        "actions": (Action(key="yes", perform=lambda *_: Outcome(shows="ask"), said="Yes", form=Form),),
        "steps": (Step(key="ask"),),
        "expires": lambda _facts, now: now,
        "team": "reception",
        "icon": "card",
        "check": Check("last4", "account"),
    }
    return Situation(**{**values, **changes})


LAST4 = type_of()
FACTS = Known(account=RIGHT)


def a_page() -> Page:
    return queries.get(issue().page.id)


def a_device() -> int:
    device, _secret = devices.make()
    db.session.commit()
    return device.id


def happened(page_id: int) -> list[str]:
    rows = db.session.scalars(sa.select(Event.type).where(Event.page_id == page_id).order_by(Event.id))
    return [row for row in rows if row.startswith("check.")]


def attempt(page_id: int, typed: str, device_id: int, *, kind: Any = "last4") -> str:
    verdict = checks.attempt(page_id, LAST4, FACTS, kind, typed, device_id=device_id)
    db.session.commit()
    return verdict


def send_code(page_id: int) -> str:
    verdict = checks.send_code(queries.get(page_id))
    db.session.commit()
    return verdict


def last_code(page_id: int) -> str:
    query = sa.select(Message.body).where(Message.page_id == page_id, Message.purpose == "code")
    bodies = db.session.scalars(query.order_by(Message.created_at)).all()
    return re.findall(r"\b\d{6}\b", bodies[-1])[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def state_of(page_id: int, kind: Any = "last4") -> str:
    check = checks.find(page_id, kind)
    return check.state if check else "none"


class TestMoves:
    """Every pair of states: what each mover may do from each of them, by the verbs that people and the clock use."""

    def put(self, page_id: int, source: str, device_id: int) -> None:
        """Bring the check of a page into a state."""
        if source == "none":
            return
        if source == "passed":
            attempt(page_id, RIGHT, device_id)
            return
        values = {"state": source, "tries": 2, "locked_at": clock.now() if source == "locked" else None}
        db.session.add(models.Check(page_id=page_id, kind="last4", updated_at=clock.now(), **values))
        db.session.commit()

    def shown(self, page_id: int, device_id: int) -> str:
        """The state as this device has it."""
        passed = checks.missing_at_door(page_id, LAST4, FACTS, device_id) is None
        return "passed" if passed else state_of(page_id)

    MOVERS: tuple[tuple[str, Callable[[int, int], Any], dict[str, str]], ...] = (
        ("begin", lambda page_id, _: checks._begin(page_id, "last4"), {"none": "asked"}),
        (
            "right",
            lambda page_id, device_id: attempt(page_id, RIGHT, device_id),
            {"none": "passed", "asked": "passed", "failed": "passed"},
        ),
        (
            "wrong",
            lambda page_id, device_id: attempt(page_id, "0000", device_id),
            {"none": "failed", "asked": "failed", "failed": "failed"},
        ),
        ("release", lambda page_id, _: checks.release(page_id, actor="staff:1"), {"locked": "asked"}),
        ("lock", lambda page_id, _: checks._move(page_id, "last4", "locked"), {"asked": "locked", "failed": "locked"}),
        ("pass", lambda page_id, _: checks._move(page_id, "last4", "passed"), {"asked": "asked"}),
        ("fail", lambda page_id, _: checks._move(page_id, "last4", "failed"), {"asked": "failed"}),
    )

    @pytest.mark.parametrize("source", STATES)
    @pytest.mark.parametrize("mover", MOVERS, ids=[mover[0] for mover in MOVERS])
    @pytest.mark.database("sqlite")
    def test_every_mover_from_every_state(self, session: Any, source: str, mover: Any) -> None:
        _name, act, leads_to = mover
        page_id, device_id = a_page().id, a_device()
        self.put(page_id, source, device_id)

        act(page_id, device_id)
        session.commit()

        # A device that has passed stays passed, whatever becomes of the page's row.
        assert self.shown(page_id, device_id) == ("passed" if source == "passed" else leads_to.get(source, source))

    def test_the_table_is_the_one_of_the_design(self) -> None:
        expected = {("none", "asked"), ("asked", "passed"), ("asked", "failed"), ("failed", "asked")}
        expected |= {("asked", "locked"), ("failed", "locked"), ("locked", "asked")}

        assert expected == ALLOWED

    def test_the_moves_of_the_code_are_those_of_the_table(self) -> None:
        made = {
            (source, "passed" if happening == "passed" else state)
            for happening, (state, sources) in checks._MOVES.items()
            for source in sources
        }

        assert made == ALLOWED - {("none", "asked"), ("failed", "asked")}  # Those two are a first and one more try.


class TestTries:
    def test_right_is_passed_on_this_device_until_it_is_forgotten(self, session: Any) -> None:
        page_id, mine, theirs = a_page().id, a_device(), a_device()

        assert attempt(page_id, "4417", mine) == "passed"

        assert checks.missing_at_door(page_id, LAST4, FACTS, mine) is None
        assert checks.missing_at_door(page_id, LAST4, FACTS, theirs) == "last4"
        assert checks.missing_at_door(page_id, LAST4, FACTS, None) == "last4"
        assert happened(page_id) == ["check.asked", "check.passed"]

    def test_five_wrong_tries_lock_and_nothing_opens_it_but_staff(self, session: Any) -> None:
        page_id, device_id = a_page().id, a_device()

        verdicts = [attempt(page_id, "0000", device_id) for _ in range(MOST_TRIES)]

        assert verdicts == ["failed"] * (MOST_TRIES - 1) + ["locked"]
        assert attempt(page_id, RIGHT, device_id) == "locked"
        assert checks.release(page_id, actor="staff:7")
        assert not checks.release(page_id, actor="staff:7")
        assert attempt(page_id, RIGHT, device_id) == "passed"
        assert happened(page_id)[-3:] == ["check.locked", "check.released", "check.passed"]

    def test_the_limit_is_the_pages_whatever_device_asks(self, session: Any) -> None:
        page_id = a_page().id

        verdicts = [attempt(page_id, "0000", a_device()) for _ in range(MOST_TRIES)]

        assert verdicts[-1] == "locked"

    def test_a_right_answer_gives_the_tries_back(self, session: Any) -> None:
        page_id, device_id = a_page().id, a_device()
        for _ in range(MOST_TRIES - 1):
            attempt(page_id, "0000", device_id)

        attempt(page_id, RIGHT, device_id)

        assert [attempt(page_id, "0000", device_id) for _ in range(2)] == ["failed", "failed"]

    def test_what_cannot_be_right_is_no_try(self, session: Any) -> None:
        page_id, device_id = a_page().id, a_device()

        for typed in ("", "12", "none", "٤٤"):
            with pytest.raises(Invalid) as refused:
                checks.attempt(page_id, LAST4, FACTS, "last4", typed, device_id=device_id)
            assert refused.value.fields == {"typed": "check_last4"}

        assert state_of(page_id) == "none"

    def test_a_sensitive_pass_lasts_half_an_hour_and_cannot_be_woken_up(self, session: Any) -> None:
        page_id, device_id = a_page().id, a_device()
        sensitive = type_of(sensitivity="sensitive")
        attempt(page_id, RIGHT, device_id)

        with time_machine.travel(clock.now() + IDLE - timedelta(seconds=1), tick=False):
            assert checks.missing_at_door(page_id, sensitive, FACTS, device_id) is None
            checks.touch(page_id, device_id)
            session.commit()
        with time_machine.travel(clock.now() + 2 * IDLE, tick=False):
            assert checks.missing_at_door(page_id, sensitive, FACTS, device_id) == "last4"
            checks.touch(page_id, device_id)
            assert checks.missing_at_door(page_id, sensitive, FACTS, device_id) == "last4"
            assert checks.missing_at_door(page_id, LAST4, FACTS, device_id) is None


class TestCodes:
    def test_a_code_opens_once(self, session: Any) -> None:
        page_id, mine, theirs = a_page().id, a_device(), a_device()
        send_code(page_id)
        code = last_code(page_id)

        assert attempt(page_id, code, mine, kind="otp") == "passed"
        assert attempt(page_id, code, theirs, kind="otp") == "over"

    def test_only_its_keyed_hash_is_kept(self, session: Any) -> None:
        page_id = a_page().id
        send_code(page_id)

        check = checks.find(page_id, "otp")

        assert check is not None
        assert check.code_digest is not None
        assert len(check.code_digest) == 64
        assert last_code(page_id) not in check.code_digest

    def test_five_tries_on_each_of_three_codes(self, session: Any) -> None:
        page_id, device_id = a_page().id, a_device()
        verdicts = []
        for _ in range(MOST_CODES):
            send_code(page_id)
            wrong = other_than(last_code(page_id))
            verdicts.append([attempt(page_id, wrong, device_id, kind="otp") for _ in range(MOST_TRIES)])
            if verdicts[-1][-1] != "locked":
                assert attempt(page_id, last_code(page_id), device_id, kind="otp") == "over"

        assert verdicts == [["failed"] * 5, ["failed"] * 5, [*["failed"] * 4, "locked"]]
        assert send_code(page_id) == "locked"

    def test_codes_that_ran_out_of_time_count_too(self, session: Any) -> None:
        page_id = a_page().id
        sent = []
        for turn in range(MOST_CODES + 1):
            with time_machine.travel(clock.now() + turn * (CODE_LIFE + timedelta(seconds=1)), tick=False):
                sent.append(send_code(page_id))

        assert sent == ["sent", "sent", "sent", "locked"]
        assert checks.release(page_id, actor="staff:1")

    def test_a_newer_code_ends_the_older(self, session: Any) -> None:
        page_id, device_id = a_page().id, a_device()
        send_code(page_id)
        first = last_code(page_id)
        with time_machine.travel(clock.now() + CODE_PAUSE, tick=False):
            send_code(page_id)
            second = last_code(page_id)
            old = attempt(page_id, first, device_id, kind="otp")

        assert old == ("passed" if first == second else "failed")


class TestRaces:
    def test_two_last_tries_at_once_are_one(self, app: Flask) -> None:
        with app.app_context():
            page_id, devices_ = a_page().id, [a_device(), a_device()]
            for _ in range(MOST_TRIES - 1):
                attempt(page_id, "0000", devices_[0])

        verdicts = at_once(app, [lambda one=one: attempt(page_id, "1111", one) for one in devices_])

        with app.app_context():
            check = checks.find(page_id, "last4")
            assert sorted(verdicts) == ["locked", "locked"]
            assert check is not None
            assert check.tries == MOST_TRIES
            assert happened(page_id).count("check.locked") == 1

    def test_one_code_used_by_two_at_once_opens_for_one(self, app: Flask) -> None:
        with app.app_context():
            page_id, devices_ = a_page().id, [a_device(), a_device()]
            send_code(page_id)
            code = last_code(page_id)

        verdicts = at_once(app, [lambda one=one: attempt(page_id, code, one, kind="otp") for one in devices_])

        with app.app_context():
            assert sorted(verdicts) == ["over", "passed"]
            assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckPass)) == 1

    def test_two_taps_at_once_send_one_code(self, app: Flask) -> None:
        with app.app_context():
            page_id = a_page().id

        at_once(app, [lambda: send_code(page_id)] * 2)

        with app.app_context():
            assert db.session.scalar(sa.select(sa.func.count()).where(Message.purpose == "code")) == 1


def at_once(app: Flask, works: list[Callable[[], str]]) -> list[str]:
    """What each of some works gives, all begun at the same moment."""
    barrier = threading.Barrier(len(works))
    found: list[str] = []

    def run(work: Callable[[], str]) -> None:
        with app.app_context():
            barrier.wait(20)
            found.append(work())
            db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found
