"""A survey through the customer's door: the first tap counts at once, and the page keeps its place."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from selfservice import tokens
from selfservice.conversations.models import Conversation
from selfservice.db import db
from selfservice.pages import queries
from selfservice.pages.models import Page
from selfservice.tokens import encode_id
from tests.factories import issue
from tests.web.console.desk import Desk
from tests.web.console.test_detail import titles

CALL = {"about": "your call with us", "ask_likely": "yes"}


@pytest.fixture
def link(app: Flask) -> str:
    """The path of a fresh survey."""
    with app.app_context():
        return "/p/" + issue("satisfaction_survey", CALL).url.rpartition("/")[2]


def page_of(app: Flask, link: str) -> Page:
    with app.app_context():
        return queries.get(tokens.current().read_page(link[3:]))


def answer(client: FlaskClient, link: str, action: str, revision: int, **form: str) -> int:
    return client.post(f"{link}/{action}", data={"revision": revision, **form}).status_code


def handed(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Conversation.reason)))


def test_the_first_tap_counts_at_once(app: Flask, client: FlaskClient, link: str) -> None:
    assert answer(client, link, "rate", 1, score="2") == 303

    page = page_of(app, link)
    assert (page.state, page.step, page.answers["rate"]["form"]) == ("answered", "low", {"score": 2})
    assert handed(app) == ["A customer was not satisfied and may be waiting to hear."]


def test_the_page_keeps_its_place(app: Flask, client: FlaskClient, link: str) -> None:
    steps = [
        ("rate", {"score": "5"}, "Good to hear. What did you like?"),
        ("thank", {"liked": "friendly", "praise": "Jo, by name."}, "Would you recommend"),
        ("recommend", {"likely": "9"}, "Thank you for telling us, Maria"),
    ]
    for revision, (action, form, headline) in enumerate(steps, start=1):
        assert answer(client, link, action, revision, **form) == 303
        for reader in (client, app.test_client()):  # Another day, or another phone.
            assert headline in reader.get(link).text

    given = {action: standing["form"] for action, standing in page_of(app, link).answers.items()}
    assert given == {
        "rate": {"score": 5},
        "thank": {"liked": "friendly", "praise": "Jo, by name."},
        "recommend": {"likely": 9},
    }
    assert handed(app) == []


def test_each_later_question_can_be_left_out(app: Flask, client: FlaskClient, link: str) -> None:
    for revision, (action, form) in enumerate([("rate", {"score": "3"}), ("skip", {}), ("finish", {})], start=1):
        assert answer(client, link, action, revision, **form) == 303

    assert page_of(app, link).step == "thanks"


def test_a_rating_can_be_changed_and_then_asks_anew(app: Flask, client: FlaskClient, link: str) -> None:
    answer(client, link, "rate", 1, score="1")

    assert answer(client, link, "change", 2) == 303
    assert "Maria, how was your call with us?" in client.get(link).text
    assert answer(client, link, "rate", 3, score="4") == 303

    page = page_of(app, link)
    assert (page.step, page.answers["rate"]["form"]) == ("high", {"score": 4})


def test_what_belongs_to_another_rating_is_refused(app: Flask, client: FlaskClient, link: str) -> None:
    answer(client, link, "rate", 1, score="5")

    assert answer(client, link, "tell", 2, reason="wait") == 409
    assert page_of(app, link).step == "high"


def test_staff_read_the_answers_in_words(app: Flask, client: FlaskClient, link: str) -> None:
    ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
    answer(client, link, "rate", 1, score="1")
    answer(client, link, "tell", 2, reason="unsolved", better="Call back when you say so.")

    shown = ana.get(f"/console/pages/{encode_id(page_of(app, link).id)}").text

    told = [title for title in titles(shown) if not title.startswith(("Made", "Handed", "Opened"))]
    assert told == ["Said what went wrong", "Rated it"]
    assert "It isn’t solved" in shown
    assert "Call back when you say so." in shown
