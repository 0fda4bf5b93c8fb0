"""A fresh, migrated database for each test, on SQLite and on PostgreSQL: a copy of one that was migrated once.

Copies rather than a rollback, so that tests may commit, and use threads and processes, like the application does.
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.pool import Pool

from selfservice import db, schema

KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database(kind): run on this kind alone, for a test of that very kind")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever touches a database runs on both kinds."""
    if "database_url" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("database")
        metafunc.parametrize("database_url", mark.args if mark else KINDS, indirect=True, scope="function")


def migrate(url: str) -> None:
    """Bring the database at `url` up to date; needs no application but a bare one."""
    app = Flask("migration")
    db.configure(app, url)
    with app.app_context():
        schema.upgrade()
        db.dispose()


@pytest.fixture(autouse=True)
def _connections_end_with_their_test() -> Iterator[None]:
    """Close what threads of a test left open: collected during a later test, they would fail that one."""
    opened: list[Any] = []

    def note(connection: Any, _record: object) -> None:
        opened.append(connection)

    event.listen(Pool, "connect", note)
    yield
    event.remove(Pool, "connect", note)
    for connection in opened:
        connection.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database; a test that asks for it runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without a journal beside it."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database."""
    path = tmp_path / "selfservice.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database that nobody is connected to."""
    name = f"template_{os.getpid()}_{secrets.token_hex(4)}"
    _run(postgresql_server, f"CREATE DATABASE {name}")
    migrate(driver_url(postgresql_server, name))
    yield name
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database."""
    name = f"{postgresql_template}_{next(_numbers)}"
    _run(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield driver_url(postgresql_server, name)
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


def driver_url(server: str, database: str) -> str:
    """The address of `database` on `server`, as SQLAlchemy spells it."""
    parts = urlsplit(server)
    # An empty host keeps its slashes only if something stands before it.
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", netloc=parts.netloc or "@", path=f"/{database}"))


def _run(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
