"""An answer that stands from some moment on, through the customer's door: until then it can be taken back."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from selfservice import tokens
from selfservice.messages import queries as outbox
from selfservice.pages import queries
from selfservice.pages.models import Page
from tests.factories import issue, soon
from tests.web.console.desk import text_of

SLOT = timedelta(days=2)
NOTICE = timedelta(hours=12)


@pytest.fixture
def link(app: Flask, client: FlaskClient) -> str:
    """The path of a delivery whose time was taken, and can be changed until twelve hours before."""
    slot = soon(days=SLOT.days).isoformat().replace("+00:00", "Z")
    facts = {"order": "20-4417", "items": "1 washing machine", "address_line": "9 Mill Lane", "round": "North"}
    with app.app_context():
        path = "/p/" + issue("delivery_slot", {**facts, "slots": [slot], "notice_hours": 12}).url.rpartition("/")[2]
    assert client.post(f"{path}/take", data={"revision": 1, "slot": slot}).status_code == 303
    return path


def page_of(app: Flask, link: str) -> Page:
    with app.app_context():
        return queries.get(tokens.current().read_page(link[3:]))


def test_until_then_it_is_taken_back(app: Flask, client: FlaskClient, link: str) -> None:
    until = page_of(app, link).change_until
    assert until is not None
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        shown = client.get(link).text
        undone = client.post(f"{link}/change", data={"revision": 2})

    assert "You can change your answer until" in shown
    assert undone.status_code == 303
    assert (page_of(app, link).state, page_of(app, link).change_until) == ("open", None)


@pytest.mark.parametrize("seconds", [0, 3600])
def test_from_then_on_it_stays(app: Flask, client: FlaskClient, link: str, seconds: int) -> None:
    until = page_of(app, link).change_until
    assert until is not None
    token = re.findall(r'data-token="(.*?)"', client.get(link).text)[0]
    with time_machine.travel(until + timedelta(seconds=seconds), tick=False):
        shown = client.get(link).text
        by_form = client.post(f"{link}/change", data={"revision": 2})
        by_script = client.post(
            f"/a/{token}", json={"input": {}, "revision": 2}, headers={"Idempotency-Key": str(uuid.uuid4())}
        )

    assert "You can change your answer until" not in shown
    assert (by_form.status_code, by_script.status_code) == (410, 410)
    assert (by_script.json or {})["notice"] == "late"
    assert "This came too late, so nothing has changed." in by_form.text
    assert page_of(app, link).state == "answered"


def test_what_is_final_at_once_is_said_to_be_so_before_it_is_taken_and_nothing_promises_a_change(
    app: Flask, client: FlaskClient
) -> None:
    slot = soon(hours=6).isoformat().replace("+00:00", "Z")
    facts = {"order": "20-4418", "items": "1 sofa", "address_line": "9 Mill Lane", "round": "South", "slots": [slot]}
    with app.app_context():
        issued = issue("delivery_slot", {**facts, "notice_hours": 12})
    link = "/p/" + issued.url.rpartition("/")[2]

    asked = text_of(client.get(link))
    client.post(f"{link}/take", data={"revision": 1, "slot": slot})
    taken = client.get(link).text

    assert "A time less than 12 h away can’t be changed later." in asked
    assert "Choose another time" not in taken
    with app.app_context():
        bodies = [message.body for message in outbox.list_for_page(page_of(app, link).id)]
    assert [body for body in bodies if "Change it" in body] == []
    assert [body.count("See it here") for body in bodies] == [0, 1]
