"""Calls at a time that a customer chose: at work then, moved with the answer, called off when it is taken back."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from selfservice import tokens
from selfservice.brands import queries as brands
from selfservice.brands import service as branding
from selfservice.conversations import queries
from selfservice.db import db
from selfservice.pages import queries as pages
from selfservice.tokens import encode_id
from tests.factories import issue
from tests.web.console.desk import Desk, text_of

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TEN, NOON = MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=4)
ABOUT = {"about": "order 20-4417", "queue": "Customer care"}


class Customer:
    """Somebody with a page that asks when to call them, and what they do on it."""

    def __init__(self, app: Flask, **facts: Any) -> None:
        self.client = app.test_client()
        self.app = app
        with app.app_context():
            self.page_id = issue("callback_request", {**ABOUT, **facts}).page.id
            keyring = tokens.current()
            self.link = "/p/" + keyring.sign_page(self.page_id)
            self.doors = {
                action: "/a/" + keyring.sign_answer(self.page_id, action) for action in ("choose", "decline", "change")
            }

    def does(self, action: str, **form: Any) -> int:
        """Their answer's HTTP status."""
        with self.app.app_context():
            revision = pages.get(self.page_id).revision
        said = {"input": form, "revision": revision}
        made = self.client.post(self.doors[action], json=said, headers={"Idempotency-Key": str(uuid.uuid4())})
        return made.status_code

    def chooses(self, time: datetime, **form: Any) -> int:
        return self.does("choose", time=time.isoformat(), **form)

    def calendar(self) -> TestResponse:
        return self.client.get(f"{self.link}/-/calendar.ics")


@pytest.fixture
def care(app: Flask) -> Desk:
    """Somebody who makes the calls."""
    return Desk(app, "joy@example.com", name="Joy Mensah", role="supervisor", team="reception")


@pytest.fixture(autouse=True)
def monday(app: Flask) -> Any:
    """Monday at eight, before anybody is there."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def open_at(app: Flask, hours: str) -> None:
    """Have the organisation open on Mondays alone."""
    with app.app_context():
        branding.ensure_default()
        branding.change(brands.get_for(""), {"opening": {"week": {"mon": [hours]}}}, actor="cli")
        db.session.commit()


def calls(app: Flask, page_id: int) -> list[tuple[str, str, datetime]]:
    with app.app_context():
        return [(one.kind, one.state, one.due_at) for one in queries.list_for_page(page_id)]


def titles(shown: TestResponse) -> list[str]:
    part = shown.text.split('class="happened"', 1)[1].split("</ol>", 1)[0]
    return [" ".join(title.split()) for title in re.findall(r"<b>(.*?)</b>", part, re.DOTALL)]


def test_call_waits_until_the_time_that_was_chosen(app: Flask, care: Desk) -> None:
    maria = Customer(app)

    assert maria.chooses(TEN, before="Ring twice") == 200

    assert calls(app, maria.page_id) == [("call", "waiting", TEN)]
    inbox = care.read("/console/inbox")
    assert "Maria Santos Chose a time for a call" in inbox
    assert "Due 10:00 am" in inbox
    with time_machine.travel(TEN + timedelta(minutes=1)):
        late = Desk(app, "ben@example.com", name="Ben Diaz", role="supervisor", team="reception")
        assert "Was due 10:00 am" in late.read("/console/inbox")


def test_its_page_tells_staff_the_time_and_what_was_said_before(app: Flask, care: Desk) -> None:
    maria = Customer(app)
    maria.chooses(TEN, before="Ring twice")

    shown = care.get(f"/console/pages/{encode_id(maria.page_id)}")

    assert titles(shown)[:2] == ["A call for a person", "Chose a time for a call"]
    assert "10:00 am" in text_of(shown)
    assert "Ring twice" in text_of(shown)


def test_call_moves_with_the_answer(app: Flask, care: Desk) -> None:
    maria = Customer(app)
    maria.chooses(TEN)

    assert maria.does("change") == 200
    assert [state for _, state, _ in calls(app, maria.page_id)] == ["closed"]
    assert "Nobody waits" in care.read("/console/inbox")
    assert maria.chooses(NOON) == 200

    assert calls(app, maria.page_id) == [("call", "waiting", NOON)]
    assert "Due 12:00 pm" in care.read("/console/inbox")
    told = titles(care.get(f"/console/pages/{encode_id(maria.page_id)}"))
    assert told.count("The call is no longer wanted") == 1
    assert "Needs a person again" not in told


def test_call_that_is_taken_back_is_over(app: Flask, care: Desk) -> None:
    maria = Customer(app)
    maria.chooses(TEN)

    maria.does("change")
    assert maria.does("decline") == 200

    assert [state for _, state, _ in calls(app, maria.page_id)] == ["closed"]
    assert "Nobody waits" in care.read("/console/inbox")


def test_call_that_somebody_has_taken_moves_and_stays_theirs(app: Flask, care: Desk) -> None:
    maria = Customer(app)
    maria.chooses(TEN)
    with app.app_context():
        (waiting,) = queries.list_for_page(maria.page_id)
    care.post(f"/console/inbox/{encode_id(waiting.id)}/take")

    maria.does("change")
    maria.chooses(NOON)

    assert calls(app, maria.page_id) == [("call", "open", NOON)]
    assert "You have this" in care.read("/console/inbox")


def test_time_that_is_taken_is_not_given_twice(app: Flask) -> None:
    maria, sam = Customer(app), Customer(app)
    maria.chooses(TEN)

    assert sam.chooses(TEN) == 409
    assert calls(app, sam.page_id) == []
    maria.does("change")
    assert sam.chooses(TEN) == 200


def test_time_can_be_had_as_often_as_there_are_callers(app: Flask) -> None:
    three = [Customer(app, callers=2) for _ in range(3)]

    assert [one.chooses(TEN) for one in three] == [200, 200, 409]


def test_page_whose_times_are_all_taken_asks_for_nothing_that_cannot_be_sent(app: Flask) -> None:
    open_at(app, "09:00-09:30")
    maria, sam = Customer(app, days=1), Customer(app, days=1)
    assert 'name="before"' in sam.client.get(sam.link).text

    maria.chooses(MONDAY + timedelta(hours=1))

    shown = sam.client.get(sam.link)
    assert "These times are all taken" in shown.text
    assert 'name="before"' not in shown.text
    assert "No call needed" in shown.text


def test_brand_that_opens_at_other_hours_is_called_in_them(app: Flask) -> None:
    open_at(app, "18:00-19:00")
    maria = Customer(app, days=1)

    page = maria.client.get(maria.link)

    assert re.findall(r'type="radio"[^>]*value="([^"]*)"', page.text) == [
        "2026-11-23T18:00:00Z",
        "2026-11-23T18:30:00Z",
    ]
    assert maria.chooses(TEN) == 422
    assert maria.chooses(MONDAY + timedelta(hours=10)) == 200


def test_chosen_time_goes_into_the_calendar(app: Flask) -> None:
    maria = Customer(app)
    assert maria.calendar().status_code == 404

    maria.chooses(TEN)

    lines = maria.calendar().text.splitlines()
    assert "DTSTART:20261123T100000Z" in lines
    assert "DTEND:20261123T103000Z" in lines
    (first_uid,) = [line for line in lines if line.startswith("UID:")]
    maria.does("change")
    assert maria.calendar().status_code == 404
    maria.chooses(NOON)
    moved = maria.calendar().text.splitlines()
    assert {"DTSTART:20261123T120000Z", first_uid} <= set(moved)
