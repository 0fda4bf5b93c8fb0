"""`flask db upgrade`, and what every other command says about a database that is not fit for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from selfservice import schema
from selfservice.brands.models import Brand
from selfservice.db import db
from selfservice.staff import queries as staff
from tests.cli.conftest import Command, Inside, Shell
from tests.harness.server import find_free_port

BOOKED = "selfservice/situations/appointment_reminder/samples/booked.json"
ISSUE = ("page", "issue", "appointment_reminder", "--to", "+12025550123", "--facts", BOOKED)
NEED_IT = (ISSUE, ("serve",), ("worker",), ("demo",), ("situation", "send", "fraud_alert", "online", "--to", "+1202"))
NOT_MIGRATED = "The database has no tables yet: run `flask --app app db upgrade`.\n"
READ_ONLY = "The database cannot be written to: make its file and folder writable "
NOT_OPENED = "The database cannot be opened: check SELFSERVICE_DATABASE_URL, "


def read(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()).encode()


def test_upgrade_makes_all_that_is_needed(empty_shell: Shell, empty_inside: Inside, tmp_path: Path) -> None:
    first = empty_shell("db", "upgrade")
    second = empty_inside("db", "upgrade")

    newest = schema.newest()
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == f"The database is at migration {newest}, it was at none.\n"
    assert second.stdout == f"The database is at migration {newest}.\n"
    assert (tmp_path / "instance" / "selfservice.sqlite").is_file()
    assert empty_shell(*ISSUE).returncode == 0


def test_upgrade_makes_an_organisation_and_the_teams_of_the_page_types(command: Command, app: Flask) -> None:
    assert command("db", "upgrade").exit_code == 0
    assert command("db", "upgrade").exit_code == 0

    with app.app_context():
        assert [brand.key for brand in db.session.scalars(select(Brand))] == ["default"]
        teams = ["billing", "care", "deliveries", "fraud", "reception", "support"]
        assert [team.key for team in staff.list_teams()] == teams


def test_upgrade_leaves_a_newer_database_alone(command: Command, app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    done = command("db", "upgrade")

    assert done.exit_code == 1
    assert done.stderr.startswith("The database is at migration 9999, newer than the ")


@pytest.mark.parametrize("arguments", NEED_IT, ids=" ".join)
def test_a_database_that_is_not_migrated_says_what_to_run(
    empty_inside: Inside, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = empty_inside(*arguments)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", NOT_MIGRATED)
    assert not (tmp_path / "instance" / "selfservice.sqlite").exists()


@pytest.mark.parametrize("arguments", [*NEED_IT, ("db", "upgrade")], ids=" ".join)
def test_a_file_that_cannot_be_written_gets_a_sentence_and_stays_as_it_was(
    inside: Inside, sqlite_url: str, arguments: tuple[str, ...]
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    before = read(path)

    done = inside(*arguments, DATABASE_URL=f"sqlite:///file:{path}?mode=ro&uri=true")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(READ_ONLY)
    assert len(done.stderr.splitlines()) == 1
    assert read(path) == before


def test_these_sentences_are_all_that_a_person_sees(shell: Shell, sqlite_url: str, tmp_path: Path) -> None:
    path = sqlite_url.removeprefix("sqlite:///")

    empty = shell(*ISSUE, DATABASE_URL=f"sqlite:///{tmp_path / 'other.sqlite'}")
    read_only = shell(*ISSUE, DATABASE_URL=f"sqlite:///file:{path}?mode=ro&uri=true")

    assert (empty.returncode, empty.stdout, empty.stderr) == (1, "", NOT_MIGRATED)
    assert (read_only.returncode, read_only.stdout) == (1, "")
    assert read_only.stderr.startswith(READ_ONLY)
    assert len(read_only.stderr.splitlines()) == 1


def in_a_file(folder: Path) -> str:
    (folder / "file").touch()
    return f"sqlite:///{folder / 'file' / 'x.sqlite'}"


def on_a_server_that_is_down(_folder: Path) -> str:
    return f"postgresql://ana:hush@127.0.0.1:{find_free_port()}/pages"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (in_a_file, "The database's folder "),
        (on_a_server_that_is_down, NOT_OPENED),
    ],
)
def test_a_database_that_cannot_be_reached_gets_a_sentence(
    empty_inside: Inside, tmp_path: Path, place: Callable[[Path], str], sentence: str
) -> None:
    done = empty_inside("db", "upgrade", DATABASE_URL=place(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.splitlines()) == 1
    assert "hush" not in done.stderr


def test_a_file_that_is_named_by_an_address_can_be_written(inside: Inside, sqlite_url: str) -> None:
    address = f"sqlite:///file:{sqlite_url.removeprefix('sqlite:///')}?uri=true"

    assert inside("db", "upgrade", DATABASE_URL=address).returncode == 0
    assert inside(*ISSUE, DATABASE_URL=address).returncode == 0
