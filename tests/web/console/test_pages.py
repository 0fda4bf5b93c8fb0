"""The list of pages: who, what, how far, which answer; found by little, at the same cost however long it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.db import db
from selfservice.pages import requests
from selfservice.tokens import encode_id
from selfservice.web.console import listing
from tests import factories
from tests.web.console.desk import Desk

Counting = Callable[[], AbstractContextManager[list[str]]]


def names_on(text: str) -> list[str]:
    return re.findall(r"(Maria Santos|Sam Reyes|Noor Haddad)", text)


def make_three(app: Flask) -> list[int]:
    """Maria's appointment, Sam's payment, Noor's appointment, in this order."""
    with app.app_context():
        return [
            factories.issue(name="Maria Santos", phone="+12025550111", case_ref="HS-1").page.id,
            factories.issue("fraud_alert", name="Sam Reyes", phone="+12025550122").page.id,
            factories.issue(name="Noor Haddad", phone="+12025550133", case_ref="HS-3").page.id,
        ]


def test_empty_list_says_what_to_do(ana: Desk) -> None:
    text = ana.read("/console/pages")

    assert "No page has been sent yet" in text
    assert "New page" in text


def test_list_tells_each_page_newest_first(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page = factories.issue().page
        requests.opened(page.id)
        db.session.commit()
        factories.act(page.id, "confirm")
    make_three(app)

    text = ana.read("/console/pages")

    assert names_on(text) == ["Noor Haddad", "Sam Reyes", "Maria Santos", "Maria Santos"]
    assert "ending 133 Appointment reminder HS-3 Not opened yet" in text
    assert "Confirmed the appointment" in text
    assert "+1202" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=maria", ["Maria Santos"]),
        ("search=122", ["Sam Reyes"]),
        ("search=HS-3", ["Noor Haddad"]),
        ("search=100%25", []),
        ("type=fraud_alert", ["Sam Reyes"]),
        ("type=unknown", ["Noor Haddad", "Sam Reyes", "Maria Santos"]),
        ("state=open", ["Noor Haddad", "Sam Reyes", "Maria Santos"]),
        ("state=answered", []),
        ("mine=1", []),
    ],
)
def test_list_is_narrowed(app: Flask, ana: Desk, query: str, found: list[str]) -> None:
    make_three(app)

    text = ana.read(f"/console/pages?{query}")

    assert names_on(text) == found
    assert ("No page fits" in text) is (not found)


def test_mine_are_those_i_made(app: Flask, ana: Desk, ben: Desk) -> None:
    make_three(app)
    with app.app_context():
        factories.issue(name="Maria Santos", actor=f"staff:{ana.user_id}")

    assert names_on(ana.read("/console/pages?mine=1")) == ["Maria Santos"]
    assert names_on(ben.read("/console/pages?mine=1")) == []


def test_whole_number_never_stands_in_an_address(app: Flask, ana: Desk) -> None:
    make_three(app)

    answer = ana.post("/console/pages", {"search": "+1 (202) 555-0122", "state": "open", "type": "", "mine": ""})

    assert answer.location == "/console/pages?search=550122&state=open"
    assert names_on(ana.read(answer.location)) == ["Sam Reyes"]


def test_page_is_found_by_its_id(app: Flask, ana: Desk) -> None:
    ids = make_three(app)

    assert names_on(ana.read(f"/console/pages?search={encode_id(ids[1])}")) == ["Sam Reyes"]


def test_list_goes_on_where_it_ended(app: Flask, ana: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    make_three(app)
    monkeypatch.setattr(listing, "ROWS", 2)

    first = ana.get("/console/pages")
    older = re.search(r'href="([^"]*below=[^"]*)"', first.text)
    assert older is not None
    rest = ana.get(older[1].replace("&amp;", "&"))

    assert names_on(first.text) == ["Noor Haddad", "Sam Reyes"]
    assert names_on(rest.text) == ["Maria Santos"]
    assert "below=" not in rest.text


@pytest.mark.parametrize("below", ["x", "1.2", "99999999999999999999.0", "1." + "0" * 11])
def test_invented_place_in_the_list_is_no_error(app: Flask, ana: Desk, below: str) -> None:
    assert ana.get(f"/console/pages?below={below}").status_code == 200


def test_list_costs_the_same_with_one_page_and_with_three(app: Flask, ana: Desk, counting: Counting) -> None:
    with app.app_context():
        factories.act(factories.issue().page.id, "confirm")
    ana.get("/console/pages")
    with counting() as one:
        ana.get("/console/pages")
    make_three(app)

    with counting() as more:
        ana.get("/console/pages")

    assert len(more) == len(one)


def test_reply_that_leaves_a_page_open_is_told(app: Flask, ana: Desk) -> None:
    with app.app_context():
        factories.act(factories.issue().page.id, "note", note="I will be ten minutes late.")

    text = ana.read("/console/pages")

    assert "Replied, still open" in text
    assert "Added a note · “I will be ten minutes late.”" in text


def test_states_are_told_in_plain_words(app: Flask, ana: Desk) -> None:
    with app.app_context():
        factories.issue(name="Maria Santos", phone="+12025550111")
    with time_machine.travel(clock.now() + timedelta(days=5)):
        text = Desk(app, "ben@example.com", name="Ben Diaz").read("/console/pages")

    assert "Ended without an answer" in text
