"""Settings, brands: supervisors see, add, change and remove them; what is wrong comes back at its field."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from selfservice.brands import queries
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.situations import registry
from selfservice.staff.models import Role
from tests import factories
from tests.web.console.desk import Desk, text_of

WEEK = dict.fromkeys(("open_mon", "open_tue", "open_wed", "open_thu", "open_fri"), "08:00-18:30")
HARBOUR: dict[str, Any] = {
    "key": "harbour-street",
    "name": "Harbour Street",
    "colour": "#0b5c66",
    "colour_dark": "",
    "phone": "020 7946 0310",
    "country": "GB",
    "timezone": "Europe/London",
    "language": "en",
    "name_es": "Centro de Salud",
    "team_reception_en": "Front desk",
    "type_appointment_reminder": "on",
    "exceptions": "2026-12-25 closed\n",
    **WEEK,
}
LIST, NEW, LOOK = "/console/settings/brands", "/console/settings/new-brand", "/console/settings/brand-look"
HERE = f"{LIST}/harbour-street"


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app, "jo@example.com", name="Jo Baker", role=Role.SUPERVISOR)


def png() -> tuple[io.BytesIO, str]:
    body = io.BytesIO()
    Image.new("RGB", (300, 300), "#c00000").save(body, "PNG")
    return io.BytesIO(body.getvalue()), "logo.png"


def test_a_brand_is_added_listed_changed_and_removed(desk: Desk, app: Flask) -> None:
    added = desk.post(LIST, HARBOUR)

    assert (added.status_code, added.location) == (303, f"{HERE}?made=added")
    assert "The brand is added." in desk.read(added.location)
    assert "Harbour Street" in desk.read(LIST)
    assert "Monday to Friday, 8 am to 6:30 pm" in desk.read(LIST)

    form = desk.get(HERE).text
    assert re.search(r'name="colour_dark"\s+value="#32c8db"', form)
    assert re.search(r'name="open_mon"\s+value="08:00-18:30"', form)
    assert "2026-12-25 closed</textarea>" in form
    assert re.search(r'name="team_reception_en"[^>]*value="Front desk"', form)

    changed = desk.post(HERE, {**HARBOUR, "name": "Harbour Street Clinic", "open_fri": "08:00-12:00, 13:00-15:00"})

    assert changed.location == f"{HERE}?made=changed"
    with app.app_context():
        brand = queries.get_by_key("harbour-street")
        assert (brand.name, brand.mark, brand.phone) == ("Harbour Street Clinic", "H", "+442079460310")
        assert brand.opening["week"]["fri"] == ["08:00-12:00", "13:00-15:00"]
        assert brand.opening["exceptions"] == {"2026-12-25": []}
        assert brand.situations == ["appointment_reminder"]
        told = db.session.execute(select(Event.type, Event.actor, Event.data).order_by(Event.id)).all()
    assert [tuple(event) for event in told] == [
        ("brand.added", f"staff:{desk.user_id}", {"brand": "harbour-street"}),
        (
            "brand.changed",
            f"staff:{desk.user_id}",
            {"brand": "harbour-street", "fields": ["name", "opening"]},
        ),
    ]

    assert desk.post(f"{HERE}/remove").location == f"{LIST}?made=removed"
    assert "Harbour Street" not in desk.read(LIST)


def test_what_is_wrong_comes_back_at_its_field_with_all_that_was_entered(desk: Desk) -> None:
    wrong = {
        **HARBOUR,
        "colour": "#6a9bd8",
        "phone": "",
        "open_tue": "8-12",
        "privacy_url": "harbour",
        "name_pl": "Centrum",
    }

    answer = desk.post(LIST, wrong)

    assert answer.status_code == 422
    said = text_of(answer)
    assert "Not saved yet. 4 fields need a look." in said
    assert "#25548f passes." in said
    assert "Use #25548f" in said
    assert "There is no phone number" in said
    assert "“tue 8-12”: The hours are not spelt like 08:00-21:00" in said
    assert "Write an https address" in said
    assert re.search(r'name="name_pl"[^>]*value="Centrum"', answer.text)
    assert "harbour-street" not in desk.read(LIST)


def test_form_says_while_it_is_filled_in_whether_its_colours_do_and_how_its_hours_read(desk: Desk) -> None:
    told = desk.post(LOOK, {**HARBOUR, "colour": "#6a9bd8", "open_sat": "09:00-13:00"}).get_json()

    assert told["colour"]["offer"] == "#25548f"
    assert told["colour"]["fault"].startswith("#6a9bd8 is too light for white text (2.2:1")
    assert (told["colour_dark"]["fault"], told["proposed"]) == ("", "#98bae4")
    assert told["hours"] == {
        "line": "Monday to Friday, 8 am to 6:30 pm; Saturday, 9 am to 1 pm",
        "fault": "",
    }
    assert desk.post(LOOK, {**HARBOUR, "open_sat": "9"}).get_json()["hours"]["fault"].startswith("“sat 9”")


def test_preview_shows_a_page_in_what_is_entered_so_far(desk: Desk) -> None:
    entered = {**HARBOUR, "colour": "#7a1f4b", "name": "New Name"}

    light, dark = (desk.post(f"/console/settings/brand-preview?theme={theme}", entered) for theme in ("light", "dark"))

    assert "--b:#7a1f4b" in light.text
    assert "New Name" in light.text
    assert "color-scheme:dark" in dark.text
    assert "frame-ancestors 'self'" in light.headers["Content-Security-Policy"]
    assert desk.get(f"{LIST}/default/preview").status_code == 200
    assert "harbour-street" not in desk.read(LIST)


def test_a_logo_is_taken_through_the_form_and_taken_away(desk: Desk, app: Flask) -> None:
    desk.post(LIST, {**HARBOUR, "logo": png()})

    with app.app_context():
        digest = queries.get_by_key("harbour-street").logo
    assert f'src="/logo/{digest}.png"' in desk.get(HERE).text
    refused = desk.post(HERE, {**HARBOUR, "logo": (io.BytesIO(b"<svg></svg>"), "logo.svg")})
    assert (refused.status_code, "SVG is not taken" in refused.text) == (422, True)
    larger_than_other_forms = desk.post(HERE, {**HARBOUR, "logo": (io.BytesIO(bytes(300 * 1024)), "logo.png")})
    assert "This is no picture that can be read" in larger_than_other_forms.text

    desk.post(HERE, {**HARBOUR, "no_logo": "on"})

    with app.app_context():
        assert queries.get_by_key("harbour-street").logo == ""


def test_the_default_brand_stays_the_default_until_another_is(desk: Desk, app: Flask) -> None:
    desk.post(LIST, HARBOUR)
    default = {**HARBOUR, "name": "Ours", "type_appointment_reminder": ""}

    refused = desk.post(f"{LIST}/default", default)
    assert (refused.status_code, "make another one the default instead" in refused.text) == (409, True)
    assert desk.post(f"{LIST}/default/remove").status_code == 409
    taken = desk.post(f"{LIST}/default", {**default, "is_default": "on", "type_appointment_reminder": "on"})
    assert "harbour-street speaks for pages of the type appointment_reminder" in taken.text

    desk.post(HERE, {**HARBOUR, "is_default": "on"})

    with app.app_context():
        assert [brand.key for brand in queries.list_all() if brand.is_default] == ["harbour-street"]


@pytest.mark.database("sqlite")
def test_agents_neither_see_nor_change_brands(app: Flask) -> None:
    eve = Desk(app, "eve@example.com", name="Eve", role=Role.AGENT)
    pages = (LIST, NEW, f"{LIST}/default", f"{LIST}/default/preview")
    posts = (LIST, f"{LIST}/default", f"{LIST}/default/remove", LOOK, "/console/settings/brand-preview")

    assert {eve.get(path).status_code for path in pages} == {403}
    assert {eve.post(path, HARBOUR).status_code for path in posts} == {403}
    assert "/console/settings" not in eve.get("/console/pages").text


@pytest.mark.database("sqlite")
def test_a_form_without_its_token_changes_nothing(desk: Desk) -> None:
    assert desk.client.post(LIST, data=HARBOUR).status_code == 403
    assert "Harbour Street" not in desk.read(LIST)


def test_a_page_is_made_for_the_brand_that_staff_choose(desk: Desk, app: Flask) -> None:
    assert 'name="brand"' not in desk.get("/console/new?type=fraud_alert").text
    desk.post(LIST, HARBOUR)
    form = desk.get("/console/new?type=fraud_alert").text
    assert re.search(r'<option value="default"\s+selected>', form)
    facts = {"fact_merchant": "ELECTRO-HUB", "fact_amount": "428.00 GBP", "fact_card_ending": "17"}
    draft = {"situation": "fraud_alert", "phone": factories.PHONE, "do": "send", "brand": "harbour-street", **facts}

    assert "--b:#0b5c66" in desk.post("/console/preview", draft).text
    made = desk.post("/console/new", draft)

    assert made.status_code == 303, text_of(made)
    token = re.search(r"/p/\w+", desk.get(made.location).text)
    assert token is not None
    page = app.test_client().get(token[0])
    assert "Harbour Street" in page.text
    with app.app_context():
        assert registry.current().find("fraud_alert") is not None
