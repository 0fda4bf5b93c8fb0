"""What the form says before it is sent: that the text would wait, or not leave at all, by the rules in force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from selfservice import clock
from selfservice.config import Settings
from selfservice.pages import wishes
from tests import factories, messages
from tests.harness.application import make_settings
from tests.web.console.desk import Desk
from tests.web.console.test_new import form, look, pages_and_texts

LONDON = ZoneInfo("Europe/London")
THEIRS = "+447700900123"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Rules of hours of our own."""
    return make_settings(database_url, tmp_path, COURTESY=str(Path(messages.__file__).with_name("by_day.toml")))


def today(hour: int) -> datetime:
    return clock.now().astimezone(LONDON).replace(hour=hour, minute=30)


def test_a_text_at_night_says_until_when_it_waits(app: Flask) -> None:
    with clock.at(today(22)):
        ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
        waits = look(ana, phone=THEIRS)["waits"]
        sent = ana.post("/console/new", form(phone=THEIRS, do="send"))

        assert waits.startswith("Waits until tomorrow, 8:00 am. It is too early or too late in the day")
        assert "Waits for the morning" in ana.read(sent.location)


def test_a_text_by_day_and_a_warning_by_night_do_not_wait(app: Flask) -> None:
    with clock.at(today(12)):
        ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
        assert look(ana, phone=THEIRS)["waits"] == ""
        assert pages_and_texts(app) == (0, 0)
    with clock.at(today(22)):
        ben = Desk(app, "ben@example.com", name="Ben Diaz", role="supervisor", team="reception")
        facts = {"fact_merchant": "ELECTRO-HUB", "fact_amount": "428.00 GBP", "fact_card_ending": "8817"}
        told = look(ben, phone=THEIRS, situation="fraud_alert", **facts)
        assert (told["waits"], told["text"]["problem"]) == ("", "")


def test_a_text_that_its_customer_said_no_to_is_foreseen(app: Flask) -> None:
    with clock.at(today(12)):
        ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
        with app.app_context():
            page_id = factories.issue(phone=THEIRS).page.id
            path = wishes.url_of(page_id).partition("/preferences")[2]
        app.test_client().post(f"/preferences{path}", data={"do": "save", "service": "no"})

        assert look(ana, phone=THEIRS)["waits"] == "Not sent. The customer wants no more of this kind of message"
