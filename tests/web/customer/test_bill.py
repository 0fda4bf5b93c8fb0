"""A bill through the customer's door: a day promised and what comes after; links that lead away say where to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import queries
from selfservice.pages.models import Page
from selfservice.tokens import encode_id
from tests.factories import issue
from tests.web.console.desk import Desk
from tests.web.console.test_detail import titles

PAY = "https://pay.example/bill/4417"


def bill(**changes: Any) -> dict[str, Any]:
    """Facts of a bill that is due in four days and may wait for seven more."""
    return {
        "amount": {"amount": "64.20", "currency": "GBP"},
        "due_on": (clock.now() + timedelta(days=4)).date().isoformat(),
        "what": "Electricity, October",
        "pay_url": PAY,
        "account": "4417",
        **changes,
    }


def path_of(app: Flask, **changes: Any) -> str:
    with app.app_context():
        return "/p/" + issue("bill_reminder", bill(**changes)).url.rpartition("/")[2]


@pytest.fixture
def link(app: Flask, client: FlaskClient) -> str:
    """The path of a fresh bill, whose check was passed on this client's device."""
    path = path_of(app)
    client.post(f"{path}/-/check", data={"typed": "4417"})
    return path


def page_of(app: Flask, link: str) -> Page:
    with app.app_context():
        return queries.get(tokens.current().read_page(link[3:]))


def in_days(app: Flask, link: str, days: int) -> datetime:
    """The moment at which a day begins, in the zone of the page."""
    zone = ZoneInfo(page_of(app, link).timezone)
    return datetime.combine(clock.now().astimezone(zone).date() + timedelta(days=days), time(), zone)


def promise(client: FlaskClient, link: str, day: datetime, *, revision: int = 1) -> TestResponse:
    return client.post(f"{link}/promise", data={"revision": revision, "pay_on": day.date().isoformat()})


def followed(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Event.data).where(Event.type == "page.followed").order_by(Event.id)))


@pytest.mark.parametrize(("hour", "is_due"), [(3, False), (6, True)])
def test_the_day_is_the_one_it_is_where_the_customer_is(
    app: Flask, client: FlaskClient, hour: int, is_due: bool
) -> None:
    """In New York a day begins at four or five o'clock, as UTC counts."""
    due_on = datetime.combine(clock.now().date() + timedelta(days=1), time(), UTC)
    path = path_of(app, due_on=due_on.date().isoformat())
    with app.app_context():
        db.session.execute(sa.update(Page).values(timezone="America/New_York"))
        db.session.commit()
    with time_machine.travel(due_on + timedelta(hours=hour), tick=False):
        client.post(f"{path}/-/check", data={"typed": "4417"})

        assert ("Due today" in client.get(path).text) == is_due


