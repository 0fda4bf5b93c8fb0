"""Hours, caps and consent: what waits, what leaves when it may, and what never does; each on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from selfservice import clock, courtesy
from selfservice.config import Settings
from selfservice.customers import consents, preferences
from selfservice.customers import service as customers
from selfservice.customers.consents import Address, Evidence
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.events.models import Event
from selfservice.messages import dispatch, queries, reviews, service, upkeep
from selfservice.messages.channels.contract import Refused
from selfservice.messages.models import Message
from selfservice.pages import due
from selfservice.pages import service as pages
from selfservice.pages.service import Issued
from tests.factories import act, appointment, issue
from tests.harness.application import make_settings
from tests.messages.scenes import PHONE, Provider, accept, committed, only, state_of

LONDON = "+447700900123"
NIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The rules that an organisation has which says nothing."""
    return make_settings(database_url, tmp_path, COURTESY=str(courtesy.DEFAULT))


@pytest.fixture
def at_noon(session: Any) -> Iterator[None]:
    with clock.at(NOON):
        yield


def look_and_send(moment: datetime, provider: Provider) -> int:
    """What a worker does at a moment: look at what is due, send what may leave."""
    with clock.at(moment):
        upkeep.review_due()
        db.session.commit()
        return dispatch.send_all(only(provider), owner="worker")


def consent(is_given: bool = True, *, message_class: str = "marketing", phone: str = LONDON) -> None:
    evidence = Evidence(
        customer_id=customers.find_or_make(phone=phone).id,
        address=Address("sms", phone),
        message_class=message_class,  # type: ignore[arg-type]
        is_given=is_given,
        wording="May we send you offers?",
        locale="en",
        source="shop",
        actor="api",
    )
    (consents.record if is_given else service.withdraw)(evidence)
    db.session.commit()


class TestHours:
    @pytest.mark.usefixtures("at_noon")
    def test_other_hours_hold_for_what_waits_already(self, session: Any) -> None:
        message = accept(phone=LONDON, not_after=NOON + timedelta(days=2))
        urgent = accept(phone=LONDON, not_after=NOON + timedelta(days=2), message_class="urgent")
        states = []

        for hours in ("17:00-21:00", "12:00-14:00"):
            preferences.keep(message.customer_id, Wishes(hours))
            reviews.look_again(message.customer_id)
            session.commit()
            states.append((state_of(message.id), state_of(urgent.id)))

        assert states == [("held", "ready"), ("ready", "ready")]

    def test_a_text_of_the_night_waits_for_the_morning_and_leaves_once(self, session: Any) -> None:
        provider = Provider()
        with clock.at(NIGHT):
            message = accept(phone=LONDON, not_after=NIGHT + timedelta(days=2))

        assert (message.state, message.reason, message.next_look_at) == ("held", "quiet_hours", MORNING)
        assert look_and_send(MORNING - timedelta(seconds=1), provider) == 0
        assert look_and_send(MORNING, provider) == 1
        assert look_and_send(MORNING + timedelta(days=1), provider) == 0
        assert provider.count(message.id) == 1

    def test_an_urgent_one_leaves_at_night(self, session: Any) -> None:
        with clock.at(NIGHT):
            assert accept(phone=LONDON, message_class="urgent").state == "ready"

    def test_the_answer_to_what_somebody_has_just_done_leaves_at_night(self, session: Any) -> None:
        with clock.at(NIGHT):
            answer = accept(phone=LONDON, is_asked_for=True, not_after=NIGHT + timedelta(days=1))
            assert answer.state == "ready"
        with clock.at(NIGHT + timedelta(minutes=11)):
            assert dispatch.send_all(only(Provider()), owner="worker") == 0
        assert state_of(answer.id) == "held"

    def test_one_that_is_ready_when_the_evening_ends_is_found_at_the_last_check(self, session: Any) -> None:
        provider = Provider()
        with clock.at(MORNING - timedelta(hours=11, minutes=1)):
            message = accept(phone=LONDON, not_after=NOON + timedelta(days=1))
        assert state_of(message.id) == "ready"

        assert look_and_send(MORNING - timedelta(hours=11), provider) == 0

        assert state_of(message.id) == "held"
        assert look_and_send(MORNING, provider) == 1

    def test_one_whose_time_ends_in_the_night_is_never_sent(self, session: Any) -> None:
        provider = Provider()
        with clock.at(NIGHT):
            message = accept(phone=LONDON, not_after=NIGHT + timedelta(hours=2))

        assert look_and_send(NIGHT + timedelta(hours=2), provider) == 0

        assert (state_of(message.id), queries.get(message.id).reason) == ("expired", "too_late")

    def test_a_number_of_a_wide_country_waits_until_it_is_day_everywhere_there(self, session: Any) -> None:
        with clock.at(datetime(2026, 11, 25, 14, 0, tzinfo=UTC)):  # 9 in New York, 4 in Honolulu
            assert accept(phone=PHONE).next_look_at == datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
            customers.find_or_make(phone="+12025550124", timezone="America/New_York")
            assert accept(phone="+12025550124").state == "ready"

    @pytest.mark.parametrize(
        ("zone", "evening", "morning"),
        [
            ("Europe/London", (2027, 3, 27, 23, 30), (2027, 3, 28, 8, 0)),
            ("America/New_York", (2026, 10, 31, 23, 30), (2026, 11, 1, 8, 0)),
            ("Asia/Kolkata", (2026, 12, 1, 23, 30), (2026, 12, 2, 8, 0)),
            ("Australia/Lord_Howe", (2026, 10, 3, 23, 30), (2026, 10, 4, 8, 0)),
        ],
    )
    def test_a_night_in_which_the_clock_jumps_ends_at_eight(
        self, session: Any, zone: str, evening: tuple[int, ...], morning: tuple[int, ...]
    ) -> None:
        provider, here = Provider(), ZoneInfo(zone)
        night, day = (datetime(*parts, tzinfo=here).astimezone(UTC) for parts in (evening, morning))  # type: ignore[arg-type, misc]
        customers.find_or_make(phone=LONDON, timezone=zone)
        with clock.at(night):
            accept(phone=LONDON, not_after=day + timedelta(days=1))

        sent = [look_and_send(night + timedelta(minutes=30 * step), provider) for step in range(36)]

        assert sum(sent) == 1
        assert night + timedelta(minutes=30 * sent.index(1)) == day

    def test_hours_that_a_customer_chose_are_kept(self, session: Any) -> None:
        customer = customers.find_or_make(phone=LONDON)
        preferences.keep(customer.id, Wishes(hours="17:00-21:00"))
        with clock.at(NOON):
            assert accept(phone=LONDON).next_look_at == NOON + timedelta(hours=5)


