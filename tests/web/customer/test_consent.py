"""A yes or a no to texts, given on a page: kept as evidence in the words that were read, and counting at once."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from selfservice import tokens
from selfservice.conversations.models import Conversation
from selfservice.customers.models import Consent, Wording
from selfservice.db import db
from selfservice.messages import dispatch
from selfservice.pages import queries, requests
from selfservice.pages.models import Page
from selfservice.tokens import encode_id
from tests.factories import PHONE, issue
from tests.messages.scenes import accept, handset_channels
from tests.web.console.desk import Desk
from tests.web.console.test_detail import titles

OFFERS = {"topic": "offers and news", "how_often": "4 texts a month"}
STOPPED = "All texts to this number are stopped, so your yes can’t count yet. Text us START first, then answer again."


@pytest.fixture
def link(app: Flask) -> str:
    """The path of a fresh request for a yes to offers, to somebody of whom an e-mail address is known, too."""
    return path_of(app, email="maria@example.com")


def path_of(app: Flask, facts: dict[str, Any] = OFFERS, **details: Any) -> str:
    with app.app_context():
        return "/p/" + issue("consent_request", facts, **details).url.rpartition("/")[2]


def page_of(app: Flask, link: str) -> Page:
    with app.app_context():
        return queries.get(tokens.current().read_page(link[3:]))


def read(client: FlaskClient, path: str) -> str:
    """A page without the marks that keep names apart in a text from right to left."""
    return re.sub("[\u2068\u2069]", "", unescape(client.get(path).text))


def evidence(app: Flask) -> list[tuple[str, str, bool, str, str]]:
    """Channel, class, what was said, and the words with their language."""
    query = (
        sa.select(Consent.channel, Consent.message_class, Consent.is_given, Wording.locale, Wording.body)
        .join(Wording, Wording.digest == Consent.wording)
        .order_by(Consent.id)
    )
    with app.app_context():
        return [tuple(row) for row in db.session.execute(query)]


def offer(app: Flask, message_class: str = "marketing") -> str:
    """What becomes of a text of this class to the same number."""
    with app.app_context():
        return str(accept(message_class=message_class).state)


def stop_all(app: Flask, link: str) -> None:
    with app.app_context():
        requests.stop_texts(page_of(app, link).id)
        db.session.commit()


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "may text me about offers and news, 4 texts a month at most. I can stop at any time by texting STOP."),
        ("es", "puede enviarme mensajes de texto sobre offers and news, como máximo 4 texts a month."),
        ("ar", "الموضوع: offers and news. العدد على الأكثر: 4 texts a month. يمكنني إيقافها متى شئت بإرسال «توقف»."),
    ],
)
def test_what_is_read_before_is_what_is_kept(
    app: Flask, client: FlaskClient, link: str, language: str, says: str
) -> None:
    before = read(client, f"{link}?lang={language}")

    client.post(f"{link}/agree?lang={language}", data={"revision": 1})

    (said,) = evidence(app)
    assert said[:4] == ("sms", "marketing", True, language)
    assert says in said[4]
    assert said[4] in before
    assert said[4] in read(client, link)


def test_the_last_word_counts_for_what_may_leave(app: Flask, client: FlaskClient, link: str) -> None:
    states = [offer(app)]

    for revision, action in enumerate(["agree", "decline", "agree"], start=1):
        assert client.post(f"{link}/{action}", data={"revision": revision}).status_code == 303
        states.append(offer(app))

    assert states == ["suppressed", "ready", "suppressed", "ready"]
    assert [said[2] for said in evidence(app)] == [True, False, True]
    assert offer(app, "service") == "ready"


def test_a_no_to_one_class_leaves_the_others(app: Flask, client: FlaskClient) -> None:
    path = path_of(app, {**OFFERS, "message_class": "service"})

    client.post(f"{path}/decline", data={"revision": 1})

    assert (offer(app, "service"), offer(app, "urgent")) == ("suppressed", "ready")


def test_staff_read_what_was_said(app: Flask, client: FlaskClient, link: str) -> None:
    ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
    client.post(f"{link}/agree", data={"revision": 1})
    client.post(f"{link}/decline", data={"revision": 2})

    told = titles(ana.get(f"/console/pages/{encode_id(page_of(app, link).id)}").text)

    assert [title for title in told if title.startswith("Said ")] == ["Said no to texts", "Said yes to texts"]


class TestStopped:
    """Somebody stopped all texts: a yes would change nothing, and that is said in words of its own."""

    def test_a_yes_by_a_form_is_refused_with_the_way_on(self, app: Flask, client: FlaskClient, link: str) -> None:
        stop_all(app, link)
        before = evidence(app)

        refused = client.post(f"{link}/agree", data={"revision": 1})

        assert refused.status_code == 409
        assert STOPPED in refused.text
        assert "Yes, text me" in refused.text
        assert (evidence(app), page_of(app, link).state, offer(app)) == (before, "open", "suppressed")

    def test_a_yes_by_the_script_says_so_too(self, app: Flask, client: FlaskClient, link: str) -> None:
        with app.app_context():
            token = tokens.current().sign_answer(page_of(app, link).id, "agree")
        stop_all(app, link)

        refused = client.post(
            f"/a/{token}?lang=es", json={"input": {}, "revision": 1}, headers={"Idempotency-Key": str(uuid.uuid4())}
        )

        said = refused.json or {}
        assert (refused.status_code, said["code"], said["notice"]) == (409, "stopped", "stopped")
        assert "Envíenos primero ALTA y responda otra vez." in said["page"]["html"]

    def test_a_no_is_taken(self, app: Flask, client: FlaskClient, link: str) -> None:
        stop_all(app, link)

        assert client.post(f"{link}/decline", data={"revision": 1}).status_code == 303
        assert page_of(app, link).step == "declined"

    def test_a_yes_by_text_is_for_a_person_until_texts_are_started(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app)
        for body, step in (("STOP", "ask"), ("YES", "ask"), ("START", "ask"), ("YES", "agreed")):
            with app.app_context():
                dispatch.send_all(handset_channels(), owner="test")
            client.post(f"/phone/{PHONE[1:]}", data={"body": body})
            assert page_of(app, path).step == step, body

        with app.app_context():
            kinds = db.session.scalars(sa.select(Conversation.kind)).all()
        assert list(kinds) == ["reply"]
        assert offer(app) == "ready"


def test_where_no_number_is_known_there_is_nothing_to_agree_to(app: Flask, client: FlaskClient) -> None:
    path = path_of(app, phone=None, email="maria@example.com")

    refused = client.post(f"{path}/agree", data={"revision": 1})

    assert refused.status_code == 422
    assert "We don’t have your number here. Call us instead." in refused.text
    assert (evidence(app), page_of(app, path).state) == ([], "open")
