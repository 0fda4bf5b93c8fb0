"""This isn't me: one tap stops all that goes to the number, hides its pages, and staff hear of it at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from selfservice import tokens
from selfservice.conversations.models import Conversation
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import disowning, queries, service
from selfservice.pages.models import Page
from tests.factories import PHONE, appointment, fraud, issue

SECRETS = ("Maria", "Santos", "Okafor", "Harbour Street", "ELECTRO", "10:20", "123", "428")
RANDOM = re.compile(r"[\w-]{12,}")
"""Tokens, nonces and builds: any three digits turn up in one of them sooner or later."""


def secrets_in(*answers: TestResponse) -> list[str]:
    """What of the page's facts the answers tell."""
    told = [RANDOM.sub("", answer.text) for answer in answers]
    return [secret for secret in SECRETS for text in told if secret in text]


def path_of(app: Flask, situation: str = "appointment_reminder", **details: Any) -> str:
    with app.app_context():
        return "/p/" + issue(situation, **details).url.rpartition("/")[2]


def id_of(app: Flask, path: str) -> int:
    with app.app_context():
        return tokens.current().read_page(path[3:])


def rows(app: Flask, query: Any) -> list[Any]:
    with app.app_context():
        found = db.session.scalars(query).all()
        db.session.remove()
        return list(found)


@pytest.fixture
def link(app: Flask) -> str:
    """The path of a fresh page whose number is the wrong one."""
    return path_of(app)


def test_every_page_leads_there_and_asking_changes_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    assert f'href="{link}/-/wrong-number?lang=en">This isn’t me</a>' in client.get(link).text

    asked = client.get(f"{link}/-/wrong-number")

    assert asked.status_code == 200
    assert "Did this reach the wrong person?" in asked.text
    assert secrets_in(asked) == []
    assert rows(app, sa.select(Page.disowned_at)) == [None]


def test_all_pages_of_the_number_tell_nothing_from_then_on(app: Flask, client: FlaskClient, link: str) -> None:
    other, elsewhere = path_of(app, "fraud_alert"), path_of(app, phone="+12025550199")

    thanks = client.post(f"{link}/-/wrong-number")
    shown = [client.get(path + more) for path in (link, other) for more in ("", "/-/callback", "/-/preferences")]
    shown += [client.get(f"{link}/-/calendar.ics"), client.get(f"{link}/-/receipt"), client.get(f"{link}?lang=ar")]
    shown += [
        client.post(f"{link}/confirm", data={"revision": "1"}),
        client.post(f"{other}/no", data={"revision": "1"}),
    ]

    assert "Thank you for telling us" in thanks.text
    assert secrets_in(thanks, *shown) == []
    assert [answer.status_code for answer in (shown[0], shown[3], *shown[6:])] == [410, 410, 410, 410, 410, 410, 410]
    assert rows(app, sa.select(Page.answers).where(Page.disowned_at.is_not(None))) == [{}, {}]
    assert client.get(elsewhere).status_code == 200


