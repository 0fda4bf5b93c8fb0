"""What staff see of texts: the one that will be sent, before it is, and those that came in."""

from __future__ import annotations

import pytest
from flask import Flask

from selfservice import tokens
from tests.factories import PHONE, issue
from tests.harness.post import Line
from tests.web.console.desk import Desk, text_of

FACTS = {"fact_merchant": "ELECTRO-HUB", "fact_amount": "428.00 GBP", "fact_card_ending": "17"}


def test_the_form_shows_the_question_that_will_be_sent(app: Flask) -> None:
    desk = Desk(app, "ana@example.com", name="Ana", role="admin")
    line = Line(app)
    form = {"situation": "fraud_alert", "phone": PHONE, "language": "en", **FACTS}

    told = desk.post("/console/new/look", form).json["text"]
    desk.post("/console/new", {**form, "do": "send"})

    assert line.deliver() == [told["body"]]
    assert "://" not in told["body"]
    assert "only “Merchant”, “Amount” and “Last digits of the card” are in the text" in told["meter"]


@pytest.mark.parametrize(
    ("situation", "facts", "sentence"),
    [
        (
            "fraud_alert",
            {**FACTS, "fact_merchant": "4111 1111 1111 1111"},
            "The text would show a card number: name its last four digits at most, and leave the rest on the page.",
        ),
        (
            "fraud_alert",
            {**FACTS, "fact_merchant": "bit.ly/offer"},
            ("The text holds a link of bit.ly, which anybody can make and networks filter: use the page's link."),
        ),
    ],
)
def test_what_may_not_be_in_a_text_is_said_while_it_is_written_and_when_it_is_sent(
    app: Flask, situation: str, facts: dict[str, str], sentence: str
) -> None:
    desk = Desk(app, "ana@example.com", name="Ana", role="admin")
    form = {"situation": situation, "phone": PHONE, "language": "en", **facts}

    told = desk.post("/console/new/look", form).json["text"]
    refused = desk.post("/console/new", {**form, "do": "send"})

    assert told["problem"] == sentence
    assert refused.status_code == 422
    assert sentence in text_of(refused)


def test_a_text_is_in_the_inbox_and_on_its_page(app: Flask) -> None:
    desk = Desk(app, "ana@example.com", name="Ana", role="admin")
    line = Line(app)
    with app.app_context():
        page_id = issue().page.id
    line.deliver()

    line.text(PHONE, "Is there <b>parking</b>?")
    line.text("+12025550177", "Wrong person?")

    inbox = desk.read("/console/inbox")
    assert "Sent a text" in inbox
    assert "Is there &lt;b&gt;parking&lt;/b&gt;?" in inbox
    assert "Wrong person?" in inbox
    page = desk.read(f"/console/pages/{_name(app, page_id)}")
    assert "Wrote a text" in page


def _name(app: Flask, page_id: int) -> str:
    with app.app_context():
        return tokens.encode_id(page_id)
