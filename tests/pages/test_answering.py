"""Answers: one winner, the others are told; what can be taken back can be; what came late is never lost."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.conversations import queries as conversations
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import AppError, Gone, Invalid, NotFound
from selfservice.events import queries as events
from selfservice.events.models import Event
from selfservice.messages import queries as outbox
from selfservice.pages import answering, queries, requests, service, standing
from selfservice.pages.claims import LostClaim
from selfservice.pages.models import Answer, Claim, ClaimHold
from selfservice.pages.refusals import Beaten, Changed
from tests.factories import PHONE, act, appointment, fraud, issue, shown


def slot_of(issued: Any, place: int = 0) -> str:
    return str(issued.page.facts["offered"][place])


def test_an_answer_closes_the_page_and_is_recorded(session: Any) -> None:
    page_id = issue().page.id

    assert act(page_id, "confirm") == "applied"

    page = queries.get(page_id)
    assert (page.state, page.step, page.revision, page.can_change) == ("answered", "confirmed", 2, True)
    assert [event.type for event in events.list_for_page(page_id)][-2:] == ["page.answered", "answer.applied"]


def test_the_same_key_is_one_answer(session: Any) -> None:
    page_id = issue().page.id
    key = str(uuid.uuid4())

    assert act(page_id, "confirm", key=key) == "applied"
    assert act(page_id, "confirm", key=key) == "already_applied"
    assert queries.get(page_id).revision == 2


def test_the_same_answer_from_an_older_sight_is_no_conflict(session: Any) -> None:
    page_id = issue().page.id
    act(page_id, "confirm")

    assert act(page_id, "confirm", revision=1) == "already_applied"


def test_another_answer_from_an_older_sight_is_beaten(session: Any) -> None:
    page_id = issue().page.id
    act(page_id, "confirm")

    with pytest.raises(Beaten):
        act(page_id, "cancel", revision=1)
    session.rollback()
    assert queries.get(page_id).step == "confirmed"


def test_only_offered_actions_can_be_done(session: Any) -> None:
    page_id = issue(facts=appointment(offered=[])).page.id

    with pytest.raises(AppError):
        act(page_id, "move", slot="2030-01-01T10:00:00Z")
    with pytest.raises(NotFound):
        act(page_id, "fly")


def test_a_form_is_read_and_its_problems_are_keys_of_the_copy(session: Any) -> None:
    page_id = issue().page.id

    with pytest.raises(Invalid) as missing:
        act(page_id, "move")
    with pytest.raises(Invalid) as wrong:
        act(page_id, "move", slot="2030-01-01T10:00:00Z")

    assert missing.value.fields == {"slot": "slot_missing"}
    assert wrong.value.fields == {"slot": "slot_wrong"}


def test_moving_takes_the_slot_moves_the_end_and_sends_a_text(session: Any) -> None:
    issued = issue()

    act(issued.page.id, "move", slot=slot_of(issued))

    page = queries.get(issued.page.id)
    assert page.step == "moved"
    assert page.expires_at == datetime.fromisoformat(slot_of(issued))
    assert [message.purpose for message in outbox.list_for_page(page.id)] == ["invitation", "moved"]
    assert session.scalar(sa.select(sa.func.count()).select_from(ClaimHold)) == 1


def test_a_slot_goes_to_one_of_two_and_comes_back_when_undone(session: Any) -> None:
    facts = appointment()
    first, second = issue(facts=facts), issue(facts=facts, phone="+12025550199")
    act(first.page.id, "move", slot=slot_of(first))

    with pytest.raises(LostClaim):
        act(second.page.id, "move", slot=slot_of(second))
    session.rollback()
    assert queries.get(second.page.id).state == "open"

    act(first.page.id, "change", revision=2)
    assert act(second.page.id, "move", slot=slot_of(second)) == "applied"


def test_changing_the_answer_reopens_the_page(session: Any) -> None:
    issued = issue()
    end = issued.page.expires_at
    act(issued.page.id, "move", slot=slot_of(issued))

    assert act(issued.page.id, "change", revision=2) == "applied"

    page = queries.get(issued.page.id)
    assert (page.state, page.step, page.answers, page.expires_at) == ("open", "ask", {}, end)
    assert session.scalar(sa.select(sa.func.sum(Claim.taken))) == 0
    assert {answer.status for answer in queries.list_answers(page.id) if answer.action == "move"} == {"undone"}


def test_a_new_answer_replaces_one_that_its_step_lets_replace(session: Any) -> None:
    issued = issue()
    act(issued.page.id, "cancel")

    assert act(issued.page.id, "move", revision=2, slot=slot_of(issued)) == "applied"

    page = queries.get(issued.page.id)
    assert (page.state, page.step, list(page.answers)) == ("answered", "moved", ["move"])


def test_a_note_leaves_the_page_open_and_reaches_the_team(session: Any) -> None:
    page_id = issue().page.id

    act(page_id, "note", note="I use a wheelchair")
    act(page_id, "confirm", revision=2)

    page = queries.get(page_id)
    assert page.state == "answered"
    assert page.answers["note"]["form"] == {"note": "I use a wheelchair"}
    assert [work.team for work in conversations.list_for_page(page_id)] == ["reception"]


class TestAfterTheEnd:
    def test_an_ordinary_answer_is_refused(self, session: Any) -> None:
        page_id = issue().page.id

        with time_machine.travel(clock.now() + timedelta(days=4), tick=False), pytest.raises(Gone) as caught:
            act(page_id, "confirm")
        assert caught.value.code == "expired"

    @pytest.mark.parametrize("end", ["expired", "revoked", "superseded"])
    def test_a_protective_answer_goes_to_a_person(self, session: Any, end: str) -> None:
        issued = issue("fraud_alert", case_ref="F-1")
        if end == "revoked":
            service.revoke(issued.page.id, actor="staff:1")
        if end == "superseded":
            issue("appointment_reminder", case_ref="F-1")
        moment = clock.now() + (timedelta(days=30) if end == "expired" else timedelta())

        with time_machine.travel(moment, tick=False):
            assert act(issued.page.id, "no") == "needs_human"
            assert act(issued.page.id, "no") == "needs_human"

        [work] = conversations.list_for_page(issued.page.id)
        assert (work.team, work.urgent, work.phone) == ("fraud", True, PHONE)

    def test_a_protective_answer_after_another_goes_to_a_person(self, session: Any) -> None:
        page_id = issue("fraud_alert", fraud(account_ending="4417")).page.id
        act(page_id, "yes", who=shown(page_id, "4417"))

        assert act(page_id, "no", revision=1) == "needs_human"
        assert queries.get(page_id).step == "yes"


def test_new_facts_are_told_from_another_answer(session: Any) -> None:
    first = issue(case_ref="A-1")
    issue(facts=appointment(place="2 Pier Road"), case_ref="A-1")

    with pytest.raises(Changed) as caught:
        act(first.page.id, "confirm", revision=1)
    session.rollback()
    assert (caught.value.code, queries.get(first.page.id).state) == ("changed", "open")

    act(first.page.id, "confirm", revision=2)
    with pytest.raises(Beaten):
        act(first.page.id, "cancel", revision=1)


def test_what_came_late_is_answered_the_same_each_time(session: Any) -> None:
    page_id = issue("fraud_alert").page.id
    service.revoke(page_id, actor="staff:1")
    key = str(uuid.uuid4())

    assert [act(page_id, "no", key=key) for _ in range(2)] == ["needs_human", "needs_human"]
    assert [answer.status for answer in queries.list_answers(page_id)] == ["needs_human"]


class TestBesideTheQuestion:
    def test_asking_twice_to_be_called_is_one_call(self, session: Any) -> None:
        page_id = issue().page.id

        first = requests.ask_callback(page_id, note="after 2")
        second = requests.ask_callback(page_id)
        session.commit()

        assert first == second
        [work] = conversations.list_for_page(page_id)
        assert (work.kind, work.state, work.team, work.note) == ("callback", "waiting", "reception", "after 2")

    def test_stopping_takes_back_what_is_queued_and_keeps_no_number(self, session: Any) -> None:
        page_id = issue().page.id

        requests.stop_texts(page_id)
        session.commit()

        assert [message.state for message in outbox.list_for_page(page_id)] == ["suppressed"]
        assert customers.is_suppressed(PHONE)
        assert [message.state for message in issue().messages] == ["suppressed"]

    def test_only_the_first_look_counts_as_first(self, session: Any) -> None:
        page_id = issue().page.id

        assert [requests.opened(page_id), requests.opened(page_id)] == [True, False]


def parallel(app: Flask, works: list[Any]) -> list[str]:
    """What became of each piece of work, all started at the same moment."""
    results = [""] * len(works)
    start = threading.Barrier(len(works))

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[place] = works[place]()
                db.session.commit()
            except AppError as error:
                db.session.rollback()
                results[place] = type(error).__name__

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def mixed_answers(issued: Any, *, with_claims: bool = True) -> list[Any]:
    chance = random.Random(7)
    choices = [
        ("confirm", {}),
        ("cancel", {}),
        ("move", {"slot": slot_of(issued)}),
        ("move", {"slot": slot_of(issued, 1)}),
    ]
    choices = choices if with_claims else choices[:2]
    picks = [chance.choice(choices) for _ in range(200)]

    def work(action: str, form: dict[str, str]) -> Any:
        key = str(uuid.uuid4())
        return lambda: answering.act(issued.page.id, action, form=form, revision=1, key=key)

    return [work(action, form) for action, form in picks]


def test_200_parallel_mixed_answers_have_one_effect(app: Flask) -> None:
    with app.app_context():
        issued = issue()
        works = mixed_answers(issued)

    results = parallel(app, works)

    with app.app_context():
        page = queries.get(issued.page.id)
        applied = db.session.scalar(sa.select(sa.func.count()).where(Answer.status == "applied"))
        recorded = db.session.scalar(sa.select(sa.func.count()).where(Event.type == "answer.applied"))
        taken = db.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(Claim.taken), 0)))
        assert (results.count("applied"), applied, recorded, page.revision) == (1, 1, 1, 2)
        assert set(results) <= {"applied", "already_applied", "Beaten"}
        assert taken == (1 if page.step == "moved" else 0)


@pytest.mark.database("postgresql")
def test_the_race_notices_a_missing_guard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def update_blindly(page: Any, **values: Any) -> None:
        db.session.execute(sa.update(type(page)).where(type(page).id == page.id).values(**values))

    monkeypatch.setattr(queries, "lock", queries.find)
    monkeypatch.setattr(standing, "write", update_blindly)
    with app.app_context():
        issued = issue()
        works = mixed_answers(issued, with_claims=False)

    results = parallel(app, works)

    assert results.count("applied") > 1


def test_ten_people_race_for_one_slot(app: Flask) -> None:
    with app.app_context():
        facts = appointment()
        pages = [issue(facts=facts, phone=f"+1202555{place:04d}").page.id for place in range(100, 110)]
        slot = facts["offered"][0]

    def work(page_id: int) -> Any:
        return lambda: answering.act(page_id, "move", form={"slot": slot}, revision=1, key=str(uuid.uuid4()))

    results = parallel(app, [work(page_id) for page_id in pages])

    assert sorted(results) == ["LostClaim"] * 9 + ["applied"]
