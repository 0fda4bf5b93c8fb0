"""What is offered to several people at once: one gets the last of it, and all the others are told, each once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.db import db
from selfservice.errors import AppError, Invalid
from selfservice.events import queries as events
from selfservice.messages import queries as outbox
from selfservice.messages.models import Message
from selfservice.pages import answering, claims, offers, queries, sight, telling
from selfservice.pages.claims import LostClaim
from selfservice.pages.models import Claim, ClaimHold, Page
from selfservice.situations import registry
from tests.factories import act, issue, soon
from tests.harness.numbers import fresh_number

_fresh = count()


def offer(**changes: Any) -> dict[str, Any]:
    """Facts of an offer that no other test makes."""
    at = soon(days=2).isoformat()
    return {"offer": f"offer-{next(_fresh)}", "what": "Check-up", "at": at, **changes}


def delivery(**changes: Any) -> dict[str, Any]:
    """Facts of a delivery in a round of its own, with one time."""
    slots = [soon(days=2).isoformat()]
    return {
        "order": "20-4417",
        "items": "1 sofa",
        "address_line": "9 Mill Lane",
        "slots": slots,
        "round": f"van {next(_fresh)}",
        **changes,
    }


def issue_to(many: int, facts: dict[str, Any], situation: str = "waitlist_offer") -> list[int]:
    """As many pages of the same facts, each to somebody else, whose texts have left."""
    ids = [issue(situation, facts, phone=fresh_number()).page.id for _ in range(many)]
    has_left = {"state": "submitted", "submitted_at": clock.now()}
    db.session.execute(sa.update(Message).where(Message.page_id.in_(ids)).values(has_left))
    db.session.commit()
    return ids


def tell_all() -> int:
    """Let the worker tell whoever is to be told; how many pages it looked at."""
    looked = 0
    while found := offers.tell_due(limit=2):
        db.session.commit()
        looked += found
    return looked


def steps(page_ids: list[int]) -> list[str]:
    return [sight.view_of(queries.find_sight(page_id)).step for page_id in page_ids]


def told_of(page_id: int) -> list[str]:
    """What has been said of a page, by its purposes."""
    return [message.purpose for message in outbox.list_for_page(page_id)]


def test_the_first_gets_it_and_the_others_see_and_hear_that_it_has_gone(session: Any) -> None:
    first, *others = issue_to(4, offer())

    assert act(first, "accept") == "applied"

    assert steps([first, *others]) == ["accepted", "gone", "gone", "gone"]
    with pytest.raises(LostClaim):
        act(others[0], "accept")
    db.session.rollback()
    tell_all()
    assert [told_of(page_id).count("gone") for page_id in (first, *others)] == [0, 1, 1, 1]
    assert "page.gone" in [event.type for event in events.list_for_page(others[0])]
    body = next(one.body for one in outbox.list_for_page(others[0]) if one.purpose == "gone")
    assert "is taken. You stay on our list" in body


def test_each_is_told_once(session: Any) -> None:
    first, *others = issue_to(3, offer())
    act(first, "accept")

    tell_all()
    tell_all()

    assert [told_of(page_id).count("gone") for page_id in others] == [1, 1]
    assert tell_all() == 0


def test_whoever_has_said_no_is_not_told(session: Any) -> None:
    first, second, third = issue_to(3, offer())
    act(second, "decline")

    act(first, "accept")
    tell_all()

    assert [told_of(page_id).count("gone") for page_id in (second, third)] == [0, 1]


def test_what_is_given_back_is_offered_again_and_its_end_told_again(session: Any) -> None:
    first, second, third = issue_to(3, offer())
    act(first, "accept")
    tell_all()

    act(first, "change", revision=2)
    assert steps([first, second, third]) == ["ask", "ask", "ask"]
    act(second, "accept")
    tell_all()

    assert steps([first, second, third]) == ["gone", "accepted", "gone"]
    assert told_of(first).count("gone") == 1


def test_page_that_cannot_be_read_holds_up_no_other_and_is_told_once_mended(session: Any) -> None:
    facts = offer()
    first, unreadable, other = issue_to(3, facts)
    stored = queries.get(unreadable).facts
    write(unreadable, facts={})
    act(first, "accept")

    with time_machine.travel(clock.now(), tick=False) as time:
        tell_all()
        assert [told_of(page_id).count("gone") for page_id in (unreadable, other)] == [0, 1]

        write(unreadable, facts=stored)
        time.shift(timedelta(minutes=10))
        tell_all()

    assert [told_of(page_id).count("gone") for page_id in (unreadable, other)] == [1, 1]


def test_page_of_which_no_text_can_tell_holds_up_no_other(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, untellable, other = issue_to(3, offer())
    tell = telling.tell

    def refuse(page: Page, **details: Any) -> list[Message]:
        if page.id == untellable:
            raise Invalid("The text to the customer would take 4 parts in GSM-7.")
        return tell(page, **details)

    monkeypatch.setattr(telling, "tell", refuse)
    act(first, "accept")
    tell_all()

    assert [told_of(page_id).count("gone") for page_id in (untellable, other)] == [0, 1]
    assert "page.gone" in [event.type for event in events.list_for_page(untellable)]


def write(page_id: int, **values: Any) -> None:
    db.session.execute(sa.update(Page).where(Page.id == page_id).values(**values))
    db.session.commit()


def test_text_that_has_not_left_is_taken_back_and_nothing_more_is_said(session: Any) -> None:
    facts = offer()
    first = issue_to(1, facts)[0]
    waiting = issue("waitlist_offer", facts, phone=fresh_number(), send_at=soon(hours=2)).page.id

    act(first, "accept")
    tell_all()

    assert [(one.purpose, one.state, one.reason) for one in outbox.list_for_page(waiting)] == [
        ("invitation", "cancelled", "offer_gone")
    ]


def test_page_that_offers_only_what_is_taken_is_not_issued(session: Any) -> None:
    facts = offer()
    act(issue_to(1, facts)[0], "accept")

    with pytest.raises(Invalid, match="is taken already"):
        issue("waitlist_offer", facts, phone=fresh_number())


def test_place_can_be_given_back_until_its_time(session: Any) -> None:
    until = soon(hours=1)
    page_id = issue_to(1, offer(keep_until=until.isoformat()))[0]

    act(page_id, "accept")

    page = queries.get(page_id)
    assert (page.can_change, page.change_until) == (True, until)
    loaded = registry.current().get(page.situation)
    assert sight.may_change(loaded, page, until - timedelta(seconds=1))
    assert not sight.may_change(loaded, page, until)


def test_slots_have_as_much_room_as_is_said(session: Any) -> None:
    facts = delivery(room=2)
    first, second, third = issue_to(3, facts, "delivery_slot")
    slot = facts["slots"][0]

    assert act(first, "take", slot=slot) == "applied"
    assert steps([third]) == ["ask"]
    assert act(second, "take", slot=slot) == "applied"

    assert steps([third]) == ["gone"]
    tell_all()
    assert told_of(third).count("gone") == 1


def race(app: Flask, page_ids: list[int], answer: Callable[[int], Any]) -> list[str]:
    """What became of each page's answer, all given at the same moment."""
    results = [""] * len(page_ids)
    start = threading.Barrier(len(page_ids))

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[place] = answer(page_ids[place])
                db.session.commit()
            except AppError as error:
                db.session.rollback()
                results[place] = type(error).__name__

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(page_ids))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def give_back(facts: dict[str, Any]) -> None:
    """The only time of a round stands as it does when somebody had it and gave it back."""
    name = f"delivery:{facts['round']}:{datetime.fromisoformat(facts['slots'][0]):%Y-%m-%dT%H:%MZ}"
    db.session.execute(sa.insert(Claim).values(name=name, capacity=1, taken=0))
    db.session.commit()


