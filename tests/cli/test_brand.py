"""`flask brand`: organisations are added, changed and removed, and what is wrong is said with what to write instead."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from selfservice.brands import queries
from selfservice.brands import service as brands
from selfservice.brands.models import Logo
from selfservice.db import db
from selfservice.events.models import Event
from tests import factories
from tests.cli.conftest import Command

HARBOUR = (
    *("brand", "add", "harbour-street", "--name", "Harbour Street", "--colour", "#0B5C66"),
    *("--phone", "020 7946 0310", "--country", "gb", "--timezone", "Europe/London"),
)


@pytest.fixture(autouse=True)
def _default(app: Flask) -> None:
    with app.app_context():
        brands.ensure_default()
        db.session.commit()


def picture(path: Path, kind: str = "PNG", size: tuple[int, int] = (600, 300)) -> Path:
    """A logo with a note in it that nobody should get."""
    image = Image.new("RGB", size, "#0b5c66")
    image.save(path, kind, exif=Image.Exif() if kind == "PNG" else b"")
    return path


def read(command: Command, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("brand", "show", key, "--json").stdout)
    return found


def test_a_brand_that_was_added_is_shown_as_it_is_kept(command: Command) -> None:
    done = command(
        *HARBOUR,
        *("--open", "mon-fri 08:00-18:30", "--open", "2026-12-25 closed", "--type", "appointment_reminder"),
        *("--team", "reception:en=Reception", "--team", "reception:es=Recepción", "--name-in", "es=Centro de Salud"),
    )

    assert (done.exit_code, done.stderr) == (0, "")
    assert "Customers read  Monday to Friday, 8 am to 6:30 pm" in done.stdout
    assert read(command, "harbour-street") == {
        "key": "harbour-street",
        "name": "Harbour Street",
        "mark": "H",
        "colour": "#0b5c66",
        "colour_dark": "#32c8db",
        "phone": "+442079460310",
        "country": "GB",
        "timezone": "Europe/London",
        "language": "en",
        "privacy_url": "",
        "names": {"es": "Centro de Salud"},
        "hours": {},
        "teams": {"reception": {"en": "Reception", "es": "Recepción"}},
        "opening": {
            "week": {key: ["08:00-18:30"] for key in ("mon", "tue", "wed", "thu", "fri")},
            "exceptions": {"2026-12-25": []},
        },
        "situations": ["appointment_reminder"],
        "is_default": False,
        "has_logo": False,
    }


def test_what_is_set_is_changed_and_the_rest_stays(command: Command, app: Flask) -> None:
    command(*HARBOUR, "--name-in", "es=Centro", "--name-in", "pl=Centrum", "--open", "daily 08:00-20:00")

    done = command(
        *("brand", "set", "harbour-street", "--name-in", "es=", "--name-in", "ar=مركز"),
        *("--hours-text", "en=Whenever the lamp is lit", "--colour", "#7a1f4b", "--colour-dark", ""),
    )

    assert done.exit_code == 0
    found = read(command, "harbour-street")
    assert found["names"] == {"pl": "Centrum", "ar": "مركز"}
    assert (found["colour"], found["colour_dark"], found["phone"]) == ("#7a1f4b", "#e8a3c4", "+442079460310")
    with app.app_context():
        brand = queries.get_by_key("harbour-street")
        assert queries.show(brand, "en").hours == "Whenever the lamp is lit"
        assert queries.show(brand, "pl").hours == "Codziennie, od 08:00 do 20:00"
        events = db.session.execute(select(Event.type, Event.actor, Event.data).order_by(Event.id)).all()
    assert [tuple(event) for event in events] == [
        ("brand.added", "cli", {"brand": "harbour-street"}),
        (
            "brand.changed",
            "cli",
            {"brand": "harbour-street", "fields": ["names", "colour", "colour_dark", "hours"]},
        ),
    ]


REFUSALS: tuple[tuple[tuple[str, str], str], ...] = (
    (
        ("--colour", "#6a9bd8"),
        "colour: #6a9bd8 is too light for white text (2.2:1, and 4.5:1 is needed); #25548f passes.",
    ),
    (
        ("--colour-dark", "#0b5c66"),
        "colour_dark: #0b5c66 is too dark for letters on a dark tint of it (2.0:1, and 4.5:1 is needed); #139fb0 passes.",  # noqa: E501
    ),
    (("--timezone", "Europe/Lundon"), "timezone: There is no such time zone; write one such as Europe/London."),
    (("--timezone", "../etc"), "timezone: There is no such time zone; write one such as Europe/London."),
    (("--country", "XX"), "country: Write the two letters of the country, such as GB."),
    (("--phone", "12"), "phone: The phone number is too short: a digit or the area code is missing."),
    (("--mark", "ABC"), "mark: Write one or two letters on one line, with 1 to 2 characters."),
    (
        ("--privacy-url", "http://harbour.example"),
        "privacy_url: Write an https address of at most 200 characters, or leave it empty.",
    ),
    (("--name-in", "spanish=Centro"), "names: “spanish” is no language; write its two letters, such as es."),
    (("--team", "Reception=Desk"), "teams: “Reception” is no key of a team; use the one that page types name, such as reception."),  # noqa: E501
    (("--open", "always"), "opening: “always”: A line has a day and no hours: write lines such as “mon-fri 08:00-18:30”, “sat 09:00-12:00, 14:00-17:00” or “2026-12-25 closed”."),  # noqa: E501
    (("--type", "no_such"), "There is no page type called no_such"),
    (("--type", "appointment_reminder"), "other speaks for pages of the type appointment_reminder: take the type from it first."),  # noqa: E501
)  # fmt: skip


@pytest.mark.database("sqlite")
def test_what_is_wrong_is_said_and_nothing_is_changed(command: Command) -> None:
    command(*HARBOUR)
    command(*HARBOUR[:2], "other", *HARBOUR[3:], "--type", "appointment_reminder")
    before = read(command, "harbour-street")

    told = {change: command("brand", "set", "harbour-street", *change) for change, _sentence in REFUSALS}

    assert {
        change: done.stderr[: len(sentence)] for (change, sentence), done in zip(REFUSALS, told.values(), strict=True)
    } == dict(REFUSALS)
    assert {done.exit_code for done in told.values()} == {1}
    assert read(command, "harbour-street") == before


def test_a_new_brand_needs_a_key_of_its_own_a_name_a_colour_and_a_number(command: Command) -> None:
    done = command("brand", "add", "bare")

    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["name", "colour", "phone"]
    assert "small letters" in command(*HARBOUR[:2], "Harbour Street", *HARBOUR[3:]).stderr
    assert "already" in command(*HARBOUR[:2], "default", *HARBOUR[3:]).stderr


def test_the_default_cannot_go_without_another_and_a_brand_with_pages_stays(command: Command, app: Flask) -> None:
    assert command("brand", "remove", "default").stderr == (
        "default is the default brand: make another one the default, then remove it.\n"
    )
    command(*HARBOUR, "--type", "appointment_reminder", "--default")
    with app.app_context():
        factories.issue()

    assert read(command, "default")["is_default"] is False
    assert command("brand", "remove", "default").stdout == "default is removed.\n"
    command(*HARBOUR[:2], "other", *HARBOUR[3:], "--default")
    refused = command("brand", "remove", "harbour-street")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "harbour-street has pages, and they go on speaking for it: it stays. "
        "Give its page types to another brand instead.\n"
    )
    assert [row["key"] for row in json.loads(command("brand", "list", "--json").stdout)] == ["other", "harbour-street"]


def test_a_logo_is_made_small_and_plain_and_has_an_address_of_its_own(
    command: Command, app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    wide = picture(tmp_path / "logo.jpg", "JPEG")

    assert command(*HARBOUR, "--logo", str(wide), "--default").exit_code == 0

    with app.app_context():
        issued = factories.issue()
        token = issued.url.rpartition("/")[2]
        digest = queries.get_by_key("harbour-street").logo
    answer = client.get(f"/logo/{digest}.png")
    made = Image.open(io.BytesIO(answer.data))
    assert (made.format, made.size, made.info.get("exif")) == ("PNG", (96, 96), None)
    assert made.convert("RGB").getpixel((48, 2)) == (255, 255, 255)
    assert len(answer.data) < 2_000
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers.getlist("Set-Cookie") == []
    page = client.get(f"/p/{token}")
    assert page.text.count("<img") == 1
    assert f'>H<img src="/logo/{digest}.png" alt=""></span>' in page.text
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]
    verified = client.post("/verify", data={"what": issued.url}).text
    assert ("Harbour Street" in verified, "<img" in verified) == (True, False)

    assert command("brand", "set", "harbour-street", "--logo", "-").exit_code == 0
    assert client.get(f"/logo/{digest}.png").status_code == 404
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Logo)) == 0


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "This is no picture that can be read, and SVG is not taken; save the logo as a PNG and choose that."),  # noqa: E501
        (b"\x89PNG\r\n\x1a\nbroken", "The picture is broken or too large; save the logo as a small PNG and choose that."),  # noqa: E501
        (b"", "The file is empty; choose the logo again."),
    ],
)  # fmt: skip
def test_a_logo_that_cannot_be_taken_is_refused(command: Command, tmp_path: Path, body: bytes, sentence: str) -> None:
    path = tmp_path / "logo"
    path.write_bytes(body)

    done = command(*HARBOUR, "--logo", str(path))

    assert (done.exit_code, done.stderr) == (1, f"logo: {sentence}\n")
    assert "harbour-street" not in command("brand", "list").stdout


def test_a_logo_that_is_not_there_is_said(command: Command, tmp_path: Path) -> None:
    done = command(*HARBOUR, "--logo", str(tmp_path / "none.png"))

    assert done.stderr == "logo: The file cannot be read (No such file or directory); name a picture.\n"