class TestCaps:
    def test_the_eleventh_of_a_day_waits_until_the_first_is_a_day_old(self, session: Any, at_noon: None) -> None:
        provider = Provider()
        messages = [accept(phone=LONDON, not_after=NOON + timedelta(days=3)) for _ in range(12)]
        other = accept(phone=PHONE, message_class="urgent")

        assert look_and_send(NOON, provider) == 11

        held = [message.id for message in messages if state_of(message.id) == "held"]
        assert len(held) == 2
        assert queries.get(held[0]).reason == "enough_for_now"
        assert queries.get(held[0]).next_look_at == NOON + timedelta(days=1)
        assert provider.count(other.id) == 1
        assert look_and_send(NOON + timedelta(hours=3), provider) == 0
        assert look_and_send(NOON + timedelta(days=1, seconds=1), provider) == 2

    def test_marketing_comes_three_times_a_week(self, session: Any, at_noon: None) -> None:
        consent()
        provider = Provider()
        for _ in range(4):
            accept(phone=LONDON, message_class="marketing", not_after=NOON + timedelta(days=30))

        sent = [look_and_send(NOON + timedelta(days=day), provider) for day in range(9)]

        assert sent == [3, 0, 0, 0, 0, 0, 0, 1, 0]

    def test_what_a_provider_refused_is_not_counted(self, session: Any, at_noon: None) -> None:
        refusing = Provider(lambda _outgoing: Refused("No.", permanent=True))
        for _ in range(10):
            accept(phone=LONDON)
        look_and_send(NOON, refusing)

        accept(phone=LONDON)

        assert look_and_send(NOON, Provider()) == 1


