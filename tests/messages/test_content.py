"""What may not be in a text is refused with a sentence before anything is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.messages import content
from selfservice.messages.models import Message
from selfservice.pages.models import Page
from tests.factories import fraud, issue
from tests.messages.scenes import accept

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    "number",
    [CARD, "4111-1111-1111-1111", "4111111111111111", "378282246310005", "6011 0009 9013 9424", "٤١١١١١١١١١١١١١١١"],
)
def test_a_card_number_is_refused(session: Any, number: str) -> None:
    with pytest.raises(Invalid, match="card number") as refusal:
        accept(body=f"Your card {number} was used.")

    assert "sms" in refusal.value.fields
    assert number not in refusal.value.message
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize(
    "body",
    [
        "Your card ending 1111 was used.",
        "Call us on +44 20 7946 0000 1234.",
        "Order 4111 1111 1111 1112 is on its way.",
        "Open https://example.com/p/4111111111111111",
        "At 0000 0000 0000 0000 o'clock",
    ],
)
def test_what_only_looks_like_one_is_not(session: Any, body: str) -> None:
    assert accept(body=body).state == "ready"


@pytest.mark.parametrize("link", ["https://bit.ly/3xYz", "BIT.LY/abc", "http://www.tinyurl.com/x", "see is.gd/q."])
def test_a_public_shortener_is_refused(session: Any, link: str) -> None:
    with pytest.raises(Invalid, match="anybody can make"):
        accept(body=f"Open {link}")


@pytest.mark.parametrize("link", ["https://rabbit.ly.example/x", "https://example.com/bitly", "habit.lyon.example"])
def test_other_hosts_are_not(link: str) -> None:
    content.check(f"Open {link}", "urgent", "email")


def test_a_page_with_such_a_fact_is_not_made(session: Any) -> None:
    with pytest.raises(Invalid, match="card number"):
        issue("fraud_alert", fraud(merchant=CARD))
    db.session.rollback()

    assert db.session.scalar(select(func.count()).select_from(Page)) == 0


@given(st.text(alphabet="0123456789 -", max_size=40), st.text(max_size=20))
def test_what_is_masked_passes(digits: str, around: str) -> None:
    content.check(content.masked(f"{around} {digits} {around}"), "urgent", "email")
