"""One conversation across channels: pushes first, and the text only where none of them has reached anybody."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from selfservice import clock, tokens
from selfservice.config import Settings
from selfservice.customers import devices
from selfservice.customers.models import PushSubscription
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.events.models import Event
from selfservice.messages import departures, moves, policy, receipts, standby
from selfservice.messages import service as outbox
from selfservice.messages.channels.registry import Channels
from selfservice.messages.dispatch import LEASE, Dispatcher
from selfservice.messages.models import Message
from selfservice.pages import requests
from selfservice.pages import service as pages
from tests.factories import PHONE, act, appointment, issue, soon
from tests.harness.application import make_settings
from tests.harness.push_door import PushDoor
from tests.messages.push_scene import HEAD_START, ME, channels, join, look, of, send, states, texts
from tests.messages.scenes import Provider, accept, accept_many, committed, force, run_until, story_of


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path, PUSH_HOSTS="127.0.0.1")


def say(message_id: int, what: Any = "delivered") -> bool:
    is_news = receipts.note(message_id, what)
    db.session.commit()
    return is_news


def types_of(page_id: int) -> list[str]:
    """The events of a page that are about its pushes."""
    query = select(Event.type).where(Event.page_id == page_id, Event.type.startswith("push.")).order_by(Event.id)
    return committed(query)


class TestNobodyToPushTo:
    def test_a_text_leaves_at_once(self, session: Any) -> None:
        page = issue().page

        assert states(page.id) == {"push": [], "sms": ["ready"]}
        assert not of(page.id, "sms")[0].stands_by

    def test_a_device_of_somebody_else_is_nobody(self, session: Any, push_door: PushDoor) -> None:
        join(push_door, phone="+12025550124")

        assert states(issue().page.id) == {"push": [], "sms": ["ready"]}

    def test_where_pushes_are_off_there_are_none(self, app: Flask, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        off = app.extensions["selfservice.settings"].model_copy(update={"vapid_private_key": None})
        app.extensions["selfservice.settings"] = off

        assert states(issue().page.id) == {"push": [], "sms": ["ready"]}

    def test_a_caller_may_want_a_text_alone(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)

        assert states(issue(channels=("sms",)).page.id) == {"push": [], "sms": ["ready"]}

    def test_a_caller_may_want_pushes_alone(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)

        assert states(issue(channels=("push",)).page.id) == {"push": ["ready"], "sms": []}


class TestPushesFirst:
    def test_each_device_gets_a_push_and_the_text_stands_by(self, session: Any, push_door: PushDoor) -> None:
        phones = [join(push_door), join(push_door)]

        issued = issue()

        send()
        text = of(issued.page.id, "sms")[0]
        assert (text.state, text.reason, text.stands_by) == ("held", policy.PUSH_FIRST, True)
        assert [message.channel for message in issued.messages] == ["sms", "push", "push"]
        assert [len(push_door.read(phone)) for phone in phones] == [1, 1]
        assert {push.ahead_of for push in of(issued.page.id, "push")} == {text.id}
        assert texts() == []

    def test_a_receipt_takes_the_text_back(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        send()

        assert say(of(page.id, "push")[0].id)

        (text,) = of(page.id, "sms")
        assert (text.state, text.reason) == ("cancelled", standby.REACHED)
        assert states(page.id)["push"] == ["delivered"]
        with time_machine.travel(clock.now() + HEAD_START, tick=False):
            look()
            send()
        assert texts() == []

    def test_without_a_receipt_the_text_leaves_when_the_time_is_over(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        send()

        assert look() == 0
        with time_machine.travel(clock.now() + timedelta(seconds=58), tick=False):
            assert look() == 0
        with time_machine.travel(clock.now() + HEAD_START, tick=False):
            assert look() == 1
            send()

        assert len(texts()) == 1
        assert states(page.id) == {"push": ["submitted"], "sms": ["submitted"]}

    @pytest.mark.parametrize(("situation", "seconds"), [("fraud_alert", 20), ("appointment_reminder", 60)])
    def test_the_time_is_that_of_the_class(
        self, session: Any, push_door: PushDoor, situation: str, seconds: int
    ) -> None:
        join(push_door)

        with time_machine.travel(clock.now(), tick=False):
            (text,) = of(issue(situation).page.id, "sms")

            assert (text.next_look_at or clock.now()) - clock.now() == timedelta(seconds=seconds)
        assert policy.HEAD_START["marketing"] == timedelta(seconds=300)

    def test_a_push_that_is_still_here_when_the_text_leaves_is_taken_back(
        self, session: Any, push_door: PushDoor
    ) -> None:
        join(push_door)
        page = issue().page
        with push_door.answering(429, Retry_After="600"):
            send()

        with time_machine.travel(clock.now() + HEAD_START, tick=False):
            look()

        (push,) = of(page.id, "push")
        assert (push.state, push.reason) == ("cancelled", standby.SENT_AS_TEXT)
        assert states(page.id)["sms"] == ["ready"]

    def test_the_text_waits_while_one_of_two_pushes_may_arrive(self, session: Any, push_door: PushDoor) -> None:
        gone, there = join(push_door), join(push_door)
        push_door.leave(gone)
        page = issue().page

        send()

        assert look() == 0
        assert sorted(states(page.id)["push"]) == ["failed", "submitted"]
        push_door.leave(there)
        assert len(push_door.read(there)) == 1

    def test_the_text_leaves_at_once_when_every_push_has_failed(self, session: Any, push_door: PushDoor) -> None:
        for phone in [join(push_door), join(push_door)]:
            push_door.leave(phone)
        page = issue().page

        send()

        assert look() == 1
        assert states(page.id) == {"push": ["failed", "failed"], "sms": ["ready"]}

    def test_a_scheduled_page_gives_pushes_their_time_when_it_comes(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue(send_at=soon(hours=5)).page
        assert states(page.id) == {"push": ["held"], "sms": ["held"]}

        with time_machine.travel(clock.now() + timedelta(hours=5), tick=False):
            look()
            assert states(page.id) == {"push": ["ready"], "sms": ["held"]}
            assert of(page.id, "sms")[0].reason == policy.PUSH_FIRST
            send()
        with time_machine.travel(clock.now() + timedelta(hours=5) + HEAD_START, tick=False):
            look()
        assert states(page.id) == {"push": ["submitted"], "sms": ["ready"]}

    def test_an_urgent_text_waits_for_a_person_and_not_for_a_phone(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue("fraud_alert").page
        send()
        push_id = of(page.id, "push")[0].id

        say(push_id, "delivered")
        say(push_id, "shown")
        assert states(page.id) == {"push": ["delivered"], "sms": ["held"]}
        say(push_id, "clicked")

        (text,) = of(page.id, "sms")
        assert (text.state, text.reason) == ("cancelled", standby.REACHED)

    def test_a_text_that_staff_send_again_waits_for_a_person(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        send()
        say(of(page.id, "push")[0].id)

        text = pages.resend(page.id, actor="cli")
        session.commit()
        send()
        say(of(page.id, "push")[1].id)

        assert states(page.id)["sms"] == ["cancelled", "held"]
        with time_machine.travel(clock.now() + HEAD_START, tick=False):
            look()
            send()
        assert (states(page.id)["sms"], len(texts())) == (["cancelled", "submitted"], 1)
        assert text.until_seen

    def test_sending_again_pushes_first_again(self, session: Any, push_door: PushDoor) -> None:
        phone = join(push_door)
        page = issue().page
        send()
        say(of(page.id, "push")[0].id)

        text = pages.resend(page.id, actor="cli")
        session.commit()
        send()

        assert (text.channel, text.state) == ("sms", "held")
        assert len(push_door.read(phone)) == 2


class TestNothingMoreIsSent:
    def test_a_page_that_is_looked_at_needs_no_text(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page

        requests.opened(page.id, devices.make()[0].id, revision=1)
        session.commit()

        assert states(page.id) == {"push": ["cancelled"], "sms": ["cancelled"]}
        assert {message.reason for message in [*of(page.id, "sms"), *of(page.id, "push")]} == {"page_opened"}

    def test_a_page_that_is_answered_needs_no_text(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        send()

        act(page.id, "confirm")

        assert (states(page.id)["sms"], of(page.id, "sms")[0].reason) == (["cancelled"], "page_answered")

    def test_an_ordinary_text_still_leaves(self, session: Any) -> None:
        page = issue().page

        requests.opened(page.id, devices.make()[0].id, revision=1)
        act(page.id, "confirm")

        assert states(page.id)["sms"] == ["ready"]

    def test_what_an_answer_leads_to_is_still_sent(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        slot = appointment()["offered"][0]

        act(page.id, "move", slot=page.facts["offered"][0] or slot)

        assert [(message.purpose, message.state) for message in of(page.id, "sms")] == [
            ("invitation", "cancelled"),
            ("moved", "ready"),
        ]

    def test_who_stops_texts_stops_pushes(self, session: Any, push_door: PushDoor) -> None:
        phone = join(push_door)
        page = issue().page

        outbox.stop(PHONE, reason="asked on a page", actor="customer")
        session.commit()
        send()

        assert states(page.id) == {"push": ["suppressed"], "sms": ["suppressed"]}
        assert states(issue(facts=appointment(place="Elsewhere")).page.id) == {
            "push": ["suppressed"],
            "sms": ["suppressed"],
        }
        send()
        assert push_door.read(phone) == []

    def test_a_page_that_is_closed_takes_both_back(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page

        pages.revoke(page.id, actor="cli")
        session.commit()

        assert states(page.id) == {"push": ["cancelled"], "sms": ["cancelled"]}


class TestChangedFacts:
    def change(self, session: Any) -> Any:
        return issue(facts=appointment(place="Second floor"), case_ref="case-1").page

    def test_what_has_not_left_is_told_anew(self, session: Any, push_door: PushDoor) -> None:
        phone = join(push_door)
        page = issue(case_ref="case-1").page
        self.change(session)

        send()

        assert states(page.id) == {"push": ["cancelled", "submitted"], "sms": ["cancelled", "held"]}
        (payload,) = push_door.read(phone)
        assert payload["notification"]["data"]["answers"]["confirm"]["revision"] == 2
        assert "Can you come" in payload["notification"]["title"]
        assert [text.purpose for text in of(page.id, "sms")] == ["invitation", "invitation"]

    def test_what_may_have_been_seen_is_told_as_a_change(self, session: Any, push_door: PushDoor) -> None:
        phone = join(push_door)
        page = issue(case_ref="case-1").page
        send()
        self.change(session)

        send()

        assert states(page.id) == {"push": ["submitted", "submitted"], "sms": ["cancelled", "held"]}
        assert "has changed your appointment" in push_door.read(phone)[1]["notification"]["body"]
        assert len({push.topic for push in push_door.pushes}) == 1

    @pytest.mark.parametrize("channels", [(), ("push",)])
    def test_what_is_taken_back_is_told_anew_whatever_the_caller_wants(
        self, session: Any, push_door: PushDoor, channels: tuple[str, ...]
    ) -> None:
        join(push_door)
        page = issue(case_ref="case-1").page

        issue(facts=appointment(place="Second floor"), case_ref="case-1", channels=channels)

        assert states(page.id) == {"push": ["cancelled", "ready"], "sms": ["cancelled", "held"]}
        assert of(page.id, "push")[1].ahead_of == of(page.id, "sms")[1].id

    def test_a_caller_who_wants_nothing_told_gets_that(self, session: Any, push_door: PushDoor) -> None:
        page = issue(case_ref="case-1", channels=()).page
        join(push_door)

        issue(facts=appointment(place="Second floor"), case_ref="case-1", channels=())

        assert states(page.id) == {"push": [], "sms": []}

    def test_an_ordinary_text_is_rewritten_as_ever(self, session: Any) -> None:
        page = issue(case_ref="case-1").page
        self.change(session)

        assert states(page.id)["sms"] == ["ready"]


class TestReceipts:
    def pushed(self, door: PushDoor) -> tuple[int, int]:
        """A page and its push, which has left."""
        join(door)
        page = issue().page
        send()
        return page.id, of(page.id, "push")[0].id

    def test_each_kind_is_heard_once(self, session: Any, push_door: PushDoor) -> None:
        page_id, push_id = self.pushed(push_door)

        heard = [say(push_id, what) for what in (*receipts.KINDS, *receipts.KINDS)]

        assert heard == [True] * 4 + [False] * 4
        assert types_of(page_id) == [f"push.{kind}" for kind in receipts.KINDS]
        assert story_of(push_id)[-5:] == ["push.delivered", "delivered", "push.shown", "push.clicked", "push.answered"]

    def test_any_of_them_says_that_it_came(self, session: Any, push_door: PushDoor) -> None:
        page_id, push_id = self.pushed(push_door)

        say(push_id, "clicked")

        assert states(page_id) == {"push": ["delivered"], "sms": ["cancelled"]}

    def test_a_receipt_before_the_services_answer_is_kept(self, session: Any, push_door: PushDoor) -> None:
        page_id, push_id = self.pushed(push_door)
        force(push_id, "sending", fence=7)

        say(push_id)
        assert states(page_id) == {"push": ["sending"], "sms": ["cancelled"]}
        force(push_id, "ready", next_look_at=clock.now())
        send()

        assert states(page_id)["push"] == ["delivered"]

    def test_a_receipt_ends_a_doubt(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        with push_door.answering(500):
            send()

        say(of(page.id, "push")[0].id)

        assert states(page.id)["push"] == ["delivered"]

    def test_there_is_none_for_texts_or_for_nothing(self, session: Any) -> None:
        text = accept()

        for message_id in (text.id, tokens.new_id()):
            with pytest.raises(NotFound):
                receipts.note(message_id, "delivered")

    def test_a_text_that_has_left_stays_sent(self, session: Any, push_door: PushDoor) -> None:
        page_id, push_id = self.pushed(push_door)
        with time_machine.travel(clock.now() + HEAD_START, tick=False):
            look()
            send()

        say(push_id)

        assert states(page_id) == {"push": ["delivered"], "sms": ["submitted"]}


class TestAtTheSameMoment:
    def test_a_receipt_reaches_a_text_that_a_worker_has_claimed(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        send()
        with time_machine.travel(clock.now() + HEAD_START, tick=False):
            look()
            claimed = moves.claim(5, owner=ME, lease=LEASE, channel="sms")
            session.commit()

            say(of(page.id, "push")[0].id)
            cleared = departures.clear(claimed, owner=ME, channels=channels(), lease=LEASE)
            session.commit()

        (text,) = of(page.id, "sms")
        assert (len(claimed), cleared) == (1, [])
        assert (text.state, text.reason) == ("cancelled", standby.REACHED)

    def test_a_receipt_and_the_last_check_come_one_after_the_other(self, app: Flask, push_door: PushDoor) -> None:
        """The receipt's transaction is open while the worker checks for the last time, and the worker waits for it."""
        with app.app_context():
            join(push_door)
            page_id = issue().page.id
            send()
            push_id, text_id = of(page_id, "push")[0].id, of(page_id, "sms")[0].id
            with time_machine.travel(clock.now() + HEAD_START, tick=False):
                look()
                claimed = moves.claim(5, owner=ME, lease=LEASE, channel="sms")
                db.session.commit()
        assert len(claimed) == 1
        began, checked = threading.Event(), threading.Event()
        cleared: list[Any] = []

        def check() -> None:
            with app.app_context():
                began.set()
                cleared.extend(departures.clear(claimed, owner=ME, channels=channels(), lease=LEASE))
                db.session.commit()
                checked.set()

        with app.app_context():
            receipts.note(push_id, "delivered")
            worker = threading.Thread(target=check, daemon=True)
            worker.start()
            began.wait(10)
            assert not checked.wait(0.3)  # It waits for our row.
            db.session.commit()
            worker.join(30)

            assert cleared == []
            assert states(page_id)["sms"] == ["cancelled"]
            assert story_of(text_id)[-1] == "cancelled"

    def test_a_look_and_a_change_come_one_after_the_other(
        self, app: Flask, push_door: PushDoor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Facts change between the look at what the page shows and the taking back: the news of it is not taken."""
        with app.app_context():
            join(push_door)
            page_id = issue(case_ref="case-1").page.id
            device_id = devices.make()[0].id
            requests.opened(page_id, device_id)
            db.session.commit()
        changed = threading.Event()
        facts = appointment(place="Second floor")

        def change() -> None:
            with app.app_context():
                issue(facts=facts, case_ref="case-1")
                changed.set()

        worker = threading.Thread(target=change, daemon=True)
        take_back = standby.take_back_for_page

        def take_back_late(*arguments: Any, **named: Any) -> Any:
            if named["reason"] == "page_opened":
                worker.start()
                assert not changed.wait(0.5)  # It waits for our row.
            return take_back(*arguments, **named)

        monkeypatch.setattr(standby, "take_back_for_page", take_back_late)
        with app.app_context():
            requests.opened(page_id, device_id, revision=1)
            db.session.commit()
            worker.join(30)

            assert changed.is_set()
            assert states(page_id) == {"push": ["cancelled", "ready"], "sms": ["cancelled", "held"]}

    def test_the_same_receipt_twice_at_once_is_heard_once(self, app: Flask, push_door: PushDoor) -> None:
        with app.app_context():
            join(push_door)
            page_id = issue().page.id
            send()
            push_id = of(page_id, "push")[0].id
        heard: list[bool] = []

        def say_so() -> None:
            with app.app_context():
                heard.append(say(push_id))

        with app.app_context():
            assert receipts.note(push_id, "delivered")
            other = threading.Thread(target=say_so, daemon=True)
            other.start()
            other.join(0.3)
            assert heard == []  # It waits for our row.
            db.session.commit()
            other.join(30)

            assert heard == [False]
            assert types_of(page_id) == ["push.delivered"]

    def test_two_devices_say_so_at_once(self, app: Flask, push_door: PushDoor) -> None:
        """Receipts of two devices lock the same text: both end, and it is taken back once."""
        with app.app_context():
            join(push_door)
            join(push_door)
            page_id = issue().page.id
            send()
            push_ids = [push.id for push in of(page_id, "push")]
        done: list[bool] = []

        def say_so(push_id: int) -> None:
            with app.app_context():
                done.append(say(push_id))

        threads = [threading.Thread(target=say_so, args=(push_id,), daemon=True) for push_id in push_ids]
        for thread in threads:
            thread.start()

        assert run_until(lambda: len(done) == 2)
        with app.app_context():
            assert states(page_id) == {"push": ["delivered", "delivered"], "sms": ["cancelled"]}
            assert [event for event in story_of(of(page_id, "sms")[0].id) if event == "cancelled"] == ["cancelled"]
            assert db.session.scalar(select(PushSubscription).limit(1)) is not None


class Pusher(Provider):
    """One beside the provider of texts: each has a name of its own."""

    name = "pusher"


class TestLanes:
    def test_a_slow_provider_of_texts_holds_up_no_push(self, app: Flask, push_door: PushDoor) -> None:
        over = threading.Event()
        slow, quick = Provider(lambda _: over.wait(30) and None, parallel=1), Pusher()
        with app.app_context():
            accept_many(30)
            join(push_door)
            page_id = issue().page.id
        dispatcher = Dispatcher(app, Channels({"sms": [slow], "push": [quick]}), owner=ME)

        try:
            assert run_until(lambda: bool(dispatcher.tick() and quick.sent and slow.sent), seconds=20)
            assert len(slow.sent) == 1
        finally:
            over.set()
            dispatcher.stop(5)

        with app.app_context():
            assert states(page_id)["push"] == ["submitted"]
            assert not committed(select(Message.id).where(Message.state == "leased"))

    def test_no_channel_has_more_calls_than_it_allows(self, app: Flask) -> None:
        at_once: list[int] = []
        running = threading.Semaphore(0)
        provider = Provider(parallel=2)

        def call(_outgoing: Any) -> None:
            running.release()
            at_once.append(running._value)
            threading.Event().wait(0.02)
            running.acquire()

        provider._answer = call
        with app.app_context():
            accept_many(8)
        dispatcher = Dispatcher(app, Channels({"sms": [provider], "push": [Pusher(parallel=9)]}), owner=ME)

        assert run_until(lambda: not dispatcher.tick() and len(provider.sent) == 8, seconds=30)
        dispatcher.stop(5)

        assert max(at_once) <= 2
