"""A number that was stopped is texted again when staff say so: asked once, told on the timeline, by nobody else."""

from __future__ import annotations

import pytest
from flask import Flask

from selfservice import tokens
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.messages import queries as messages
from selfservice.pages import disowning, requests
from selfservice.tokens import encode_id
from tests import factories
from tests.factories import PHONE
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_detail import address, titles


@pytest.fixture
def stopped_id(app: Flask) -> int:
    """A page whose customer stopped the texts."""
    with app.app_context():
        page_id = int(factories.issue().page.id)
        requests.stop_texts(page_id)
        db.session.commit()
        return page_id


@pytest.fixture
def disowned_id(app: Flask) -> int:
    """A page of which somebody said that the number is wrong."""
    with app.app_context():
        page_id = int(factories.issue().page.id)
        disowning.disown(page_id)
        db.session.commit()
        return page_id


def is_stopped(app: Flask) -> bool:
    with app.app_context():
        return customers.is_suppressed(PHONE)


def test_a_stopped_number_is_texted_again(app: Flask, ana: Desk, stopped_id: int) -> None:
    before = ana.read(address(stopped_id))

    allowed = ana.post(address(stopped_id, "/allow"))

    assert "Maria asked for no more texts to the number ending 123." in before
    assert "Yes, text it again" in before
    assert (allowed.status_code, is_stopped(app)) == (303, False)
    after = ana.get(allowed.location)
    assert "The customer is written to again." in text_of(after)
    assert "Yes, text it again" not in text_of(after)
    assert titles(after.text)[:2] == [
        "Texts to this number allowed again by Ana Silva",
        "Stopped all texts to this number",
    ]
    ana.post(address(stopped_id, "/resend"))
    with app.app_context():
        assert messages.list_for_page(stopped_id)[-1].state == "ready"


def test_a_number_that_was_right_after_all_gets_a_new_page(app: Flask, ana: Desk, disowned_id: int) -> None:
    before = ana.read(address(disowned_id))

    allowed = ana.post(address(disowned_id, "/allow"))

    assert "If it is the right number after all, let it be texted again" in before
    after = ana.read(allowed.location)
    assert "This page stays closed: make a new one." in after
    assert app.test_client().get(_path(app, disowned_id)).status_code == 410
    with app.app_context():
        assert [message.state for message in factories.issue("fraud_alert").messages] == ["ready"]


def test_staff_see_what_a_stranger_sees(ana: Desk, disowned_id: int) -> None:
    shown = ana.read(f"/console/preview/page/{encode_id(disowned_id)}")

    assert "Thank you for telling us" in shown
    assert "Okafor" not in shown


def test_a_number_that_was_corrected_needs_no_leave(app: Flask, ana: Desk) -> None:
    with app.app_context():
        wrong = factories.issue(ref="C-1").page.id
        factories.issue("fraud_alert", ref="C-1", phone="+12025550199")
        disowning.disown(wrong)
        db.session.commit()

    shown = ana.read(address(wrong))

    assert "The number on file now ends in 199." in shown
    assert "Yes, text it again" not in shown


def test_a_number_that_is_not_stopped_cannot_be_allowed(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = int(factories.issue().page.id)

    assert "Yes, text it again" not in ana.read(address(page_id))
    answer = ana.post(address(page_id, "/allow"))

    assert answer.status_code == 409
    assert "Nothing is stopped here" in text_of(answer)


def test_a_customer_without_a_number_has_none_to_allow(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = int(factories.issue(phone=None, ref="C-1", channels=()).page.id)

    assert ana.post(address(page_id, "/allow")).status_code == 409


def test_it_is_staff_who_allow_with_their_token(app: Flask, ana: Desk, stranger: Desk, stopped_id: int) -> None:
    assert stranger.post(address(stopped_id, "/allow")).status_code == 401
    assert ana.get(address(stopped_id, "/allow")).status_code == 405
    assert ana.client.post(address(stopped_id, "/allow")).status_code == 403
    assert is_stopped(app)


def _path(app: Flask, page_id: int) -> str:
    with app.app_context():
        return f"/p/{tokens.current().sign_page(page_id)}"
