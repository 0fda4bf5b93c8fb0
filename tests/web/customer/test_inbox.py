"""The door of the list of pages: what a device sees of its own, what may be kept of it, and forgetting it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from selfservice import clock, tokens
from selfservice.customers.models import Device, DevicePage
from selfservice.db import db
from selfservice.pages import service
from selfservice.pages.models import CheckPass
from selfservice.situations import registry
from tests.factories import act, fraud, issue

Link = Callable[..., str]


@pytest.fixture
def link(app: Flask) -> Link:
    """`link("fraud_alert", fraud())` gives the path of a fresh page."""

    def make(situation: str = "appointment_reminder", facts: object = None) -> str:
        with app.app_context():
            return "/p/" + issue(situation, facts).url.rpartition("/")[2]  # type: ignore[arg-type]

    return make


def order(app: Flask) -> dict[str, object]:
    with app.app_context():
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - the sample's zone

        return (
            registry.current()
            .get("order_status")
            .samples["out_for_delivery"]
            .facts(zone=ZoneInfo("UTC"), now=clock.now())
        )


def page_id(app: Flask, link: str) -> int:
    with app.app_context():
        return tokens.current().read_page(link.rpartition("/")[2])


def rows(text: str) -> list[str]:
    return re.findall(r'<a href="(/p/\w+)"', text)


def test_device_sees_its_own_pages_newest_first(app: Flask, client: FlaskClient, link: Link) -> None:
    first, second, others = link(), link("fraud_alert", fraud()), link()
    for path in (second, first):
        client.post(f"{path}/-/opened")
    app.test_client().post(f"{others}/-/opened")

    response = client.get("/inbox")

    assert rows(response.text) == [second, first]
    assert response.headers["Cache-Control"] == "no-store"
    assert "X-Keep" not in response.headers
    assert client.get("/inbox/count").json == {"open": 2}


def test_stranger_sees_nothing(app: Flask, client: FlaskClient, link: Link) -> None:
    client.post(f"{link()}/-/opened")
    eve = app.test_client()
    eve.set_cookie("device", "A" * 32)

    assert rows(eve.get("/inbox").text) == []
    assert eve.get("/inbox/count").json == {"open": 0}


def test_list_tells_nothing_that_is_on_a_page(client: FlaskClient, link: Link) -> None:
    client.post(f"{link()}/-/opened")

    text = client.get("/inbox").text

    assert [fact for fact in ("Amina", "Harbour", "Maria") if fact in text] == []


def test_kept_list_holds_only_what_opens_without_a_network(app: Flask, client: FlaskClient, link: Link) -> None:
    parcel, visit = link("order_status", order(app)), link()
    for path in (parcel, visit):
        client.post(f"{path}/-/opened")

    response = client.get("/inbox?kept=1")

    assert rows(response.text) == [parcel]
    seal, until = response.headers["X-Keep"].split()
    assert seal == "device"
    assert timedelta(days=29) < datetime.fromtimestamp(int(until), UTC) - clock.now() < timedelta(days=31)


def test_looking_changes_nothing(app: Flask, client: FlaskClient, link: Link) -> None:
    client.post(f"{link()}/-/opened")
    with app.app_context():
        seen = db.session.scalars(sa.select(Device.seen_at)).all()

    for path in ("/inbox", "/inbox?kept=1", "/inbox/count", "/device/forget", "/device/forgotten"):
        assert client.get(path).headers.getlist("Set-Cookie") == []

    with app.app_context():
        assert db.session.scalars(sa.select(Device.seen_at)).all() == seen


def test_forgetting_takes_the_device_its_pages_and_its_passes(app: Flask, client: FlaskClient, link: Link) -> None:
    path = link()
    client.post(f"{path}/-/opened")
    with app.app_context():
        device = db.session.scalars(sa.select(Device)).one()
        now = clock.now()
        passed = CheckPass(page_id=page_id(app, path), device_id=device.id, kind="last4", passed_at=now, seen_at=now)
        db.session.add(passed)
        db.session.commit()

    response = client.post("/device/forget")

    assert (response.status_code, response.headers["Location"]) == (303, "/device/forgotten")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage", "cookies"'
    assert "device=;" in response.headers["Set-Cookie"]
    with app.app_context():
        counts = [
            db.session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (Device, DevicePage, CheckPass)
        ]
    assert counts == [0, 0, 0]
    assert "This device is forgotten" in client.get("/device/forgotten").text
    assert client.post("/device/forget").status_code == 303


class TestWhatAPhoneMayKeep:
    def test_a_page_is_kept_until_it_ends(self, app: Flask, client: FlaskClient, link: Link) -> None:
        path = link()

        kept = client.get(path).headers["X-Keep"]

        with app.app_context():
            ends_at = service.queries.get(page_id(app, path)).expires_at
        assert kept == f"link {int(ends_at.timestamp())}"

    def test_an_order_opens_from_the_list(self, app: Flask, client: FlaskClient, link: Link) -> None:
        assert client.get(link("order_status", order(app))).headers["X-Keep"].startswith("device ")

    def test_a_type_may_take_it_back_once_answered(self, app: Flask, client: FlaskClient, link: Link) -> None:
        path = link("fraud_alert", fraud())
        assert client.get(path).headers["X-Keep"].startswith("link ")

        with app.app_context():
            act(page_id(app, path), "no")

        assert client.get(path).headers["X-Keep"] == "purge"

    def test_nothing_is_kept_of_a_page_that_has_ended(self, app: Flask, client: FlaskClient, link: Link) -> None:
        path = link()
        with app.app_context():
            service.revoke(page_id(app, path), actor="cli")
            db.session.commit()

        assert client.get(path).headers["X-Keep"] == "none"
