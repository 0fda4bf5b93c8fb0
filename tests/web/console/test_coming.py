"""What comes next on a page that nobody answers, what was done about it, and calling one of these things off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from selfservice import clock
from selfservice.db import db
from selfservice.pages import unanswered
from tests import factories
from tests.messages.push_scene import send
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_detail import address, titles

REMIND = "remind before_end 86400"


@pytest.fixture
def page_id(app: Flask, ana: Desk) -> int:
    with app.app_context():
        page_id = int(factories.issue(email="maria@example.com").page.id)
        send()
        return page_id


def look(app: Flask, **distance: float) -> None:
    """What the worker does so much later."""
    with app.app_context(), clock.at(clock.now() + timedelta(**distance)):
        unanswered.do_due()
        db.session.commit()
        send()


def test_the_screen_says_what_comes_next_and_when(ana: Desk, page_id: int) -> None:
    text = ana.read(address(page_id))

    assert "Sent in another way" in text
    assert "Reminder" in text
    assert text.count(", if nobody has answered by then") == 2


def test_a_colleague_calls_one_of_them_off(app: Flask, ben: Desk, page_id: int) -> None:
    done = ben.post(address(page_id, "/call-off"), {"name": REMIND})

    shown = ben.get(done.location)
    assert done.status_code == 303
    assert titles(shown.text)[0] == "Reminder: called off by Ben Diaz"
    assert "It is called off, for this page alone." in text_of(shown)
    assert text_of(shown).count("if nobody has answered by then") == 1
    again = ben.post(address(page_id, "/call-off"), {"name": REMIND})
    assert (again.status_code, "not to come any more" in text_of(again)) == (409, True)


def test_the_timeline_tells_what_was_done_and_what_was_not(app: Flask, ana: Desk, page_id: int) -> None:
    look(app, hours=7)
    look(app, days=2, minutes=1)

    assert [title for title in titles(ana.get(address(page_id)).text) if not title.endswith("delivered")] == [
        "Reminder by text sent",
        "Nobody answered: reminder by text",
        "E-mail sent",
        "Nobody answered: sent again by e-mail",
        "Text sent",
        "Made by the command line",
    ]


def test_it_tells_why_something_was_not_done(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = factories.issue().page.id
        send()
    look(app, hours=7)

    shown = ana.get(address(page_id))
    assert titles(shown.text)[0] == "Not sent in another way"
    assert "There is no other number, address or phone to try" in text_of(shown)


def test_staff_are_told_that_nobody_has_answered(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = factories.issue("fraud_alert").page.id
    assert "Handed to Fraud" in ana.read(address(page_id))
    look(app, minutes=11)

    shown = ana.get(address(page_id))
    assert titles(shown.text)[:2] == ["Text sent", "Nobody answered: handed to Fraud"]
    assert "Nobody has answered" in text_of(shown)
    assert "Urgent · Nobody has answered" in ana.read("/console/inbox")

    with app.app_context():
        factories.act(page_id, "no")
    after = ana.get(address(page_id))
    assert "Needs no person any more" in titles(after.text)
    assert "Nobody has answered" not in ana.read("/console/inbox")


def test_a_page_of_nothing_to_come_says_nothing(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        factories.act(page_id, "confirm")

    assert "if nobody has answered" not in ana.read(address(page_id))
