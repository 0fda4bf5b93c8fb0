"""Staff write down one yes or no that a customer gave elsewhere: evidence like any other, by whom it was told."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice.customers.models import Consent, Wording
from selfservice.db import db
from selfservice.messages import queries as messages
from selfservice.pages import requests
from tests.factories import PHONE, issue
from tests.messages.scenes import accept
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_detail import address, titles

OFFERS = {"message_class": "marketing", "said": "yes", "wording": "May we text you offers?", "source": "on the phone"}


@pytest.fixture
def page_id(app: Flask) -> int:
    with app.app_context():
        return int(issue().page.id)


def evidence(app: Flask) -> list[Any]:
    query = sa.select(
        Consent.message_class, Consent.is_given, Consent.source, Consent.actor, Wording.body
    ).join(Wording, Wording.digest == Consent.wording)  # fmt: skip
    with app.app_context():
        return [tuple(row) for row in db.session.execute(query.order_by(Consent.id))]


def test_a_yes_on_the_phone_lets_offers_leave(app: Flask, ben: Desk, page_id: int) -> None:
    assert "Write down a yes or no" in ben.read(address(page_id))

    done = ben.post(address(page_id, "/consent"), OFFERS)

    assert done.status_code == 303
    assert evidence(app) == [("marketing", True, "on the phone", f"staff:{ben.user_id}", "May we text you offers?")]
    shown = ben.get(done.location)
    assert "It is written down, and counts from now on." in text_of(shown)
    assert "Wants offers" in text_of(shown)
    assert titles(shown.text)[0] == "What they want to be sent, written down by Ben Diaz"
    with app.app_context():
        assert accept(message_class="marketing").state == "ready"


def test_a_no_takes_back_what_is_queued(app: Flask, ben: Desk, page_id: int) -> None:
    ben.post(address(page_id, "/consent"), {**OFFERS, "message_class": "service", "said": "no"})

    with app.app_context():
        assert [(message.state, message.reason) for message in messages.list_for_page(page_id)] == [
            ("suppressed", "withdrawn")
        ]


@pytest.mark.parametrize(
    "change",
    [
        {"said": "perhaps"},
        {"wording": " "},
        {"source": ""},
        {"source": "x" * 41},
        {"message_class": "news"},
        # Both are kept for ever, whoever is erased.
        {"wording": f"May we text offers to {PHONE}?"},
        {"source": "call from 202-555-0123"},
    ],
)
def test_what_is_not_complete_is_refused(app: Flask, ben: Desk, page_id: int, change: dict[str, str]) -> None:
    answer = ben.post(address(page_id, "/consent"), {**OFFERS, **change})

    assert answer.status_code == 422
    assert "Nothing was written down: " in text_of(answer)
    assert evidence(app) == []


def test_a_yes_undoes_no_stop(app: Flask, ben: Desk, page_id: int) -> None:
    with app.app_context():
        requests.stop_texts(page_id)
        db.session.commit()
    before = evidence(app)

    answer = ben.post(address(page_id, "/consent"), OFFERS)

    assert answer.status_code == 409
    assert "Everything is stopped here" in text_of(answer)
    assert evidence(app) == before


def test_it_is_staff_who_write_with_their_token(app: Flask, ben: Desk, stranger: Desk, page_id: int) -> None:
    assert stranger.post(address(page_id, "/consent"), OFFERS).status_code == 401
    assert ben.get(address(page_id, "/consent")).status_code == 405
    assert ben.client.post(address(page_id, "/consent"), data=OFFERS).status_code == 403
    assert evidence(app) == []
