"""Follow-ups: what is done about a page that nobody answers, once, at its time, and never after an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice import clock, courtesy
from selfservice.config import Settings
from selfservice.conversations import queries as conversations
from selfservice.customers import preferences
from selfservice.customers import queries as customers
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events.models import Event
from selfservice.kit import NextChannel
from selfservice.messages import receipts, upkeep
from selfservice.messages import service as outbox
from selfservice.messages.dispatch import send_all
from selfservice.messages.models import Message
from selfservice.messages.states import UNSENT
from selfservice.pages import disowning, due, follow_ups, queries, requests, service, unanswered
from selfservice.pages.models import Page
from selfservice.pages.service import Issued
from selfservice.pages.sight import CHANGE
from selfservice.situations import registry
from selfservice.situations.registry import Loaded, Registry
from tests.factories import act, appointment, fraud, issue
from tests.harness.application import make_settings
from tests.harness.push_door import PushDoor
from tests.messages.push_scene import join, of
from tests.messages.scenes import Provider, committed, only

LONDON = "+447700900123"
MARIA = "maria@example.com"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""A Tuesday."""
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
REMIND, NEXT = "remind before_end 86400", "next_channel after 21600"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The rules that an organisation has which says nothing."""
    return make_settings(database_url, tmp_path, COURTESY=str(courtesy.DEFAULT), PUSH_HOSTS="127.0.0.1")


def booked(at: datetime = NOON, *, ends: timedelta = 3 * DAY, **details: Any) -> Issued:
    """An appointment that is told of at one moment and is so long after it; its text has left."""
    with clock.at(at):
        issued = issue(facts=appointment(at=(at + ends).isoformat(), offered=[]), **{"phone": LONDON, **details})
        send()
    return issued


def warned(at: datetime = NOON, **details: Any) -> Issued:
    """A payment that was asked about."""
    with clock.at(at):
        issued = issue("fraud_alert", fraud(), **{"phone": LONDON, **details})
        send()
    return issued


def send() -> None:
    """What may leave does, to a provider that takes all of it."""
    provider = Provider()
    send_all(type(only(provider))({"sms": [provider], "email": [provider], "push": [provider]}), owner="worker")


def send_at(moment: datetime) -> None:
    with clock.at(moment):
        send()


@contextmanager
def asks_twice() -> Iterator[None]:
    """Appointments whose type asks on the next channel after six hours, and again after twelve."""
    loaded = registry.current().get("appointment_reminder")
    follow_ups = (NextChannel(after=6 * HOUR), NextChannel(after=12 * HOUR))
    with mock.patch.dict(vars(loaded), situation=replace(loaded.situation, follow_ups=follow_ups)):
        yield


def look(moment: datetime) -> int:
    """What a worker does about pages and messages at a moment; how many pages it looked at."""
    with clock.at(moment):
        due.open_pages()
        found = unanswered.do_due()
        due.expire_pages()
        upkeep.review_due()
        db.session.commit()
        return found


def told(page_id: int) -> list[tuple[str, str, str]]:
    """What a page was told by: purpose, channel, state, oldest first."""
    db.session.rollback()
    query = sa.select(Message).where(Message.page_id == page_id).order_by(Message.created_at, Message.id)
    return [(message.purpose, message.channel, message.state) for message in db.session.scalars(query)]


def happened(page_id: int) -> list[dict[str, Any]]:
    """What was done about nobody's answer, and what was not."""
    query = sa.select(Event.data).where(Event.page_id == page_id, Event.type.startswith("follow_up."))
    return committed(query.order_by(Event.id))


def due_at(page_id: int) -> datetime | None:
    db.session.rollback()
    return queries.get(page_id).follow_up_at


def work(page_id: int) -> list[tuple[str, str, str]]:
    """What waits for staff."""
    db.session.rollback()
    return [(one.kind, one.team, one.state) for one in conversations.list_for_page(page_id)]


INVITED = ("invitation", "sms", "submitted")