class TestPromises:
    def test_a_promise_can_be_changed(self, app: Flask, client: FlaskClient, link: str) -> None:
        day, sooner = in_days(app, link, 6), in_days(app, link, 2)
        promise(client, link, day)

        shown = client.get(link).text
        undone = client.post(f"{link}/change", data={"revision": 2})
        promise(client, link, sooner, revision=3)

        assert "You’ll pay" in shown
        assert undone.status_code == 303
        assert page_of(app, link).answers["promise"]["form"] == {"pay_on": sooner.date().isoformat()}

    @pytest.mark.parametrize(("days", "said", "action"), [(0, "today", "paid"), (1, "yesterday", "plan")])
    def test_once_its_day_has_come_there_is_a_way_on(
        self, app: Flask, client: FlaskClient, link: str, days: int, said: str, action: str
    ) -> None:
        day = in_days(app, link, 6)
        promise(client, link, day)
        with time_machine.travel(day + timedelta(days=days, hours=1), tick=False):
            client.post(f"{link}/-/check", data={"typed": "4417"})

            shown = client.get(link).text
            answered = client.post(f"{link}/{action}", data={"revision": 2, "parts": "pause"})

        assert f"Maria, you said you’d pay {said}" in shown
        assert "You’ll pay" not in shown
        assert [word for word in ("Pay £64.20", "I’ve paid", "It’s hard to pay") if word not in shown] == []
        assert answered.status_code == 303
        assert page_of(app, link).step in ("said_paid", "plan_asked")

    def test_the_page_outlives_every_day_that_may_be_promised(self, app: Flask, client: FlaskClient, link: str) -> None:
        last = in_days(app, link, 11)
        promise(client, link, last)
        with time_machine.travel(last + timedelta(days=29), tick=False):
            client.post(f"{link}/-/check", data={"typed": "4417"})
            client.post(f"{link}/change", data={"revision": 2})

        assert (page_of(app, link).state, page_of(app, link).expires_at) == ("open", last + timedelta(days=30))

    def test_no_later_day_is_spoken_of_where_none_may_be_promised(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, promise_days=0)
        client.post(f"{path}/-/check", data={"typed": "4417"})

        assert "later day" not in client.get(path).text
        with app.app_context():
            assert [body for body in db.session.scalars(sa.select(Message.body)) if "later" in body] == []

    def test_a_day_that_is_not_offered_is_refused_in_words(self, app: Flask, client: FlaskClient, link: str) -> None:
        refused = promise(client, link, in_days(app, link, 12))

        assert refused.status_code == 422
        assert "That day is no longer there. Pick another." in refused.text

    def test_staff_read_the_day_and_what_became_of_it(self, app: Flask, client: FlaskClient, link: str) -> None:
        ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
        promise(client, link, in_days(app, link, 6))
        client.post(f"{link}/change", data={"revision": 2})
        client.post(f"{link}/plan", data={"revision": 3, "parts": "pause", "situation": "I lost my job."})

        shown = ana.get(f"/console/pages/{encode_id(page_of(app, link).id)}").text

        assert [title for title in titles(shown) if not title.startswith(("Made", "Passed", "Handed"))] == [
            "Asked for a payment plan",
            "Took the answer back",
            "Promised a day to pay",
        ]
        assert "I lost my job." in shown
        assert "The customer cannot pay a bill at all now." in ana.read("/console/inbox?state=all")


class TestLinks:
    def test_a_link_leads_out_and_says_where_to(self, client: FlaskClient, link: str) -> None:
        (out,) = re.findall(rf'<a href="{PAY}"[^>]*>.*?</a>', client.get(link).text, re.DOTALL)

        assert re.search(r'rel="noreferrer" ping="/p/\w+/-/followed\?lang=en&amp;link=pay_url"', out)
        assert "<bdi>pay.example</bdi>" in out

    def test_there_is_none_without_the_fact(self, app: Flask, client: FlaskClient) -> None:
        without, having = path_of(app), path_of(app, bill_url="https://bills.example/4417.pdf")
        for path in (without, having):
            client.post(f"{path}/-/check", data={"typed": "4417"})

        assert "See the whole bill" not in client.get(without).text
        assert "bills.example" in client.get(having).text

    def test_staff_read_that_it_was_followed(self, app: Flask, client: FlaskClient, link: str) -> None:
        ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")

        told = client.post(f"{link}/-/followed?link=pay_url")

        assert (told.status_code, followed(app)) == (204, [{"link": "pay_url"}])
        shown = ana.get(f"/console/pages/{encode_id(page_of(app, link).id)}").text
        assert titles(shown)[0] == "Went to the payment page"
        assert page_of(app, link).state == "open"

    @pytest.mark.parametrize("name", ["", "what", "account", "nothing"])
    def test_what_is_no_link_of_the_page_is_not_noted(
        self, app: Flask, client: FlaskClient, link: str, name: str
    ) -> None:
        assert client.post(f"{link}/-/followed?link={name}").status_code == 404
        assert followed(app) == []

    def test_who_has_not_shown_who_they_are_follows_nothing(self, app: Flask, link: str) -> None:
        eve = app.test_client()

        assert PAY not in eve.get(link).text
        assert eve.post(f"{link}/-/followed?link=pay_url").status_code == 204
        assert followed(app) == []
