"""Pages speak for their brand: by type, by key, for good; and honestly about when it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from selfservice import clock
from selfservice.brands import queries, service, timetable
from selfservice.cli.commands import attach
from selfservice.conversations.models import Conversation
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.messages.models import Message
from selfservice.pages import requests
from selfservice.pages.models import Page
from selfservice.pages.service import Issued
from tests.factories import appointment, issue, soon

# A Saturday; London is at UTC.
NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
NORTH: dict[str, Any] = {
    "name": "North Clinic",
    "names": {"es": "Clínica Norte"},
    "colour": "#7a1f4b",
    "phone": "+442079460310",
    "country": "GB",
    "timezone": "Europe/London",
    "opening": timetable.read(["mon-fri 08:00-18:30"]),
}


@pytest.fixture(autouse=True)
def _north(app: Flask) -> Iterator[None]:
    with clock.at(NOW), app.app_context():
        service.ensure_default()
        service.add("north", NORTH, actor="cli")
        db.session.commit()
        yield
        db.session.remove()


def brand_of(issued: Issued) -> str:
    return queries.get(issued.page.brand_id).key


def path_of(issued: Issued) -> str:
    return "/p/" + issued.url.rpartition("/")[2]


def test_a_page_speaks_for_the_brand_that_is_named_or_else_for_that_of_its_type() -> None:
    assert brand_of(issue()) == "default"
    assert brand_of(issue(brand="north")) == "north"

    service.change(queries.get_by_key("north"), {"situations": ["fraud_alert"]}, actor="cli")
    db.session.commit()

    assert brand_of(issue("fraud_alert")) == "north"
    with pytest.raises(NotFound, match="There is no brand called south; use one of these: default, north"):
        issue(brand="south")


def test_a_page_keeps_its_brand_when_its_case_comes_again() -> None:
    first = issue(brand="north", case_ref="A-1", ref="maria")
    same = issue(facts=appointment(place="2 Quay"), case_ref="A-1", ref="maria", brand="default")
    answered = issue(brand="north", case_ref="A-2", ref="maria")
    answered.page.state = "answered"
    db.session.commit()
    newer = issue(facts=appointment(place="2 Quay"), case_ref="A-2", ref="maria")

    assert (same.was, same.page.id, brand_of(same)) == ("updated", first.page.id, "north")
    assert (newer.was, brand_of(newer)) == ("superseded", "north")


def test_all_that_is_said_about_a_page_is_said_by_its_brand(client: FlaskClient) -> None:
    issued = issue(brand="north", language="es")
    mailed = issue(brand="north", phone=None, email="maria@example.com")

    senders = db.session.execute(select(Message.channel, Message.sender).order_by(Message.channel)).all()
    assert [tuple(row) for row in senders] == [("email", "North Clinic"), ("sms", "Clínica Norte")]
    html = db.session.get(Message, mailed.messages[0].id)
    assert html is not None
    assert "#7a1f4b" in html.payload["html"]
    assert "+44 20 7946 0310" in html.body
    page = client.get(path_of(issued)).text
    assert "--b:#7a1f4b" in page
    assert "Clínica Norte" in page
    verified = client.post("/verify?lang=es", data={"what": issued.url}).text
    assert "Clínica Norte" in verified


def test_a_page_says_when_nobody_is_there_and_promises_a_call_for_when_somebody_is(client: FlaskClient) -> None:
    path = path_of(issue(brand="north"))

    closed = client.get(path).text
    asked = client.get(f"{path}/-/callback").text
    client.post(f"{path}/-/callback?lang=en", headers={"Origin": "http://localhost"})

    assert "Monday to Friday, 8 am to 6:30 pm" in closed
    assert "Nobody is here now. We open on Monday at 8 am." in closed
    assert "Nobody is here now. We open on Monday at 8 am." in asked
    due_at = db.session.scalar(select(Conversation.due_at))
    assert due_at == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    promised = client.get(path).text
    assert "by Monday 23 November, 8:30 am." in promised
    assert "Nobody is here now" not in promised
    with clock.at(NOW + timedelta(days=2)):
        other = client.get(path_of(issue(brand="north", phone="+12025550188"))).text
    assert "Nobody is here" not in other


def test_a_call_is_promised_within_half_an_hour_while_somebody_is_there_and_where_nobody_said_when() -> None:
    with clock.at(NOW + timedelta(days=2)):
        assert requests.ask_callback(issue(brand="north").page.id) == clock.now() + timedelta(minutes=30)
        assert requests.ask_callback(issue(phone="+12025550188").page.id) == clock.now() + timedelta(minutes=30)


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Nobody is here now. We open on Monday at 8 am."),
        ("es", "Ahora no hay nadie. Abrimos el lunes a las 8:00."),
        ("ar", "لا يوجد أحد هنا الآن. نفتح يوم الاثنين الساعة 8:00 ص."),
        ("pl", "Teraz nikogo tu nie ma. Otwieramy w poniedziałek o 08:00."),
        ("zh", "现在没有人值班。我们星期一 08:00开始服务。"),
        ("hi", "अभी यहाँ कोई नहीं है। काम सोमवार को सुबह 8:00 बजे शुरू होगा।"),
    ],
)
def test_nobody_is_there_in_every_language(client: FlaskClient, language: str, sentence: str) -> None:
    path = path_of(issue(brand="north"))

    assert sentence in client.get(f"{path}?lang={language}").text


@pytest.mark.database("sqlite")
def test_a_line_that_was_written_stands_in_place_of_the_one_worked_out(client: FlaskClient) -> None:
    service.change(queries.get_by_key("north"), {"hours": {"en": "When the lamp is lit"}}, actor="cli")
    db.session.commit()
    path = path_of(issue(brand="north", send_at=None, expires_at=soon(days=2)))

    assert "When the lamp is lit" in client.get(path).text
    assert "De lunes a viernes, de 8:00 a 18:30" in client.get(f"{path}?lang=es").text


def test_a_page_is_made_for_a_brand_from_the_command_line(app: Flask) -> None:
    def run(*arguments: str) -> Result:
        done = attach(app).test_cli_runner().invoke(args=arguments)
        db.session.remove()  # Each is a process of its own; a session that has read keeps writers out for 15 s.
        return done

    words = ("--to", "+12025550123", "--brand", "north", "--json")

    sent = run("situation", "send", "appointment_reminder", "booked", *words)
    made = run("page", "issue", "appointment_reminder", "--facts", json.dumps(appointment()), *words)
    refused = run("situation", "send", "appointment_reminder", "booked", *words[:3], "south")

    pages = [queries.get(brand_id).key for brand_id in db.session.scalars(select(Page.brand_id))]
    assert (sent.exit_code, made.exit_code, pages) == (0, 0, ["north", "north"])
    assert (refused.exit_code, "There is no brand called south" in refused.stderr) == (1, True)