@pytest.mark.usefixtures("session")
class TestReminding:
    def test_a_page_is_reminded_of_once_a_day_before_its_end(self) -> None:
        page = booked().page
        assert due_at(page.id) == NOON + 6 * HOUR

        look(NOON + 6 * HOUR)
        assert due_at(page.id) == NOON + 2 * DAY
        assert look(NOON + 2 * DAY - MINUTE) == 0
        assert look(NOON + 2 * DAY) == 1

        assert told(page.id) == [INVITED, ("reminder", "sms", "ready")]
        assert happened(page.id)[1:] == [{"kind": "remind", "by": ["sms"]}]
        assert (due_at(page.id), look(NOON + 2 * DAY + HOUR)) == (None, 0)

    @pytest.mark.database("sqlite")
    def test_it_says_that_it_reminds_in_the_customers_language(self) -> None:
        page = booked(language="es").page

        look(NOON + 2 * DAY)

        body = committed(sa.select(Message.body).where(Message.page_id == page.id, Message.purpose == "reminder"))[0]
        assert "su cita es el vie" in body

    @pytest.mark.database("sqlite")
    @pytest.mark.parametrize("ends", [30 * HOUR, 28 * HOUR])
    def test_a_page_that_ends_soon_is_reminded_of_only_if_hours_lie_between(self, ends: timedelta) -> None:
        page = booked(ends=ends).page

        is_far = ends > 28 * HOUR - MINUTE
        coming = [one.follow_up.name for one in follow_ups.list_coming(page, [])]

        assert (REMIND in coming) == is_far
        page = booked(ends=27 * HOUR, phone="+447700900124").page
        assert [one.follow_up.name for one in follow_ups.list_coming(page, [])] == [NEXT]

    @pytest.mark.database("sqlite")
    def test_a_page_with_little_time_is_not_followed_up(self) -> None:
        assert due_at(booked(ends=HOUR).page.id) is None

    @pytest.mark.database("sqlite")
    def test_a_scheduled_page_counts_from_when_it_is_sent(self) -> None:
        with clock.at(NOON):
            facts = appointment(at=(NOON + 9 * DAY).isoformat(), offered=[])
            page = issue(facts=facts, phone=LONDON, send_at=NOON + 5 * DAY).page

        assert due_at(page.id) == NOON + 5 * DAY + 6 * HOUR

    def test_what_is_told_at_night_counts_from_the_morning(self) -> None:
        night = NOON + 11 * HOUR
        page = booked(night).page

        assert told(page.id) == [("invitation", "sms", "held")]
        assert due_at(page.id) == NOON + 20 * HOUR + 6 * HOUR

    @pytest.mark.database("sqlite")
    def test_a_link_that_was_handed_over_is_not_told_of(self) -> None:
        page = booked(channels=()).page

        assert due_at(page.id) is None
        assert due_at(warned(channels=(), phone="+447700900124").page.id) == NOON + 10 * MINUTE  # Staff hear of it.

    def test_a_reminder_keeps_away_from_another_message(self) -> None:
        page = booked().page
        look(NOON + 6 * HOUR)
        with clock.at(NOON + 2 * DAY - HOUR):
            service.resend(page.id, actor="staff:1")
            send()

        look(NOON + 2 * DAY)
        assert due_at(page.id) == NOON + 2 * DAY + 3 * HOUR
        look(NOON + 2 * DAY + 3 * HOUR)

        assert [purpose for purpose, _channel, _state in told(page.id)] == ["invitation", "invitation", "reminder"]

    def test_a_reminder_does_not_overtake_what_nobody_could_send(self) -> None:
        with clock.at(NOON):
            page = issue(facts=appointment(at=(NOON + 3 * DAY).isoformat(), offered=[]), phone=LONDON).page

        look(NOON + 2 * DAY)

        assert told(page.id) == [("invitation", "sms", "ready")]
        assert due_at(page.id) == NOON + 2 * DAY + 4 * HOUR


