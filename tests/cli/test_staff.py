"""`flask staff add`: the password comes by prompt or standard input, never on the command line."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from selfservice.db import db
from selfservice.staff import passwords, queries, service
from tests.cli.conftest import Command

PASSWORD = "four words of my own"
JO = ("staff", "add", "Jo@Example.org", "--name", "Jo Baker")


@pytest.fixture(autouse=True)
def _teams(app: Flask) -> None:
    with app.app_context():
        service.ensure_teams({"reception": "Reception", "fraud": "Fraud"})
        db.session.commit()


def test_a_person_who_was_added_can_sign_in(command: Command, app: Flask) -> None:
    done = command(*JO, "--role", "supervisor", "--team", "fraud", stdin=f"{PASSWORD}\n")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "Jo Baker can sign in to the console as jo@example.org.\n"
    with app.app_context():
        user = queries.get_user("jo@example.org")
        assert passwords.check("jo@example.org", PASSWORD) == user.id
        assert (user.role, user.team.key if user.team else None) == ("supervisor", "fraud")


def test_json_holds_no_password(command: Command) -> None:
    added = json.loads(command(*JO, "--json", stdin=f"{PASSWORD}\n").stdout)

    assert added.pop("id")
    assert added == {"email": "jo@example.org", "name": "Jo Baker", "role": "agent", "team": None}


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (JO, "short\n", "password: The password is too short; use at least 12 characters."),
        (JO, "", "password: The password is too short; use at least 12 characters."),
        (
            ("staff", "add", "jo", "--name", "Jo"),
            f"{PASSWORD}\n",
            "email: This is not an e-mail address; write one such as jo@example.com.",
        ),
        (
            (*JO, "--team", "sales"),
            f"{PASSWORD}\n",
            "team: There is no team called sales; use one of these: fraud, reception.",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_added(
    command: Command, app: Flask, arguments: tuple[str, ...], stdin: str, sentence: str
) -> None:
    done = command(*arguments, stdin=stdin)

    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"{sentence}\n")
    with app.app_context():
        assert queries.find_user("jo@example.org") is None


def test_the_same_address_twice(command: Command) -> None:
    command(*JO, stdin=f"{PASSWORD}\n")

    done = command(*JO, stdin=f"{PASSWORD}\n")

    assert done.exit_code == 1
    assert done.stderr == "A user with this e-mail address exists already; choose another address.\n"


def test_an_unknown_role_is_a_mistake_in_usage(command: Command) -> None:
    assert command(*JO, "--role", "boss", stdin=f"{PASSWORD}\n").exit_code == 2