def test_nothing_more_goes_to_the_number_and_staff_hear_of_it(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(f"{link}/-/wrong-number")

    with app.app_context():
        assert customers.is_suppressed(PHONE)
    assert rows(app, sa.select(Message.state)) == ["suppressed"]
    [work] = rows(app, sa.select(Conversation))
    assert (work.kind, work.team, work.urgent, work.phone) == ("wrong_number", "reception", True, None)
    types = rows(app, sa.select(Event.type).order_by(Event.id))
    assert types[-3:] == ["message.suppressed", "page.disowned", "conversation.waiting"]


def test_saying_it_again_changes_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    for _ in range(3):
        assert client.post(f"{link}/-/wrong-number").status_code == 200
    assert client.get(f"{link}/-/wrong-number").status_code == 410

    assert len(rows(app, sa.select(Conversation))) == 1
    assert rows(app, sa.select(Event.type).where(Event.type == "page.disowned")) == ["page.disowned"]


def test_two_who_say_it_at_once_are_heard_once(app: Flask, link: str) -> None:
    page_id = id_of(app, link)

    first = at_once(app, lambda: disowning.disown(page_id))

    assert sorted(first) == [False, True]
    assert len(rows(app, sa.select(Conversation))) == 1


def test_an_answer_and_this_at_once_leave_no_half(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(f"{link}/confirm", data={"revision": "1"})

    client.post(f"{link}/-/wrong-number")

    page = rows(app, sa.select(Page))[0]
    assert (page.state, page.disowned_at is not None) == ("answered", True)
    assert "Okafor" not in client.get(link).text
    assert client.post(f"{link}/change", data={"revision": "2"}).status_code == 410


def test_a_newer_page_of_the_case_is_never_shown_to_the_stranger(app: Flask, client: FlaskClient) -> None:
    old = path_of(app, case_ref="A-1", ref="C-1")
    client.post(f"{old}/-/wrong-number")

    new = path_of(app, case_ref="A-1", ref="C-1", phone="+12025550177", facts=appointment(place="2 Pier Road"))

    assert new != old
    assert client.get(old).status_code == 410
    assert "Pier Road" not in client.get(old, follow_redirects=True).text
    assert "Pier Road" in client.get(new).text


def test_its_text_is_not_sent_again(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(f"{link}/-/wrong-number")

    with app.app_context(), pytest.raises(Conflict):
        service.resend(id_of(app, link), actor="staff:1")


def test_an_ended_page_can_say_it_too(app: Flask, client: FlaskClient) -> None:
    ended, live = path_of(app, "fraud_alert", facts=fraud()), path_of(app)
    with app.app_context():
        service.revoke(id_of(app, ended), actor="staff:1")
        db.session.commit()

    client.post(f"{ended}/-/wrong-number")

    assert client.get(live).status_code == 410
    with app.app_context():
        assert queries.get(id_of(app, ended)).disowned_at is not None


OTHER = "+12025550199"


def test_a_number_that_was_corrected_is_the_one_that_is_stopped(app: Flask, client: FlaskClient) -> None:
    wrong = path_of(app, ref="C-1")
    right = path_of(app, "fraud_alert", ref="C-1", phone=OTHER)

    client.post(f"{wrong}/-/wrong-number")

    with app.app_context():
        assert (customers.is_suppressed(PHONE), customers.is_suppressed(OTHER)) == (True, False)
    assert (client.get(wrong).status_code, client.get(right).status_code) == (410, 200)
    assert rows(app, sa.select(Message.state).order_by(Message.created_at)) == ["suppressed", "ready"]


def test_stopping_the_texts_stops_the_number_of_the_page_and_says_which(app: Flask, client: FlaskClient) -> None:
    wrong = path_of(app, ref="C-1")
    path_of(app, "fraud_alert", ref="C-1", phone=OTHER)

    asked = client.get(f"{wrong}/-/preferences")
    stopped = client.post(f"{wrong}/-/preferences")

    with app.app_context():
        assert (customers.is_suppressed(PHONE), customers.is_suppressed(OTHER)) == (True, False)
    assert "to the number ending 123, and when" in asked.text
    assert "the number ending 123 again" in stopped.text


def test_a_code_that_a_stranger_asked_for_makes_the_number_theirs_no_more(app: Flask, client: FlaskClient) -> None:
    wrong = path_of(app, "fraud_alert", ref="C-1")
    path_of(app, ref="C-1", phone=OTHER)
    client.post(f"{wrong}/-/check", data={"action": "yes", "revision": "1", "send": "code"})

    client.post(f"{wrong}/-/wrong-number")

    with app.app_context():
        assert (customers.is_suppressed(PHONE), customers.is_suppressed(OTHER)) == (True, False)


def test_a_page_that_was_handed_over_stops_the_number_that_is_known(app: Flask, client: FlaskClient) -> None:
    handed = path_of(app, channels=())

    client.post(f"{handed}/-/wrong-number")

    with app.app_context():
        assert customers.is_suppressed(PHONE)


def test_whatever_is_beside_the_page_says_thanks_too(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(f"{link}/-/wrong-number")

    shown = [client.open(f"{link}/-/{place}", method=method) for place in BESIDE for method in ("GET", "POST")]

    assert [(answer.status_code, "Thank you for telling us" in answer.text) for answer in shown] == [(410, True)] * 4
    assert rows(app, sa.select(Event.type).where(Event.type == "customer.stopped")) == []


BESIDE = ("callback", "preferences")


def at_once(app: Flask, work: Callable[[], bool]) -> list[bool]:
    """What two who do the same at the same moment are told."""
    barrier = threading.Barrier(2)
    found: list[bool] = []

    def run() -> None:
        with app.app_context():
            barrier.wait(20)
            found.append(work())
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found
