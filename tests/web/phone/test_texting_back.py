"""Replies typed on the development handset go the way of a provider's: answered, stopped, or put before staff."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from selfservice.conversations.models import Conversation
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.messages import dispatch
from selfservice.pages.models import Page
from tests.factories import PHONE, issue
from tests.messages.scenes import handset_channels


def deliver(app: Flask) -> None:
    with app.app_context():
        dispatch.send_all(handset_channels(), owner="test")


def reply(app: Flask, client: FlaskClient, body: str) -> str:
    """What the phone shows after a reply was typed and everything has been sent."""
    assert client.post(f"/phone/{PHONE[1:]}", data={"body": body}).status_code == 303
    deliver(app)
    return client.get(f"/phone/{PHONE[1:]}").text


def test_an_answer_typed_on_the_phone_is_taken(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        page_id = issue().page.id
    deliver(app)

    shown = reply(app, client, "yes")

    assert "See you" in shown
    with app.app_context():
        page = db.session.get(Page, page_id)
        assert page is not None
        assert sorted(page.answers) == ["confirm"]


def test_stop_typed_on_the_phone_stops(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        issue()
    deliver(app)

    shown = reply(app, client, "STOP")

    assert "Reply START" in shown
    with app.app_context():
        assert customers.is_suppressed(PHONE)


def test_other_words_typed_on_the_phone_wait_for_staff(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        issue()
    deliver(app)

    shown = reply(app, client, "Is there parking?")

    assert "Is there parking?" in shown
    with app.app_context():
        assert db.session.scalars(select(Conversation.note)).all() == ["Is there parking?"]
