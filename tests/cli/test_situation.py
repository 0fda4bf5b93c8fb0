"""`flask situation`: listing, checking and trying out page types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from selfservice.brands import service as brands
from selfservice.db import db
from selfservice.situations.registry import BUILT_IN
from tests.cli.conftest import Command, Inside

KEYS = sorted(path.parent.name for path in BUILT_IN.glob("*/situation.py"))
ORDINARY = 150
"""Lines of Python and HTML that a type of the house has at most, but for those that are known to have more."""
LONGER = {"order_status": 195}


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder with a page type that imports what it may not."""
    folder = tmp_path / "types" / "parking_fine"
    folder.mkdir(parents=True)
    (folder / "situation.py").write_text("from __future__ import annotations\n\nimport flask\n")
    return folder


@pytest.mark.database("sqlite")
def test_list_shows_every_type_with_its_samples(command: Command) -> None:
    done = command("situation", "list")

    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split()[0] for line in lines] == KEYS
    assert lines[0].split()[-4:] == ["booked", "far_and_long", "in_hours", "no_other_times"]


@pytest.mark.database("sqlite")
def test_list_as_json(command: Command) -> None:
    listed = json.loads(command("situation", "list", "--json").stdout)

    assert [entry["key"] for entry in listed["situations"]] == KEYS
    [fraud] = [entry for entry in listed["situations"] if entry["key"] == "fraud_alert"]
    assert fraud["languages"] == ["en", "ar", "es", "hi", "pl", "zh"]
    assert listed["situations"][0]["folder"] == str(BUILT_IN / "appointment_reminder")
    assert listed["broken"] == []


@pytest.mark.database("sqlite")
def test_type_takes_no_more_lines_than_an_ordinary_one(command: Command) -> None:
    listed = json.loads(command("situation", "list", "--json").stdout)

    lines = {entry["key"]: entry["lines"] for entry in listed["situations"]}
    assert {key: count for key, count in lines.items() if count > LONGER.get(key, ORDINARY)} == {}


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("keys", [[], ["fraud_alert"]])
def test_check_finds_nothing_in_the_types_of_the_house(command: Command, keys: list[str]) -> None:
    done = command("situation", "check", *keys)

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{key}: nothing to mend" for key in keys or KEYS]


@pytest.mark.database("sqlite")
def test_check_of_an_unknown_type(command: Command) -> None:
    done = command("situation", "check", "fraud")

    assert done.exit_code == 1
    assert done.stderr.startswith("There is no page type called fraud; ")


def test_a_broken_type_is_named_and_the_others_go_on(inside: Inside, broken: Path) -> None:
    places = {"SITUATIONS": str(broken.parent)}
    sentence = f"{broken}/situation.py:3: It imports flask; "

    listed = inside("situation", "list", **places)
    checked = inside("situation", "check", "--json", **places)
    alone = inside("situation", "check", "parking_fine", **places)

    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, len(KEYS))
    assert listed.stderr.startswith(sentence)
    assert checked.returncode == 1
    found = json.loads(checked.stdout)
    assert found["situations"] == {key: [] for key in KEYS}
    assert [entry["situation"] for entry in found["broken"]] == [broken.name]
    assert alone.returncode == 1
    assert alone.stderr.startswith(sentence)


def test_check_says_line_and_mend(inside: Inside, tmp_path: Path) -> None:
    copy = tmp_path / "types" / "payment_check"
    for path in (BUILT_IN / "fraud_alert").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            (copy / path.relative_to(BUILT_IN / "fraud_alert")).parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text("utf-8")
            (copy / path.relative_to(BUILT_IN / "fraud_alert")).write_text(
                text.replace("{brand}", "{bank}") if path.name == "es.toml" else text, "utf-8"
            )

    done = inside("situation", "check", "payment_check", SITUATIONS=str(copy.parent))

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"{copy}/copy/es.toml:")
    assert "bank" in done.stdout


def test_send_makes_a_page_from_a_sample(command: Command, app: Flask) -> None:
    with app.app_context():
        brands.ensure_default()
        db.session.commit()

    made = json.loads(command("situation", "send", "fraud_alert", "online", "--to", "+12025550123", "--json").stdout)

    assert (made["situation"], made["state"]) == ("fraud_alert", "open")
    assert app.test_client().get(made["url"].removeprefix("http://127.0.0.1:8000")).status_code == 200


@pytest.mark.database("sqlite")
def test_send_of_an_unknown_sample_names_those_there_are(command: Command) -> None:
    done = command("situation", "send", "fraud_alert", "paused", "--to", "+12025550123")

    assert done.exit_code == 1
    assert done.stderr == "fraud_alert has no sample called paused; choose one of bare, large_abroad, online.\n"
