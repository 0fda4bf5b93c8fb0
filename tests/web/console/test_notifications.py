"""Notifications as staff read of them: on the timeline, and beside the texts of a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from selfservice import tokens
from selfservice.clock import now
from selfservice.config import Settings
from selfservice.db import db
from selfservice.messages import receipts
from selfservice.messages.models import ProviderAlarm
from tests.factories import issue
from tests.harness.application import make_settings
from tests.harness.push_door import PushDoor
from tests.messages.push_scene import join, of, send
from tests.messages.scenes import force
from tests.web.console.desk import Desk


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path, PUSH_HOSTS="127.0.0.1")


def pushed(app: Flask, door: PushDoor) -> tuple[int, str]:
    """A page whose push has left, and the address of its screen."""
    with app.app_context():
        join(door)
        page_id = issue().page.id
        send()
        return page_id, f"/console/pages/{tokens.encode_id(page_id)}"


@pytest.mark.database("sqlite")
def test_a_push_that_goes_first_is_told(app: Flask, ana: Desk, push_door: PushDoor) -> None:
    _page_id, address = pushed(app, push_door)

    screen = ana.read(address)

    for words in ("Notification sent", "Text waits", "A notification goes first", "Invitation, as a notification"):
        assert words in screen
    assert "Waits for the notification" in screen


@pytest.mark.database("sqlite")
def test_what_became_of_it_is_told(app: Flask, ana: Desk, push_door: PushDoor) -> None:
    page_id, address = pushed(app, push_door)
    with app.app_context():
        push_id = of(page_id, "push")[0].id
        for what in ("delivered", "shown", "clicked", "answered"):
            receipts.note(push_id, what)
        db.session.commit()

    screen = ana.read(address)

    for words in (
        "Notification reached the phone",
        "Notification shown",
        "Notification pressed",
        "Answered from the notification",
        "Text not needed",
        "Not needed",
    ):
        assert words in screen
    assert "Taken back, because the page closed" not in screen


@pytest.mark.database("sqlite")
def test_a_phone_that_has_left_is_told(app: Flask, ana: Desk, push_door: PushDoor) -> None:
    with app.app_context():
        push_door.leave(join(push_door))
        page_id = issue().page.id
        send()

    screen = ana.read(f"/console/pages/{tokens.encode_id(page_id)}")

    assert "Notification not sent" in screen
    assert "The phone takes no notifications any more" in screen


@pytest.mark.database("sqlite")
def test_a_push_service_that_does_not_know_us_is_told_on_every_screen(app: Flask, ana: Desk) -> None:
    with app.app_context():
        db.session.add(ProviderAlarm(provider="push", host="fcm.googleapis.com", status=403, since=now()))
        db.session.commit()

    assert "fcm.googleapis.com does not take our pushes for ours" in ana.read("/console/pages")


@pytest.mark.database("sqlite")
def test_several_troubles_are_one_line_until_somebody_opens_it(app: Flask, ana: Desk) -> None:
    with app.app_context():
        for provider, host in (("twilio", "api.twilio.com"), ("vonage", "api.nexmo.com")):
            db.session.add(ProviderAlarm(provider=provider, host=host, status=401, since=now()))
        force(issue().messages[0].id, "dead")
        db.session.commit()

    screen = ana.get("/console/inbox").text

    assert "3 things are wrong with sending" in screen
    assert screen.count(" does not know us (HTTP 401)") == 2
    assert "<code>flask --app app message list</code>" in screen
    assert '<details class="note bad troubles">' in screen
