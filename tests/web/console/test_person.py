"""The person behind a page at the console: what they want, told in words; exporting and erasing, by supervisors."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.messages import service
from selfservice.messages.models import Message
from selfservice.pages import wishes
from tests import factories
from tests.factories import PHONE
from tests.messages.scenes import force
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_detail import address, titles


@pytest.fixture
def page_id(app: Flask, ana: Desk) -> int:
    """An appointment of Maria's."""
    with app.app_context():
        return int(factories.issue(actor=f"staff:{ana.user_id}").page.id)


def test_staff_see_what_the_customer_said(app: Flask, ana: Desk, ben: Desk, page_id: int) -> None:
    with app.app_context():
        path = wishes.url_of(page_id).partition("/preferences")[2]
    app.test_client().post(
        f"/preferences{path}",
        data={"do": "save", "service": "yes", "marketing": "yes", "urgent": "yes", "hours": "17:00-21:00"},
    )

    shown = ben.read(address(page_id))

    assert "Offers Yes" in shown
    assert "Hours 17:00-21:00" in shown
    assert "Offers: yes" in shown
    assert "Export all we keep" not in shown
    assert titles(ana.get(address(page_id)).text)[0] == "Chose what we send, when and how"
    assert "Wants offers" in ana.read(address(page_id))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("quiet_hours", "It is too early or too late in the day where the customer is or may be"),
        ("enough_for_now", "The customer has had as many as they get in this time"),
    ],
)
def test_the_timeline_says_why_a_text_waits(app: Flask, ana: Desk, page_id: int, reason: str, words: str) -> None:
    with app.app_context():
        message = db.session.scalars(sa.select(Message)).one()
        service.moves.move(message.id, "held", reason=reason, next_look_at=message.not_after)
        db.session.commit()

    assert words in ana.read(address(page_id))


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("suppressed", "withdrawn", "The customer wants no more of this kind of message"),
        ("suppressed", "no_consent", "The customer has not said yes to this kind of message"),
        ("suppressed", "stopped", "This number asked for no texts"),
        ("cancelled", "page_expired", "The page ended while it waited"),
        ("cancelled", "page_superseded", "A newer page took the page’s place while it waited"),
        ("cancelled", "page_answered", "The page was answered first"),
        ("expired", "too_late", "It was too late for it"),
    ],
)
def test_the_timeline_says_why_a_held_text_never_left(
    app: Flask, ana: Desk, page_id: int, state: str, reason: str, words: str
) -> None:
    with app.app_context():
        message_id = db.session.scalars(sa.select(Message.id)).one()
        force(message_id, "held")
        service.moves.move(message_id, state, reason=reason)
        db.session.commit()

    assert words in ana.read(address(page_id))


class TestExport:
    def test_gives_a_supervisor_a_file_and_is_told(self, ana: Desk, page_id: int) -> None:
        answer = ana.post(address(page_id, "/export"))

        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert json.loads(answer.text)["customer"]["phone"] == PHONE
        assert titles(ana.get(address(page_id)).text)[0] == "All that is kept of the customer was exported by Ana Silva"

    def test_is_refused_to_agents_and_strangers(self, ben: Desk, stranger: Desk, page_id: int) -> None:
        assert ben.post(address(page_id, "/export")).status_code == 403
        assert stranger.post(address(page_id, "/export")).status_code == 401


class TestErase:
    def test_takes_the_person_out_for_a_supervisor_who_means_it(self, app: Flask, ana: Desk, page_id: int) -> None:
        asked = ana.post(address(page_id, "/erase"))
        assert asked.status_code == 422
        assert "Nobody was erased" in text_of(asked)

        done = ana.post(address(page_id, "/erase"), {"sure": "yes"})

        after = ana.get(done.location)
        assert "The customer is erased." in text_of(after)
        assert "Maria" not in after.text
        assert titles(after.text)[0] == "The customer was erased by Ana Silva"
        assert "Maria" not in ana.read("/console/pages")
        with app.app_context():
            assert db.session.scalars(sa.select(Customer.phone)).all() == [None]

    def test_is_refused_to_agents_and_without_a_token(self, app: Flask, ana: Desk, ben: Desk, page_id: int) -> None:
        assert ben.post(address(page_id, "/erase"), {"sure": "yes"}).status_code == 403
        assert ana.client.post(address(page_id, "/erase"), data={"sure": "yes"}).status_code == 403
        with app.app_context():
            assert db.session.scalars(sa.select(Customer.phone)).all() == [PHONE]
