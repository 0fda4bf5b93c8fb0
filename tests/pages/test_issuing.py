"""Issuing: a page and its text appear together, or one sentence says what is wrong and nothing is written."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine

from selfservice import clock, tokens
from selfservice.brands import service as brands
from selfservice.customers import preferences
from selfservice.customers.models import Customer
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.errors import AppError, Conflict, Invalid, NotFound
from selfservice.events import queries as events
from selfservice.kit.channels import CHANNELS
from selfservice.messages import queries as outbox
from selfservice.messages.models import Message
from selfservice.pages import due, queries, service
from selfservice.pages.models import Page
from selfservice.pages.sight import CHANGE
from selfservice.situations import registry
from tests.factories import act, appointment, issue, shown, soon


def count(model: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_page_and_its_text_are_written_together(session: Any) -> None:
    issued = issue()

    page = queries.get(issued.page.id)
    assert (page.state, page.revision, page.step) == ("open", 1, "ask")
    assert tokens.current().read_page(issued.url.rpartition("/")[2]) == page.id
    [message] = outbox.list_for_page(page.id)
    assert issued.url in message.body
    assert (message.state, message.segments, message.encoding) == ("ready", 1, "GSM-7")
    assert message.not_after == page.expires_at
    assert events.list_for_page(page.id)[0].type == "page.issued"


@pytest.mark.parametrize(
    ("zone", "moment", "today", "yesterday"),
    [
        ("America/New_York", "2026-11-25T01:30:00Z", "2026-11-24", "2026-11-23"),
        ("Pacific/Auckland", "2026-11-24T13:00:00Z", "2026-11-25", "2026-11-24"),
    ],
)
def test_a_day_has_passed_once_it_has_where_the_page_is(
    session: Any, zone: str, moment: str, today: str, yesterday: str
) -> None:
    brands.change(brands.ensure_default(), {"timezone": zone}, actor="cli")
    with time_machine.travel(moment, tick=False):
        facts = {
            "order": "20-4417",
            "items": "2 parcels",
            "stages": [{"label": "Delivered"}],
            "window_from": soon(hours=1).isoformat(),
            "window_to": soon(hours=3).isoformat(),
        }

        page = issue("order_status", {**facts, "delivery_days": [today]}).page
        with pytest.raises(Invalid) as caught:
            issue("order_status", {**facts, "delivery_days": [yesterday]})

    assert page.timezone == zone
    assert caught.value.fields == {"delivery_days": "Other days to offer has an entry that has passed; take it out."}


def test_a_page_that_ends_with_a_day_ends_where_it_is(session: Any) -> None:
    """In Los Angeles at eight in the morning, as UTC counts: also once facts are new, or an answer undone."""
    brands.change(brands.ensure_default(), {"timezone": "America/Los_Angeles"}, actor="cli")
    bill = {
        "amount": {"amount": "64.20", "currency": "GBP"},
        "due_on": "2026-11-27",
        "what": "Electricity",
        "pay_url": "https://pay.example/bill/4417",
        "account": "4417",
    }
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False):
        page = issue("bill_reminder", bill, case_ref="a").page
        ends = [page.expires_at]
        issue("bill_reminder", {**bill, "what": "Gas"}, case_ref="a")
        ends.append(page.expires_at)
        who = shown(page.id, "4417")
        act(page.id, "paid", revision=2, who=who)
        act(page.id, CHANGE, revision=3, who=who)
        ends.append(queries.get(page.id).expires_at)

    assert {end.astimezone(ZoneInfo(page.timezone)).time() for end in ends} == {time()}
    assert len(set(ends)) == 1


def test_the_same_person_is_found_again(session: Any) -> None:
    first = issue(ref="C-1").page.customer_id

    assert issue(phone="+1 (202) 555-0123").page.customer_id == first
    assert issue(ref="C-1", phone=None).page.customer_id == first
    assert issue(phone="+12025550199").page.customer_id != first


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"facts": appointment(at="2020-01-01T10:00:00Z")}, "at"),
        ({"facts": appointment(at="tomorrow")}, "at"),
        ({"facts": appointment(at="2030-01-01T10:00:00")}, "at"),
        ({"facts": {}}, "at"),
        ({"facts": appointment(colour="red")}, "colour"),
        ({"phone": "12"}, "phone"),
        ({"phone": None}, "phone"),
        ({"phone": None, "ref": "C-9"}, "phone"),
        ({"channels": ("pigeon",)}, "channels"),
        ({"case_ref": "x" * 81}, "case_ref"),
        ({"language": "klingon!"}, "locale"),
    ],
    ids=[
        "past",
        "not-a-date",
        "no-zone",
        "missing",
        "unknown-fact",
        "number",
        "nobody",
        "no-number",
        "channel",
        "case",
        "locale",
    ],
)
def test_a_wrong_value_is_one_sentence_and_nothing_is_written(session: Any, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        issue(**changes)
    session.rollback()

    assert field in caught.value.fields
    assert caught.value.message.endswith(".")
    assert count(Page) == count(Customer) == count(Message) == 0


def test_an_unknown_type_is_named(session: Any) -> None:
    with pytest.raises(NotFound, match="appointment_reminder"):
        issue("apointment_reminder", {})


def test_a_text_that_would_be_too_long_is_refused(session: Any) -> None:
    brand = brands.ensure_default()
    brand.name = "The Very Long Name of an Organisation With Many Words"
    brands.save(brand)
    session.commit()

    with pytest.raises(Invalid, match="parts"):
        issue()
    session.rollback()

    assert count(Page) == 0


def test_later_pages_wait_with_their_text(session: Any) -> None:
    issued = issue(send_at=soon(hours=2))
    assert (issued.page.state, issued.messages[0].state) == ("scheduled", "held")
    assert due.open_pages() == 0

    with time_machine.travel(clock.now() + timedelta(hours=2, minutes=1), tick=False):
        assert due.open_pages() == 1
        session.commit()

    assert queries.get(issued.page.id).state == "open"


def test_a_page_whose_end_came_while_nobody_turned_it_is_not_opened_first(session: Any) -> None:
    page_id = issue(send_at=soon(hours=2)).page.id

    with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
        assert (due.open_pages(), due.expire_pages()) == (0, 1)
        session.commit()

    assert queries.get(page_id).state == "expired"


class TestCase:
    def test_changed_facts_update_the_page_in_place(self, session: Any) -> None:
        first = issue(case_ref="A-1")
        later = issue(facts=appointment(place="2 Pier Road"), case_ref="A-1")

        assert (later.was, later.page.id, later.page.revision) == ("updated", first.page.id, 2)
        assert [message.purpose for message in outbox.list_for_page(first.page.id)] == ["invitation"]

    def test_the_customer_is_told_when_the_first_text_has_left(self, session: Any) -> None:
        first = issue(case_ref="A-1")
        session.execute(sa.update(Message).values(state="delivered", next_look_at=None))
        session.commit()

        later = issue(facts=appointment(place="2 Pier Road"), case_ref="A-1")

        assert [message.purpose for message in later.messages] == ["update"]
        assert first.page.id == later.page.id

    @pytest.mark.parametrize("channels", [CHANNELS, ()])
    def test_text_that_has_not_left_says_what_is_so_also_where_no_text_is_wanted(
        self, session: Any, channels: tuple[str, ...]
    ) -> None:
        first = issue(case_ref="A-1", email="maria@example.com")
        preferences.keep(first.page.customer_id, Wishes(channels=("email", "sms")))
        before = first.messages[0].body

        later = issue(facts=appointment(at=soon(days=9).isoformat()), case_ref="A-1", channels=channels)

        text = outbox.list_for_page(first.page.id)[0]
        assert (text.channel, text.purpose, text.body != before) == ("sms", "invitation", True)
        assert [message.channel for message in later.messages] == (["email"] if channels else [])

    def test_word_of_a_change_that_has_not_left_says_the_next_one_too(self, session: Any) -> None:
        first = issue(case_ref="A-1")
        session.execute(sa.update(Message).values(state="delivered", next_look_at=None))
        [update] = issue(facts=appointment(at=soon(days=8).isoformat()), case_ref="A-1").messages
        before = update.body

        later = issue(facts=appointment(at=soon(days=9).isoformat()), case_ref="A-1")

        texts = outbox.list_for_page(first.page.id)
        assert [message.purpose for message in texts] == ["invitation", "update"]
        assert (later.messages, texts[1].body != before) == ([], True)

    def test_the_same_facts_change_nothing(self, session: Any) -> None:
        facts = appointment()
        first = issue(facts=facts, case_ref="A-1")
        again = issue(facts=facts, case_ref="A-1")

        assert (again.was, again.page.id, again.page.revision, again.messages) == ("updated", first.page.id, 1, [])

    def test_an_answered_page_is_superseded_and_forwards(self, session: Any) -> None:
        first = issue(case_ref="A-1")
        act(first.page.id, "confirm")

        later = issue(facts=appointment(place="2 Pier Road"), case_ref="A-1")

        old = queries.get(first.page.id)
        assert later.was == "superseded"
        assert (old.state, old.superseded_by) == ("superseded", later.page.id)

    def test_another_type_supersedes(self, session: Any) -> None:
        first = issue(case_ref="A-1")
        later = issue("fraud_alert", case_ref="A-1")

        assert (later.was, queries.get(first.page.id).state) == ("superseded", "superseded")
        assert [message.state for message in outbox.list_for_page(first.page.id)] == ["cancelled"]

    def test_another_customer_is_refused(self, session: Any) -> None:
        issue(case_ref="A-1")

        with pytest.raises(Conflict):
            issue(case_ref="A-1", phone="+12025550199")

    def test_a_case_has_one_live_page_even_if_the_look_missed_it(
        self, session: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        issue(case_ref="A-1")
        monkeypatch.setattr(queries, "find_live_case", lambda _ref: None)

        with pytest.raises(Conflict):
            issue(case_ref="A-1")
        session.rollback()
        assert count(Page) == 1


class TestEnding:
    def test_revoking_takes_unsent_texts_along(self, session: Any) -> None:
        page_id = issue().page.id

        service.revoke(page_id, actor="staff:1")
        session.commit()

        assert queries.get(page_id).state == "revoked"
        assert [message.state for message in outbox.list_for_page(page_id)] == ["cancelled"]

    def test_an_answered_page_cannot_be_revoked(self, session: Any) -> None:
        page_id = issue().page.id
        act(page_id, "confirm")

        with pytest.raises(Conflict):
            service.revoke(page_id, actor="staff:1")

    def test_pages_expire_when_their_time_comes(self, session: Any) -> None:
        page_id = issue().page.id

        with time_machine.travel(clock.now() + timedelta(days=3, minutes=1), tick=False):
            assert due.expire_pages() == 1
            session.commit()

        assert queries.get(page_id).state == "expired"

    def test_pages_of_a_type_that_is_gone_retire(self, session: Any) -> None:
        page_id = issue().page.id
        session.execute(sa.update(Page).values(situation="forgotten"))
        session.commit()

        assert due.retire_pages() == 0  # This process may be the last to see a type that is new.
        with time_machine.travel(clock.now() + due.SETTLED, tick=False):
            assert due.retire_pages() == 1
        session.commit()
        assert queries.get(page_id).state == "retired"

    def test_a_broken_folder_retires_nothing(self, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        issue()
        session.execute(sa.update(Page).values(situation="forgotten"))
        session.commit()
        monkeypatch.setattr(registry.current(), "broken", {Path("forgotten"): "mend it"})

        with time_machine.travel(clock.now() + due.SETTLED, tick=False):
            assert due.retire_pages() == 0

    def test_sending_again_makes_another_text(self, session: Any) -> None:
        page_id = issue().page.id

        service.resend(page_id, actor="staff:1")
        session.commit()

        assert len(outbox.list_for_page(page_id)) == 2

    def test_an_ended_page_is_not_sent_again(self, session: Any) -> None:
        page_id = issue().page.id
        service.revoke(page_id, actor="staff:1")

        with pytest.raises(AppError, match="ended"):
            service.resend(page_id, actor="staff:1")
