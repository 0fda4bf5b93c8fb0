"""`flask page issue`: the command of the README, and a sentence for everything that can be wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from selfservice.brands import service as brands
from selfservice.config import Settings
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages.models import Page
from tests.cli.conftest import Command, Inside, Shell
from tests.factories import appointment
from tests.harness.application import make_app
from tests.harness.server import ROOT

BOOKED = "selfservice/situations/appointment_reminder/samples/booked.json"
NUMBER = "+12025550123"
BROKEN = "import flask\n"


@pytest.fixture(autouse=True)
def _organisation(request: pytest.FixtureRequest) -> None:
    if "app" in request.fixturenames:
        with request.getfixturevalue("app").app_context():
            brands.ensure_default()
            db.session.commit()


def count_rows(app: Flask) -> list[int]:
    """How many rows a page could have left."""
    tables = (Page, Customer, Message, Event)
    with app.app_context():
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def issue(command: Command, facts: Any, *more: str, situation: str = "appointment_reminder", to: str = NUMBER) -> Any:
    text = facts if isinstance(facts, str) else json.dumps(facts)
    return command("page", "issue", situation, "--to", to, "--facts", text, *more)


def test_the_command_of_the_readme_prints_a_link_that_opens(shell: Shell, inside: Inside) -> None:
    assert inside("db", "upgrade").returncode == 0

    done = shell("page", "issue", "appointment_reminder", "--to", NUMBER, "--facts", BOOKED, "--json")

    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads(done.stdout)
    assert [message["state"] for message in made["messages"]] == ["ready"]
    opened = inside("page", "issue", "appointment_reminder", "--to", NUMBER, "--facts", BOOKED)
    assert opened.stdout.splitlines()[0].startswith("Page  ")
    assert open_with_settings_of(shell, made["url"]) == 200


def open_with_settings_of(shell: Shell, url: str) -> int:
    """What a browser would get at `url` from a server with the shell's settings."""

    settings = Settings.load(shell.environ, strict=True)
    return make_app(settings).test_client().get(url.removeprefix(settings.base_url)).status_code


def test_json_says_all_that_a_program_needs(command: Command, app: Flask) -> None:
    done = issue(command, BOOKED, "--name", "Maria Santos", "--locale", "es", "--json")

    made = json.loads(done.stdout)
    assert made.keys() == {"id", "url", "was", "situation", "state", "expires_at", "messages"}
    assert (made["was"], made["situation"], made["state"]) == ("created", "appointment_reminder", "open")
    assert made["messages"][0].keys() == {"id", "channel", "state", "encoding", "segments"}
    assert app.test_client().get(made["url"].removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_text_says_it_for_people(command: Command) -> None:
    lines = issue(command, BOOKED).stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["Page", "Link", "Ends", "Message"]
    assert lines[3] == "Message  a text to +1 202-555-0123, 1 part: ready"


def test_an_address_alone_gets_an_email_and_is_one_person_however_it_is_typed(command: Command, app: Flask) -> None:
    first = command("page", "issue", "appointment_reminder", "--email", "Ana@Example.com", "--facts", BOOKED)
    command("page", "issue", "appointment_reminder", "--email", "ana@example.com", "--facts", BOOKED)

    assert first.stdout.splitlines()[3] == "Message  an e-mail to ana@example.com: ready"
    with app.app_context():
        assert [person.email for person in db.session.query(Customer)] == ["ana@example.com"]


def test_an_address_of_two_people_names_nobody(command: Command, app: Flask) -> None:
    issue(command, BOOKED, "--email", "home@example.com")
    issue(command, BOOKED, "--email", "home@example.com", to="+12025550124")
    before = count_rows(app)

    done = command("page", "issue", "appointment_reminder", "--email", "home@example.com", "--facts", BOOKED)

    assert done.exit_code == 1
    assert done.stderr.startswith("email: Several customers have this e-mail address: ")
    assert count_rows(app) == before


def test_the_same_case_is_brought_up_to_date(command: Command) -> None:
    facts = appointment()
    first = json.loads(issue(command, facts, "--case-ref", "A-1", "--json").stdout)

    second = json.loads(issue(command, {**facts, "place": "Quay 2"}, "--case-ref", "A-1", "--json").stdout)

    assert (second["was"], second["url"]) == ("updated", first["url"])


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (appointment(at="2020-01-01T10:00:00Z", offered=[]), "at: When has passed; write a time to come."),
        (appointment(person=None) | {"person": ""}, "person: "),
        (
            {**appointment(), "colour": "red"},
            "colour: There is no fact called colour; take it out or correct its name.",
        ),
        ({"person": "Dr Amina Okafor", "place": "14 Harbour Street"}, "at: When is missing; fill it in."),
        ('{"at": ', "The facts cannot be read as JSON: "),
        ("[]", "[] cannot be read (No such file or directory); give a file of facts or the facts as JSON."),
        ("nowhere.json", "nowhere.json cannot be read (No such file or directory); give a file of facts "),
        ('{"at": "today+1T29:00"}', "today+1T29:00 names an hour that does not exist; "),
    ],
)
def test_wrong_facts_get_a_sentence_and_leave_nothing(
    command: Command, app: Flask, facts: dict[str, Any] | str, sentence: str
) -> None:
    done = issue(command, facts)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.splitlines()) == 1
    assert count_rows(app) == [0, 0, 0, 0]


