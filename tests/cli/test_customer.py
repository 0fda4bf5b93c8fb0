"""`flask customer allow`: a number that was stopped is texted again."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.pages import requests
from tests import factories
from tests.cli.conftest import Command
from tests.factories import PHONE


@pytest.fixture(autouse=True)
def _stopped(app: Flask) -> None:
    with app.app_context():
        requests.stop_texts(factories.issue().page.id)
        db.session.commit()


def test_a_number_is_texted_again_and_it_is_recorded(command: Command, app: Flask) -> None:
    done = command("customer", "allow", "+1 202 555 0123")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "The number ending 123 is texted again. What was stopped is not sent by itself.\n"
    with app.app_context():
        assert not customers.is_suppressed(PHONE)
        event = db.session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
        assert event is not None
        assert (event.type, event.actor, event.page_id) == ("customer.allowed", "cli", None)
        assert PHONE not in json.dumps(event.data)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("+12025550199", "Nothing is stopped here: what is sent leaves."),
        ("2025550123", "phone: The phone number has no country code"),
        ("hello", "phone: The phone number has letters in it"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(command: Command, app: Flask, number: str, sentence: str) -> None:
    done = command("customer", "allow", number)

    assert (done.exit_code, done.stdout) == (1, "")
    assert sentence in done.stderr
    with app.app_context():
        assert customers.is_suppressed(PHONE)