def race_for_the_last(app: Flask, rounds: int) -> list[list[str]]:
    """What became of two answers for one time; every other one was had before, so that no new row parts the two."""
    found = []
    for turn in range(rounds):
        with app.app_context():
            facts = delivery()
            page_ids = issue_to(2, facts, "delivery_slot")
            if turn % 2:
                give_back(facts)

        def take(page_id: int, slot: str = facts["slots"][0]) -> Any:
            return answering.act(page_id, "take", form={"slot": slot}, revision=1, key=str(uuid.uuid4()))

        found.append(sorted(race(app, page_ids, take)))
    return found


def test_two_never_get_the_last_slot(app: Flask) -> None:
    assert race_for_the_last(app, 20) == [["LostClaim", "applied"]] * 20
    with app.app_context():
        assert_nothing_is_overbooked()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_never_get_the_last_slot_a_thousand_times(app: Flask) -> None:
    assert race_for_the_last(app, 1000) == [["LostClaim", "applied"]] * 1000
    with app.app_context():
        assert_nothing_is_overbooked()


@pytest.mark.database("postgresql")
def test_the_race_notices_a_missing_guard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    meet = threading.Barrier(2, timeout=20)

    def look_then_take(page_id: int, wanted: Any) -> None:
        for claim in wanted:
            if claims.taken([claim.name]):
                raise LostClaim
            meet.wait()
            db.session.execute(sa.insert(ClaimHold).values(page_id=page_id, name=claim.name, amount=1))

    monkeypatch.setattr(claims, "win", look_then_take)
    with app.app_context():
        facts = delivery()
        page_ids = issue_to(2, facts, "delivery_slot")
        give_back(facts)

    def take(page_id: int) -> Any:
        return answering.act(page_id, "take", form={"slot": facts["slots"][0]}, revision=1, key=str(uuid.uuid4()))

    assert race(app, page_ids, take) == ["applied", "applied"]


def test_one_caller_never_gets_two_customers_whatever_the_minutes_of_their_pages(app: Flask) -> None:
    """A call of an hour from ten and one of half an hour from half past ten, chosen at the same moment."""
    found = []
    with time_machine.travel(datetime(2026, 11, 23, 8, 0, tzinfo=UTC), tick=False):
        ten = clock.now() + timedelta(hours=2)
        for _turn in range(10):
            about = {"about": "order 20-4417", "queue": f"queue {next(_fresh)}", "days": 1}
            with app.app_context():
                hour = issue("callback_request", {**about, "minutes": 60}, phone=fresh_number()).page.id
                half = issue("callback_request", {**about, "minutes": 30}, phone=fresh_number()).page.id
            times = {hour: ten, half: ten + timedelta(minutes=30)}

            def choose(page_id: int, times: dict[int, datetime] = times) -> Any:
                form = {"time": times[page_id].isoformat()}
                return answering.act(page_id, "choose", form=form, revision=1, key=str(uuid.uuid4()))

            found.append(sorted(race(app, [hour, half], choose)))

    assert found == [["LostClaim", "applied"]] * 10
    with app.app_context():
        assert_nothing_is_overbooked()


def assert_nothing_is_overbooked() -> None:
    held = sa.select(ClaimHold.name, sa.func.sum(ClaimHold.amount).label("held")).group_by(ClaimHold.name).subquery()
    wrong = sa.select(Claim.name).join(held, held.c.name == Claim.name)
    wrong = wrong.where((held.c.held != Claim.taken) | (Claim.taken > Claim.capacity))
    assert db.session.scalars(wrong).all() == []
