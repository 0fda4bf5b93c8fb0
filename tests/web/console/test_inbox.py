"""Customers who wait for a person: seen by their team, taken once, done once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.conversations import queries
from selfservice.db import db
from selfservice.pages import requests
from selfservice.tokens import encode_id
from tests import factories
from tests.web.console.desk import Desk, text_of

Counting = Callable[[], AbstractContextManager[list[str]]]


def ask(app: Flask, situation: str = "appointment_reminder", **details: str) -> str:
    """The address of a callback that somebody asked for."""
    with app.app_context():
        page = factories.issue(situation, **details).page
        requests.ask_callback(page.id, note="After six")
        db.session.commit()
        (waiting,) = queries.list_for_page(page.id)
        return f"/console/inbox/{encode_id(waiting.id)}"


def state_of(app: Flask) -> list[tuple[str, int | None]]:
    with app.app_context():
        return [(one.state, one.user_id) for one in db.session.query(queries.Conversation)]


def test_empty_inbox_says_so(ana: Desk) -> None:
    assert "Nobody waits" in ana.read("/console/inbox")


def test_inbox_tells_who_waits_and_until_when(app: Flask, ana: Desk) -> None:
    ask(app)

    text = ana.read("/console/inbox")

    assert "Maria Santos Wants to be called" in text
    assert "After six" in text
    assert "+1 202-555-0123" in text
    assert "Due " in text
    assert "Inbox 1" in text


def test_late_work_is_marked(app: Flask, ana: Desk) -> None:
    ask(app)

    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert "Was due" in ana.read("/console/inbox")


def test_agent_sees_the_work_of_their_team_alone(app: Flask, ana: Desk, ben: Desk, eve: Desk) -> None:
    ask(app, name="Maria Santos", phone="+12025550111")
    ask(app, "fraud_alert", name="Sam Reyes", phone="+12025550122")

    assert "Maria Santos" in ben.read("/console/inbox")
    assert "Sam Reyes" not in ben.read("/console/inbox?team=fraud")
    assert "Nobody waits" in eve.read("/console/inbox?team=reception")
    everybody = ana.read("/console/inbox")
    assert "Maria Santos" in everybody
    assert "Sam Reyes" in everybody
    assert "Sam Reyes" not in ana.read("/console/inbox?team=reception")


@pytest.mark.parametrize("verb", ["take", "done"])
def test_eve_may_not_touch_the_work_of_another_team(app: Flask, eve: Desk, verb: str) -> None:
    address = ask(app)

    answer = eve.post(f"{address}/{verb}")

    assert answer.status_code == 403
    assert "another team" in text_of(answer)
    assert state_of(app) == [("waiting", None)]


def test_work_is_taken_once(app: Flask, ana: Desk, ben: Desk) -> None:
    address = ask(app)

    first = ben.post(f"{address}/take")
    second = ana.post(f"{address}/take")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "colleague" in text_of(second)
    assert state_of(app) == [("open", ben.user_id)]
    assert "You have this" in ben.read("/console/inbox")
    assert "Ben Diaz has this" in ana.read("/console/inbox")


def test_done_work_leaves_the_inbox(app: Flask, ben: Desk) -> None:
    address = ask(app)

    ben.post(f"{address}/done")

    assert state_of(app) == [("closed", ben.user_id)]
    assert "Nobody waits" in ben.read("/console/inbox")


def test_unknown_work_is_not_found(ben: Desk) -> None:
    assert ben.post(f"/console/inbox/{encode_id(5)}/take").status_code == 404
    assert ben.post("/console/inbox/nothing/take").status_code == 404


def test_inbox_costs_the_same_with_one_and_with_three(app: Flask, ana: Desk, counting: Counting) -> None:
    ask(app, phone="+12025550111")
    ana.get("/console/inbox")
    with counting() as one:
        ana.get("/console/inbox")
    ask(app, phone="+12025550122")
    ask(app, "fraud_alert", phone="+12025550133")

    with counting() as three:
        ana.get("/console/inbox")

    assert len(three) == len(one)