class TestConsent:
    def test_nobody_gets_marketing_without_evidence(self, session: Any, at_noon: None) -> None:
        message = accept(phone=LONDON, message_class="marketing")
        assert (message.state, message.reason) == ("suppressed", "no_consent")

        consent()

        assert accept(phone=LONDON, message_class="marketing").state == "ready"
        assert accept(phone=PHONE, message_class="marketing").state == "suppressed"

    def test_who_says_no_to_a_class_gets_the_others(self, session: Any, at_noon: None) -> None:
        consent(is_given=False, message_class="service")

        states = {name: accept(phone=LONDON, message_class=name).state for name in ("service", "urgent")}

        assert states == {"service": "suppressed", "urgent": "ready"}

    def test_what_waits_is_taken_back_when_consent_goes(self, session: Any) -> None:
        provider = Provider()
        with clock.at(NIGHT):
            consent()
            offer = accept(phone=LONDON, message_class="marketing", not_after=NOON)
            news = accept(phone=LONDON, not_after=NOON)
            consent(is_given=False)

        assert look_and_send(MORNING, provider) == 1

        assert (state_of(offer.id), queries.get(offer.id).reason) == ("suppressed", "withdrawn")
        assert provider.count(news.id) == 1
        told = committed(select(Event.data).where(Event.type == "message.suppressed"))
        assert [data["reason"] for data in told] == ["withdrawn"]

    def test_one_that_a_worker_has_claimed_is_found_at_the_last_check(self, session: Any, at_noon: None) -> None:
        message = accept(phone=LONDON)
        consent(is_given=False, message_class="service")

        assert dispatch.send_all(only(Provider()), owner="worker") == 0
        assert state_of(message.id) == "suppressed"

    def test_being_issued_again_never_allows_again(self, session: Any, at_noon: None) -> None:
        consent(is_given=False, message_class="service")
        customer = customers.find_or_make(phone=LONDON)
        customer.phone = None  # As somebody who was erased.
        session.commit()

        again = customers.find_or_make(phone=LONDON, name="Maria Santos", ref="C-1")

        assert again.id != customer.id
        assert accept(phone=LONDON).state == "suppressed"


class TestHeldTexts:
    """A text that waits for the morning is not sent when nobody needs it any more, and says why."""

    def held(self, **details: Any) -> Issued:
        """A page whose text waits, made at night."""
        issued = issue(phone=LONDON, facts=appointment(at="2026-11-28T10:00:00+00:00", offered=[]), **details)
        assert [message.state for message in issued.messages] == ["held"]
        return issued

    def reasons(self, issued: Issued) -> tuple[str, str | None]:
        (message,) = issued.messages[:1]
        state = state_of(message.id)
        return state, queries.get(message.id).reason

    def test_the_page_was_answered(self, session: Any) -> None:
        provider = Provider()
        with clock.at(NIGHT):
            issued = self.held()
            act(issued.page.id, "confirm")

        look_and_send(MORNING, provider)

        assert self.reasons(issued) == ("cancelled", "page_answered")
        assert provider.count(issued.messages[0].id) == 0

    def test_the_page_was_closed(self, session: Any) -> None:
        with clock.at(NIGHT):
            issued = self.held()
            pages.revoke(issued.page.id, actor="cli")
            db.session.commit()

        assert self.reasons(issued) == ("cancelled", "page_revoked")

    def test_another_page_took_its_place(self, session: Any) -> None:
        with clock.at(NIGHT):
            issued = self.held(case_ref="C-1")
            issue("fraud_alert", phone=LONDON, case_ref="C-1")

        assert self.reasons(issued) == ("cancelled", "page_superseded")

    def test_the_page_ended(self, session: Any) -> None:
        with clock.at(NIGHT):
            issued = self.held(expires_at=NIGHT + timedelta(hours=1))
        with clock.at(NIGHT + timedelta(hours=1)):
            due.expire_pages()
            db.session.commit()

        assert self.reasons(issued) == ("cancelled", "page_expired")


@pytest.mark.parametrize(
    ("message_class", "longest", "encoding"),
    [("service", "a" * 918, "GSM-7"), ("marketing", "a" * 459, "GSM-7"), ("marketing", "я" * 201, "UCS-2")],
)
def test_a_class_says_how_many_parts_a_text_may_take(
    session: Any, at_noon: None, message_class: str, longest: str, encoding: str
) -> None:
    consent()
    parts = {"service": 6, "marketing": 3}[message_class]

    assert accept(phone=LONDON, message_class=message_class, body=longest).segments == parts
    with pytest.raises(Invalid) as refusal:
        accept(phone=LONDON, message_class=message_class, body=longest + longest[0])

    assert refusal.value.fields["sms"] == (
        f"The text would take {parts + 1} parts in {encoding}; at most {parts} are allowed for {message_class} "
        "messages. Shorten what it says."
    )
    assert accept(phone=LONDON, message_class=message_class, body=longest * 2, is_asked_for=True).state == "ready"


def test_everything_that_is_held_is_decided_in_the_end(session: Any) -> None:
    provider = Provider()
    with clock.at(NIGHT):
        for phone in (LONDON, PHONE):
            for _ in range(12):
                accept(phone=phone, not_after=NIGHT + timedelta(days=4))

    for hour in range(24 * 5):
        look_and_send(NIGHT + timedelta(hours=hour), provider)

    assert len(provider.sent) == len({outgoing.id for outgoing in provider.sent}) == 24
    assert set(committed(select(Message.state))) == {"submitted"}