def test_each_wrong_fact_has_a_line(command: Command) -> None:
    done = issue(command, {"at": "today+1T09:00"})

    assert done.stderr.splitlines() == [
        "person: With whom is missing; fill it in.",
        "place: Where is missing; fill it in.",
    ]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("12", "phone: The phone number is too short: a digit or the area code is missing."),
        ("call me", "phone: The phone number has letters in it: write digits only, without an extension."),
        ("+99912345678", "phone: The phone number has no country code that exists: "),
    ],
)
def test_a_wrong_number_gets_a_sentence_and_leaves_nothing(
    command: Command, app: Flask, number: str, sentence: str
) -> None:
    done = issue(command, BOOKED, to=number)

    assert done.exit_code == 1
    assert done.stderr.startswith(sentence)
    assert count_rows(app) == [0, 0, 0, 0]


def test_nobody_named_gets_a_sentence(command: Command) -> None:
    done = command("page", "issue", "appointment_reminder", "--facts", BOOKED)

    assert done.exit_code == 1
    sentence = "Nobody is named: give a phone number, an e-mail address or the customer's reference."
    assert done.stderr == f"phone: {sentence}\n"


def test_an_unknown_type_gets_a_sentence(command: Command) -> None:
    done = issue(command, BOOKED, situation="apointment_reminder")

    assert done.exit_code == 1
    assert done.stderr == "There is no page type called apointment_reminder; did you mean appointment_reminder?\n"


def test_a_broken_type_says_what_to_mend(inside: Inside, tmp_path: Path) -> None:
    folder = tmp_path / "types" / "parking_fine"
    folder.mkdir(parents=True)
    (folder / "situation.py").write_text(BROKEN)

    done = inside("page", "issue", "parking_fine", "--to", NUMBER, "--facts", "{}", SITUATIONS=str(folder.parent))

    assert done.returncode == 1
    assert done.stderr.startswith(f"{folder}/situation.py:1: It imports flask; ")
    assert "Traceback" not in done.stderr


def test_an_organisation_that_is_missing_gets_a_sentence(inside: Inside) -> None:
    done = inside("page", "issue", "appointment_reminder", "--to", NUMBER, "--facts", BOOKED)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No organisation is set up yet; run `flask --app app db upgrade` once.\n"


def test_the_sample_of_the_readme_is_there() -> None:
    assert (ROOT / BOOKED).is_file()
