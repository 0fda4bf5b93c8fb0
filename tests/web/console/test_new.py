"""Making a page: what is right becomes a page and a text, what is wrong comes back with nothing lost."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.brands import service as brands
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages.models import Message
from selfservice.pages.models import Page
from tests import factories
from tests.web.console.desk import Desk, text_of


def form(**changes: str) -> dict[str, str]:
    """The form of an appointment, filled in as staff do."""
    at = factories.soon(days=3)
    filled = {
        "situation": "appointment_reminder",
        "phone": "(202) 555-0123",
        "name": "Maria Santos",
        "language": "en",
        "fact_at": f"{at:%Y-%m-%dT%H:%M}",
        "fact_person": "Dr Amina Okafor",
        "fact_place": "14 Harbour Street",
        "fact_bring": "Your current medicines",
        "fact_offered": f"{factories.soon(days=4):%Y-%m-%d %H:%M}\n{factories.soon(days=5):%Y-%m-%d %H:%M}",
    }
    return {**filled, **changes}


def pages_and_texts(app: Flask) -> tuple[int, int]:
    with app.app_context():
        return db.session.query(Page).count(), db.session.query(Message).count()


def value_of(text: str, name: str) -> str:
    """What a field of the form holds."""
    field = re.search(rf'<(?:input|textarea)[^>]*\bname="{name}"[^>]*>(?:([^<]*)</textarea>)?', text)
    assert field is not None, name
    if field[1] is not None:
        return html.unescape(field[1])
    value = re.search(r'value="([^"]*)"', field[0])
    return html.unescape(value[1]) if value else ""


def test_form_shows_the_fields_of_the_first_type(ana: Desk) -> None:
    shown = ana.get("/console/new")

    text = text_of(shown)
    assert "Appointment reminder" in text
    assert "With whom" in text
    assert 'type="datetime-local"' in shown.text
    assert value_of(shown.text, "fact_at") == ""
    assert "style=" not in shown.text


def test_unknown_type_falls_back_to_the_first(ana: Desk) -> None:
    assert "With whom" in ana.read("/console/new?type=nothing")


@pytest.mark.parametrize(("key", "label"), [("fraud_alert", "Merchant"), ("order_status", "Order number")])
def test_each_type_has_its_own_form(ana: Desk, key: str, label: str) -> None:
    assert label in ana.read(f"/console/new?type={key}")


def test_sample_fills_the_form(ana: Desk) -> None:
    shown = ana.get("/console/new?type=appointment_reminder&sample=booked").text

    assert value_of(shown, "fact_person") == "Dr Amina Okafor"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT10:20", value_of(shown, "fact_at"))
    assert value_of(shown, "fact_offered").count("\n") == 7
    assert value_of(shown, "phone") == ""


def test_page_is_made_and_its_text_accepted(app: Flask, ana: Desk) -> None:
    answer = ana.post("/console/new", form(do="send"))

    assert answer.status_code == 303
    assert pages_and_texts(app) == (1, 1)
    with app.app_context():
        page = db.session.query(Page).one()
        text = db.session.query(Message).one()
        assert page.created_by == f"staff:{ana.user_id}"
        assert page.facts["person"] == "Dr Amina Okafor"
        assert text.recipient == "+12025550123"
    shown = ana.read(answer.location)
    assert "The text is on its way." in shown
    assert "Made by Ana Silva" in shown


def test_the_same_form_sent_twice_is_one_page_with_one_text(app: Flask, ana: Desk) -> None:
    twice = form(page_id=value_of(ana.get("/console/new").text, "page_id"))

    first = ana.post("/console/new", twice)
    second = ana.post("/console/new", twice)

    assert first.headers["Location"] == second.headers["Location"]
    assert pages_and_texts(app) == (1, 1)


def test_page_goes_to_an_address_where_there_is_no_number(app: Flask, ana: Desk) -> None:
    answer = ana.post("/console/new", form(do="send", phone="", email="Maria@Example.com"))

    with app.app_context():
        letter = db.session.query(Message).one()
        assert (letter.channel, letter.recipient) == ("email", "maria@example.com")
    assert "The e-mail is on its way." in ana.read(answer.location)


def test_what_is_sent_is_shown_before_it_is(ana: Desk) -> None:
    told = ana.post("/console/new/look", form(phone="", email="maria@example.com")).json

    assert told["text"]["subject"].startswith("Can you come on ")
    assert told["customer"] == {
        "number": "maria@example.com",
        "field": "email",
        "known": False,
        "name": "",
        "language": "",
        "stopped": False,
        "pages": [],
    }


def test_nothing_goes_to_an_address_that_asked_for_nothing(app: Flask, ana: Desk) -> None:
    with app.app_context():
        customers.suppress("maria@example.com", "asked", channel="email")
        db.session.commit()

    refused = ana.post("/console/new", form(do="send", phone="", email="maria@example.com"))

    assert refused.status_code == 422
    assert "This address asked for no e-mails." in text_of(refused)
    assert value_of(refused.text, "email") == "maria@example.com"
    assert pages_and_texts(app) == (0, 0)


def test_a_wrong_address_comes_back_with_a_sentence(ana: Desk) -> None:
    refused = ana.post("/console/new", form(do="send", email="maria at example"))

    assert "That is not an e-mail address" in text_of(refused)
    assert '<details class="more-fields" open>' in " ".join(refused.text.split())


def test_moment_is_read_in_the_brands_zone(app: Flask, ana: Desk) -> None:
    with app.app_context():
        brand = brands.ensure_default()
        brand.timezone = "Asia/Dubai"
        brands.save(brand)
        db.session.commit()
    at = factories.soon(days=3).replace(hour=10, minute=20)

    ana.post("/console/new", form(do="send", fact_at=f"{at:%Y-%m-%d}T10:20"))

    with app.app_context():
        assert db.session.query(Page).one().facts["at"] == f"{at:%Y-%m-%d}T10:20:00+04:00"


def test_a_day_may_be_offered_until_it_is_over_in_the_brands_zone(app: Flask) -> None:
    with app.app_context():
        brands.change(brands.ensure_default(), {"timezone": "America/New_York"}, actor="cli")
        db.session.commit()
    today = clock.now().date()
    order = {
        "situation": "order_status",
        "fact_order": "20-4417",
        "fact_items": "2 parcels",
        "fact_stages": "Delivered",
        "fact_window_from": f"{today}T23:00",
        "fact_window_to": f"{today}T23:30",
        "fact_delivery_days": str(today),
    }
    with time_machine.travel(datetime.combine(today + timedelta(days=1), time(3), UTC), tick=False):
        there = Desk(app, "rae@example.com", name="Rae", role="supervisor", team="deliveries")
        there.post("/console/new", form(do="send", **order))

    assert pages_and_texts(app) == (1, 1)


def test_text_in_the_customers_language(app: Flask, ana: Desk) -> None:
    ana.post("/console/new", form(do="send", language="es"))

    with app.app_context():
        assert db.session.query(Page).one().locale == "es"
        assert "puede" in db.session.query(Message).one().body.lower()


@pytest.mark.parametrize("do", ["link", "qr"])
def test_link_is_made_without_a_text(app: Flask, ana: Desk, do: str) -> None:
    answer = ana.post("/console/new", form(do=do))

    assert pages_and_texts(app) == (1, 0)
    assert answer.location.endswith("/qr" if do == "qr" else "?made=link")
    assert ana.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"phone": ""}, "phone", "There is no phone number"),
        ({"phone": "12"}, "phone", "phone number"),
        ({"fact_person": ""}, "fact_person", "With whom is missing; fill it in."),
        ({"fact_at": "2020-01-01T10:20"}, "fact_at", "When has passed"),
        ({"fact_at": "tomorrow"}, "fact_at", "Write a date and time"),
        ({"fact_map_url": "http://maps.example"}, "fact_map_url", "https://"),
        ({"fact_offered": "2026-13-01 10:00"}, "fact_offered", "Write a date and time"),
        ({"name": "x" * 121}, "name", "too long"),
        ({"case_ref": "x" * 81}, "case_ref", "at most 80 characters"),
    ],
)
def test_wrong_field_comes_back_with_its_sentence_and_nothing_lost(
    app: Flask, ana: Desk, changes: dict[str, str], field: str, sentence: str
) -> None:
    sent = form(do="send", **changes)

    answer = ana.post("/console/new", sent)

    assert answer.status_code == 422
    assert pages_and_texts(app) == (0, 0)
    problem = re.search(rf'id="{field}-problem">(.*?)</p>', answer.text, re.DOTALL)
    assert problem is not None
    assert sentence in html.unescape(problem[1])
    for name in ("phone", "name", "fact_at", "fact_person", "fact_place", "fact_bring", "fact_offered"):
        assert value_of(answer.text, name).strip() == sent[name].strip(), name


def test_every_wrong_field_is_told_at_once(ana: Desk) -> None:
    answer = ana.post("/console/new", form(do="send", phone="", fact_person="", fact_place=""))

    assert "Not sent yet. 3 fields need a look." in text_of(answer)
    assert answer.text.count('aria-invalid="true"') == 3


def test_number_that_asked_for_no_texts_is_refused_but_gets_a_link(app: Flask, ana: Desk) -> None:
    with app.app_context():
        customers.suppress("+12025550123", "asked on a page")
        db.session.commit()

    refused = ana.post("/console/new", form(do="send"))
    made = ana.post("/console/new", form(do="link"))

    assert refused.status_code == 422
    assert "This number asked for no texts." in text_of(refused)
    assert made.status_code == 303
    assert pages_and_texts(app) == (1, 0)


def test_same_case_changes_the_page_instead_of_making_another(app: Flask, ana: Desk) -> None:
    ana.post("/console/new", form(do="send", case_ref="HS-1"))

    answer = ana.post("/console/new", form(do="send", case_ref="HS-1", fact_person="Nurse Joy Mensah"))

    assert pages_and_texts(app)[0] == 1
    assert answer.location.endswith("?made=updated")
    assert "Facts changed by Ana Silva" in ana.read(answer.location)


def test_case_of_another_customer_is_told_at_the_case(app: Flask, ana: Desk) -> None:
    ana.post("/console/new", form(do="send", case_ref="HS-1"))

    answer = ana.post("/console/new", form(do="send", case_ref="HS-1", phone="+12025550199", name="Sam"))

    assert answer.status_code == 409
    assert pages_and_texts(app)[0] == 1
    assert re.search(r'id="case_ref-problem">.*another customer', answer.text, re.DOTALL)


def test_unknown_situation_in_the_form_is_not_found(ana: Desk) -> None:
    assert ana.post("/console/new", form(situation="nothing")).status_code == 404


def look(desk: Desk, **changes: str) -> dict[str, Any]:
    answer = desk.post("/console/new/look", form(**changes), headers={"Accept": "application/json"})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_draft_tells_its_text_and_what_it_costs(app: Flask, ana: Desk) -> None:
    told = look(ana)

    assert told["text"]["body"].startswith("Our organisation: can you come on")
    assert told["text"]["link"] in told["text"]["body"]
    assert re.fullmatch(r"1 text · \d+ of 160 characters · only “When” is in the text", told["text"]["meter"])
    assert told["text"]["warning"] == told["text"]["problem"] == ""
    assert told["until"].startswith("Works until ")
    assert told["borrowed"] == []
    assert pages_and_texts(app) == (0, 0)


def test_draft_says_what_it_borrows_from_the_sample(ana: Desk) -> None:
    told = look(ana, fact_person="", fact_at="nonsense", fact_bring="")

    assert told["borrowed"] == ["When", "With whom"]
    assert told["text"]["body"]


def test_blank_draft_is_all_sample(ana: Desk) -> None:
    told = look(ana, **{name: "" for name in form() if name.startswith("fact_")})

    assert told["blank"] is True


def test_unknown_number_is_only_read(ana: Desk) -> None:
    told = look(ana)["customer"]

    assert (told["number"], told["known"], told["name"], told["stopped"], told["pages"]) == (
        "+1 202-555-0123",
        False,
        "",
        False,
        [],
    )
    assert look(ana, phone="20")["customer"] is None


def test_known_number_brings_name_language_and_open_pages(app: Flask, ana: Desk) -> None:
    with app.app_context():
        factories.issue("fraud_alert", name="Maria Santos", language="es-MX")
        customers.suppress("+12025550123", "asked on a page")
        db.session.commit()

    told = look(ana, name="")["customer"]

    assert (told["known"], told["name"], told["language"], told["stopped"]) == (True, "Maria Santos", "es", True)
    assert [(page["what"], page["state"]) for page in told["pages"]] == [("Fraud alert", "Not opened yet")]
    assert ana.get(told["pages"][0]["address"]).status_code == 200


def test_curly_quote_in_the_text_is_warned_about(app: Flask, ana: Desk) -> None:
    with app.app_context():
        brand = brands.ensure_default()
        brand.name = "Maria’s Health Centre at the Harbour"
        brands.save(brand)
        db.session.commit()

    told = look(ana)["text"]

    assert "’" in told["warning"] or "parts" in told["problem"]