@pytest.mark.usefixtures("session")
class TestAnswered:
    def test_an_answer_leaves_nothing_to_be_done(self) -> None:
        page = booked().page
        with clock.at(NOON + HOUR):
            act(page.id, "confirm")

        assert due_at(page.id) is None
        assert look(NOON + 2 * DAY) == 0
        assert told(page.id) == [INVITED]

    def test_a_note_is_an_answer_too(self) -> None:
        page = booked().page
        with clock.at(NOON + HOUR):
            act(page.id, "note", note="Is there a lift?")

        look(NOON + 2 * DAY)

        assert (told(page.id), happened(page.id), due_at(page.id)) == ([INVITED], [], None)

    def test_who_takes_the_answer_back_is_reminded_again(self) -> None:
        page = booked().page
        with clock.at(NOON + HOUR):
            act(page.id, "confirm")
            act(page.id, CHANGE, revision=2)
        assert due_at(page.id) == NOON + 6 * HOUR

        look(NOON + 2 * DAY)

        assert told(page.id)[1:] == [("reminder", "sms", "ready")]

    def test_who_takes_it_back_late_is_left_in_peace(self) -> None:
        page_id = booked().page.id
        with clock.at(NOON + HOUR):
            act(page_id, "confirm")
        with clock.at(NOON + 2 * DAY + HOUR):
            act(page_id, CHANGE, revision=2)

        assert due_at(page_id) is None
        assert look(NOON + 2 * DAY + HOUR) == 0

    def test_a_reminder_that_waits_for_the_morning_is_not_needed_after_an_answer(self) -> None:
        page = booked(NOON, ends=2 * DAY + 11 * HOUR).page  # Its reminder would come at eleven at night.
        look(NOON + DAY + 11 * HOUR)
        assert told(page.id)[-1] == ("reminder", "sms", "held")

        with clock.at(NOON + DAY + 12 * HOUR):
            act(page.id, "confirm")
        look(NOON + DAY + 20 * HOUR)

        assert told(page.id)[-1] == ("reminder", "sms", "cancelled")

    def test_a_reminder_that_waits_for_the_morning_leaves_then(self) -> None:
        page = booked(NOON, ends=2 * DAY + 11 * HOUR).page
        look(NOON + DAY + 11 * HOUR)

        look(NOON + DAY + 20 * HOUR)

        assert told(page.id)[-1] == ("reminder", "sms", "ready")

    def test_a_reminder_that_has_not_left_is_taken_back_by_the_answer(self) -> None:
        page = booked().page
        look(NOON + 2 * DAY)
        assert told(page.id)[-1] == ("reminder", "sms", "ready")

        with clock.at(NOON + 2 * DAY):
            act(page.id, "confirm")

        assert told(page.id)[-1] == ("reminder", "sms", "cancelled")

    def test_who_waits_for_a_call_is_not_reminded(self) -> None:
        page = booked().page
        with clock.at(NOON + 2 * DAY - HOUR):
            requests.ask_callback(page.id)
            db.session.commit()

        look(NOON + 2 * DAY)

        assert told(page.id) == [INVITED]
        assert {"kind": "remind", "reason": "in_touch"} in happened(page.id)

    def test_who_said_stop_is_not_reminded_in_any_way(self) -> None:
        page = booked(email=MARIA).page
        with clock.at(NOON + HOUR):
            outbox.stop(LONDON, reason="asked on a page", actor="customer")
            db.session.commit()

        look(NOON + 6 * HOUR)
        look(NOON + 2 * DAY)

        assert told(page.id) == [INVITED]
        assert [one["reason"] for one in happened(page.id)] == ["stopped", "stopped"]

    @pytest.mark.parametrize("ending", ["revoke", "disown", "supersede"])
    def test_a_page_that_is_over_is_not_followed_up(self, ending: str) -> None:
        page_id = booked(case_ref="A-1").page.id
        with clock.at(NOON + HOUR):
            if ending == "revoke":
                service.revoke(page_id, actor="staff:1")
            elif ending == "disown":
                disowning.disown(page_id)
            else:
                issue("fraud_alert", fraud(), phone=LONDON, case_ref="A-1")
            db.session.commit()

        assert due_at(page_id) is None
        look(NOON + 2 * DAY)
        assert happened(page_id) == []


