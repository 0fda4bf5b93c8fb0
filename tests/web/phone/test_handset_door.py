"""The development handset's door: what it shows, what it takes, and that production has none."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from selfservice.brands import service as brands
from selfservice.config import Settings
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages.channels import handset
from selfservice.messages.channels.contract import Outgoing, Text
from selfservice.messages.models import HandsetText
from selfservice.tokens import Key
from selfservice.web.phone.shown import Piece, split_links
from tests.harness.application import make_app
from tests.messages.scenes import OTHER, PHONE, handset_channels

LINK = "https://example.com/p/0abcdefghijKLMNOPQRSTUVWXYZ0123456"


@pytest.fixture
def phone(app: Flask) -> Callable[..., None]:
    """Sends a text to the handset; a brand is set up."""
    with app.app_context():
        brands.ensure_default()
        db.session.commit()

    def send(number: str = PHONE, body: str = f"Your visit: {LINK}.", *, sender: str = "Harbour Clinic") -> None:
        with app.app_context():
            reference = f"{handset.last_id():011}"
            db.session.rollback()
            handset_channels().get("sms").send(Outgoing(reference, number, Text(body, sender), timedelta(hours=1)))

    return send


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        ("", ()),
        ("No link", (Piece("No link"),)),
        (LINK, (Piece(LINK, LINK),)),
        (f"See {LINK}.", (Piece("See "), Piece(LINK, LINK), Piece("."))),
        (f"({LINK}), or call", (Piece("("), Piece(LINK, LINK), Piece("), or call"))),
        (f"افتح {LINK}؟", (Piece("افتح "), Piece(LINK, LINK), Piece("؟"))),
        ("http://a.b\nhttp://c.d", (Piece("http://a.b", "http://a.b"), Piece("\n"), Piece("http://c.d", "http://c.d"))),
        ("javascript:alert(1)", (Piece("javascript:alert(1)"),)),
    ],
)
def test_a_body_is_cut_at_its_links(body: str, pieces: tuple[Piece, ...]) -> None:
    assert split_links(body) == pieces
    assert "".join(piece.words for piece in split_links(body)) == body


def test_phones_are_listed_with_their_names(app: Flask, client: FlaskClient, phone: Callable[..., None]) -> None:
    with app.app_context():
        customers.find_or_make(phone=PHONE, name="Ana Ruiz")
        db.session.commit()
    phone(PHONE)
    phone(OTHER, "Second")

    html = client.get("/phone").text

    assert re.findall(r'href="/phone/(\d+)"', html) == [OTHER[1:], PHONE[1:]]
    assert "Ana Ruiz" in html
    assert "+1 202-555-0124" in html


def test_an_empty_handset_says_what_to_do(client: FlaskClient, phone: Callable[..., None]) -> None:
    html = client.get("/phone").text

    assert "No texts and no e-mails yet." in html
    assert "Choose a phone" in html


def test_a_phone_shows_its_texts_with_links_that_open(client: FlaskClient, phone: Callable[..., None]) -> None:
    phone()

    html = client.get(f"/phone/{PHONE[1:]}").text

    assert f'<a href="{LINK}" target="_blank" rel="noopener">{LINK}</a>.</p>' in html
    assert "Harbour Clinic" in html
    assert "1 text, GSM-7" in html


def test_a_body_is_never_markup(client: FlaskClient, phone: Callable[..., None]) -> None:
    phone(body='<script>alert(1)</script> https://a.b/"onclick=x <b>')

    html = client.get(f"/phone/{PHONE[1:]}").text

    assert "<script>alert" not in html
    assert "onclick=x" in html
    assert not re.search(r"<a[^>]*onclick", html)


def test_the_page_runs_under_a_strict_policy(client: FlaskClient, phone: Callable[..., None]) -> None:
    phone()

    response = client.get(f"/phone/{PHONE[1:]}")

    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|style=|<script>|\son\w+=", response.text)


def test_nothing_new_is_not_sent_again(client: FlaskClient, phone: Callable[..., None]) -> None:
    phone()
    first = client.get(f"/phone/{PHONE[1:]}")

    again = client.get(f"/phone/{PHONE[1:]}", headers={"If-None-Match": first.headers["ETag"]})
    phone(OTHER)
    then = client.get(f"/phone/{PHONE[1:]}", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.data, then.status_code) == (200, 304, b"", 200)


def test_a_reply_is_kept_for_its_sender(app: Flask, client: FlaskClient, phone: Callable[..., None]) -> None:
    phone()

    response = client.post(f"/phone/{PHONE[1:]}", data={"body": "  Yes, thanks  "})

    assert (response.status_code, response.headers["Location"]) == (303, f"/phone/{PHONE[1:]}")
    with app.app_context():
        text = db.session.scalars(select(HandsetText).where(HandsetText.direction == "in")).one()
        assert (text.number, text.sender, text.body, text.client_ref) == (
            PHONE,
            "Harbour Clinic",
            "Yes, thanks",
            None,
        )
    assert "Yes, thanks" in client.get(f"/phone/{PHONE[1:]}").text


@pytest.mark.parametrize("body", ["", "   "])
def test_an_empty_reply_is_nothing(app: Flask, client: FlaskClient, phone: Callable[..., None], body: str) -> None:
    phone()

    assert client.post(f"/phone/{PHONE[1:]}", data={"body": body}).status_code == 303
    with app.app_context():
        assert db.session.query(HandsetText).count() == 1


def test_another_site_cannot_reply(client: FlaskClient, phone: Callable[..., None]) -> None:
    phone()

    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(f"/phone/{PHONE[1:]}", data={"body": "Hi"}, headers=headers).status_code == 403


@pytest.mark.parametrize("address", ["1", "abc", "+", "12025550199", "1202555012312345678", "-"])
def test_a_phone_without_texts_is_not_found(client: FlaskClient, phone: Callable[..., None], address: str) -> None:
    phone()

    assert client.get(f"/phone/{address}", follow_redirects=True).status_code == 404
    assert client.post(f"/phone/{address}", data={"body": "Hi"}).status_code == 404


def test_a_number_with_its_plus_leads_to_its_phone(client: FlaskClient, phone: Callable[..., None]) -> None:
    phone()

    assert client.get(f"/phone/{PHONE}").headers["Location"] == f"/phone/{PHONE[1:]}"


@pytest.mark.parametrize("size", [1, 3])
def test_the_list_costs_the_same_with_more_phones(
    client: FlaskClient,
    phone: Callable[..., None],
    size: int,
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    for place in range(size):
        phone(f"+1202555010{place}")
    client.get("/phone")

    with counting() as statements:
        client.get("/phone/12025550100")

    # The newest text, the brand, the phones, their names, one phone's texts.
    assert len(statements) == 7


def test_days_have_headings_in_the_brands_zone(client: FlaskClient, phone: Callable[..., None], app: Flask) -> None:
    with app.app_context():
        zone = brands.ensure_default().timezone
        db.session.rollback()
    days = [datetime(2026, 11, day, 12, 5, tzinfo=UTC) for day in (18, 20, 21)]
    for day in days:
        with time_machine.travel(day, tick=False):
            phone(body=f"On {day.day}")

    with time_machine.travel(days[-1], tick=False):
        html = client.get(f"/phone/{PHONE[1:]}").text

    assert re.findall(r"<h3>(.*?)</h3>", html) == ["Wed 18 Nov", "Yesterday", "Today"]
    assert f"Times in {zone.replace('_', ' ')}" in html


@pytest.mark.database("sqlite")
def test_production_has_no_handset(settings: Settings) -> None:
    production: dict[str, Any] = {
        "env": "production",
        "base_url": "https://pages.example",
        "data_keys": (Key("x", "4kD8sQ1wZ7nB3vM6cR9tY2uI5oP0aLgH"),),
    }
    client = make_app(settings.model_copy(update=production)).test_client()

    for path in ("/phone", f"/phone/{PHONE[1:]}"):
        assert client.get(path).status_code == 404
    assert client.post(f"/phone/{PHONE[1:]}", data={"body": "Hi"}).status_code == 404