@pytest.mark.usefixtures("session")
class TestChangedFacts:
    def move(self, page: Page, ends: timedelta, at: datetime) -> None:
        with clock.at(at):
            issue(facts=appointment(at=(NOON + ends).isoformat(), offered=[]), phone=LONDON, case_ref=page.case_ref)
            send()

    @pytest.mark.parametrize("ends", [2 * DAY, 5 * DAY])
    def test_a_new_end_is_a_new_time(self, ends: timedelta) -> None:
        page = booked(case_ref="A-1").page
        look(NOON + 6 * HOUR)

        self.move(page, ends, NOON + 7 * HOUR)

        assert due_at(page.id) == NOON + ends - DAY

    def test_who_was_reminded_of_the_old_time_is_reminded_of_the_new_one(self) -> None:
        page = booked(case_ref="A-1").page
        look(NOON + 2 * DAY)
        send()
        self.move(page, 9 * DAY, NOON + 2 * DAY + HOUR)

        look(NOON + 8 * DAY)

        assert [purpose for purpose, _channel, _state in told(page.id)] == [
            "invitation",
            "reminder",
            "update",
            "reminder",
        ]

    def test_other_facts_alone_remind_nobody_twice(self) -> None:
        page = booked(case_ref="A-1").page
        look(NOON + 2 * DAY)
        with clock.at(NOON + 2 * DAY + HOUR):
            facts = appointment(at=(NOON + 3 * DAY).isoformat(), offered=[], place="Elsewhere")
            issue(facts=facts, phone=LONDON, case_ref="A-1")

        assert due_at(page.id) is None

    def test_a_reminder_with_the_old_facts_gives_way_to_the_news(self) -> None:
        page = booked(NOON, ends=2 * DAY + 11 * HOUR, case_ref="A-1").page
        look(NOON + DAY + 11 * HOUR)
        self.move(page, 4 * DAY, NOON + DAY + 12 * HOUR)

        assert told(page.id)[-2:] == [("reminder", "sms", "cancelled"), ("update", "sms", "held")]


@pytest.mark.usefixtures("session")
class TestNextChannel:
    def test_an_email_follows_a_text(self) -> None:
        page = booked(email=MARIA).page

        look(NOON + 6 * HOUR)

        assert told(page.id) == [INVITED, ("another_way", "email", "ready")]
        assert happened(page.id) == [{"kind": "next_channel", "by": ["email"]}]
        subject = committed(sa.select(Message.payload).where(Message.channel == "email"))[0]["subject"]
        assert subject.startswith("Can you come on")

    def test_a_text_follows_a_notification_that_was_seen(self, push_door: PushDoor) -> None:
        with clock.at(NOON):
            join(push_door, phone=LONDON)
            page = issue(facts=appointment(at=(NOON + 3 * DAY).isoformat(), offered=[]), phone=LONDON).page
            send()
            receipts.note(of(page.id, "push")[0].id, "shown")
            db.session.commit()
        assert ("invitation", "sms", "cancelled") in told(page.id)

        look(NOON + 6 * HOUR)

        assert told(page.id)[-1] == ("another_way", "sms", "ready")

    def test_without_another_address_nothing_goes(self) -> None:
        page = booked().page

        look(NOON + 6 * HOUR)

        assert told(page.id) == [INVITED]
        assert happened(page.id) == [{"kind": "next_channel", "reason": "no_other_channel"}]

    @pytest.mark.parametrize(
        ("order", "left_out", "goes"),
        [
            (("email", "push", "sms"), (), ["email", "push", "sms"]),
            (("sms", "push", "email"), (), ["sms", "push", "email"]),
            (("sms", "email"), ("push",), ["sms", "email"]),
            (("email", "push"), ("sms",), ["email", "push"]),
            (("push", "email"), ("sms",), ["push", "email"]),
        ],
    )
    def test_the_customers_own_order_is_kept_to_its_end(
        self, push_door: PushDoor, order: tuple[str, ...], left_out: tuple[str, ...], goes: list[str]
    ) -> None:
        """First, next and last: a type that asks on another channel twice reaches the third."""
        with clock.at(NOON):
            join(push_door, phone=LONDON)
            customer = customers.find_by_phone(LONDON)
            assert customer is not None
            customer.email = MARIA
            preferences.keep(customer.id, Wishes(channels=order, left_out=left_out))
            db.session.commit()
        with asks_twice():
            page = booked().page
            for message in of(page.id, "push"):
                receipts.note(message.id, "shown")
            db.session.commit()
            look(NOON + 6 * HOUR)
            send_at(NOON + 6 * HOUR)
            look(NOON + 12 * HOUR)

        left = [(purpose, channel) for purpose, channel, state in told(page.id) if state != "cancelled"]
        assert left == [("invitation", goes[0]), *(("another_way", channel) for channel in goes[1:])]

    def test_what_a_caller_does_not_want_is_not_tried(self) -> None:
        page = booked(email=MARIA, channels=("push", "sms")).page

        look(NOON + 6 * HOUR)

        assert happened(page.id) == [{"kind": "next_channel", "reason": "no_other_channel"}]

    def test_an_address_that_is_stopped_is_not_tried(self) -> None:
        page = booked(email=MARIA).page
        with clock.at(NOON + HOUR):
            outbox.stop(MARIA, reason="unsubscribed", actor="customer", channel="email")
            db.session.commit()

        look(NOON + 6 * HOUR)

        assert happened(page.id) == [{"kind": "next_channel", "reason": "no_other_channel"}]


@pytest.mark.usefixtures("session")
class TestEscalating:
    def test_staff_hear_of_a_payment_that_nobody_knows(self) -> None:
        page = warned(email=MARIA).page

        look(NOON + 5 * MINUTE)
        assert (told(page.id)[-1], work(page.id)) == (("another_way", "email", "ready"), [])
        look(NOON + 10 * MINUTE)

        assert work(page.id) == [("unanswered", "fraud", "waiting")]
        (one,) = conversations.list_for_page(page.id)
        assert (one.urgent, one.phone) == (True, LONDON)
        assert happened(page.id)[-1] == {"kind": "escalate", "team": "fraud"}

    def test_an_answer_settles_what_nobody_has_taken(self) -> None:
        page = warned().page
        look(NOON + 10 * MINUTE)

        with clock.at(NOON + 11 * MINUTE):
            act(page.id, "no")

        assert sorted(work(page.id)) == [("hand_off", "fraud", "waiting"), ("unanswered", "fraud", "closed")]

    def test_nobody_worked_for_hours_and_staff_hear_of_it_all_the_same(self) -> None:
        page = warned(email=MARIA).page

        look(NOON + 5 * HOUR)  # The page's end has come.

        assert work(page.id) == [("unanswered", "fraud", "waiting")]
        assert happened(page.id) == [
            {"kind": "next_channel", "reason": "too_late"},
            {"kind": "escalate", "team": "fraud"},
        ]
        assert queries.get(page.id).state == "expired"

    def test_whoever_ends_a_page_does_what_is_due_first(self) -> None:
        page = warned().page
        with clock.at(NOON + 5 * HOUR):
            assert due.expire_pages() == 1
            db.session.commit()

        assert work(page.id) == [("unanswered", "fraud", "waiting")]


@pytest.mark.usefixtures("session")
@pytest.mark.database("sqlite")
class TestCallingOff:
    def test_what_is_called_off_is_not_done(self) -> None:
        page = booked().page
        with clock.at(NOON + HOUR):
            follow_ups.call_off(page.id, REMIND, actor="staff:1")
            db.session.commit()

        look(NOON + 2 * DAY)

        assert told(page.id) == [INVITED]
        assert happened(page.id)[0] == {"kind": "remind"}

    def test_it_stays_called_off_when_the_end_moves(self) -> None:
        page = booked(case_ref="A-1").page
        with clock.at(NOON + HOUR):
            follow_ups.call_off(page.id, REMIND, actor="staff:1")
            follow_ups.call_off(page.id, NEXT, actor="staff:1")
            issue(facts=appointment(at=(NOON + 9 * DAY).isoformat(), offered=[]), phone=LONDON, case_ref="A-1")

        assert due_at(page.id) is None

    def test_what_is_over_cannot_be_called_off(self) -> None:
        page = booked().page
        look(NOON + 6 * HOUR)

        with pytest.raises(Conflict, match="not to come any more"):
            follow_ups.call_off(page.id, NEXT, actor="staff:1")


@pytest.mark.usefixtures("session")
@pytest.mark.database("sqlite")
class TestTrouble:
    def test_one_page_in_trouble_holds_up_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = booked(email=MARIA).page.id, booked(phone="+447700900124", email="jan@example.com").page.id
        look_at = unanswered._look

        def fail_at_first(page: Page) -> None:
            if page.id == first:
                raise RuntimeError("bug")
            look_at(page)

        monkeypatch.setattr(unanswered, "_look", fail_at_first)
        assert look(NOON + 6 * HOUR) == 2

        assert (told(first), told(second)[1:]) == ([INVITED], [("another_way", "email", "ready")])
        assert due_at(first) == NOON + 6 * HOUR + 10 * MINUTE

    def test_a_broken_type_waits_for_the_mend(self, monkeypatch: pytest.MonkeyPatch) -> None:
        page = booked(email=MARIA).page

        def find_nothing(_registry: Registry, _key: str) -> Loaded | None:
            return None

        with monkeypatch.context() as patch:
            patch.setattr(Registry, "find", find_nothing)
            with clock.at(NOON + 6 * HOUR):
                unanswered.do_due()
                db.session.commit()
        look(NOON + 6 * HOUR + 10 * MINUTE)

        assert told(page.id)[1:] == [("another_way", "email", "ready")]

    def test_a_page_that_older_code_answered_is_left_alone(self) -> None:
        page = booked().page
        db.session.execute(sa.update(Page).values(state="answered", answers={"confirm": {"form": {}, "at": ""}}))
        db.session.commit()

        look(NOON + 6 * HOUR)

        assert (due_at(page.id), happened(page.id)) == (None, [])

    def test_a_clock_that_jumps_reminds_once(self) -> None:
        page = booked().page

        for moment in (NOON + 2 * DAY, NOON, NOON + 2 * DAY, NOON + 7 * HOUR):
            look(moment)

        assert [purpose for purpose, _channel, _state in told(page.id)] == ["invitation", "reminder"]


def on_another_thread(app: Flask, moment: datetime, work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        with app.app_context(), clock.at(moment):
            work()
            db.session.commit()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


class TestAtTheSameMoment:
    @pytest.mark.parametrize(
        ("make", "moment", "kinds"),
        [
            (booked, NOON + 2 * DAY, ["next_channel", "remind"]),
            (lambda: booked(email=MARIA), NOON + 6 * HOUR, ["next_channel"]),
            (warned, NOON + 10 * MINUTE, ["next_channel", "escalate"]),
        ],
        ids=["remind", "next_channel", "escalate"],
    )
    def test_two_workers_do_it_once(
        self, app: Flask, make: Callable[[], Issued], moment: datetime, kinds: Sequence[str]
    ) -> None:
        with app.app_context():
            page_id = make().page.id
            with clock.at(moment):
                assert unanswered.do_due() == 1
                other = on_another_thread(app, moment, unanswered.do_due)
                other.join(0.3)  # On SQLite it waits for us, on PostgreSQL it passes by.
                db.session.commit()
            other.join(30)

            assert [one["kind"] for one in happened(page_id)] == kinds
            assert len(told(page_id)) <= 2
            assert len(work(page_id)) <= 1

    def test_an_answer_that_comes_first_leaves_nothing_to_do(self, app: Flask) -> None:
        with app.app_context():
            page_id = booked().page.id
            with clock.at(NOON + 2 * DAY):
                queries.lock(page_id)
                other = on_another_thread(app, NOON + 2 * DAY, unanswered.do_due)
                other.join(0.3)
                act(page_id, "confirm")
            other.join(30)

            assert (told(page_id), happened(page_id)) == ([INVITED], [])

    def test_an_answer_that_comes_second_takes_back_what_was_made(self, app: Flask) -> None:
        with app.app_context():
            page_id = booked().page.id
            with clock.at(NOON + 2 * DAY):
                assert unanswered.do_due() == 1
                other = on_another_thread(app, NOON + 2 * DAY, lambda: act(page_id, "confirm"))
                other.join(0.3)
                db.session.commit()
            other.join(30)

            assert not [state for _purpose, _channel, state in told(page_id) if state in UNSENT]
