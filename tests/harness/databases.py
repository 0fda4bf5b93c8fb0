"""A fresh, migrated database for each test, on SQLite and on PostgreSQL.

No rollback, so that tests may commit, and use threads and processes, like the application does: SQLite's is a copy of
one that was migrated once, PostgreSQL's is emptied after each test, or made anew if the test changed more than rows.
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
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
SCREENS = Path(__file__).parents[1] / "web" / "console"
ON_SCREENS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.long))
MEMORY = Path("/dev/shm")
ROOM_BYTES = 1 << 30
_numbers = itertools.count(1)

_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

# Every row goes, without asking in which order, and every number begins again.
_EMPTY = """
DO $$
DECLARE found record;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR found IN SELECT oid::regclass AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  LOOP
    EXECUTE format('DELETE FROM %s', found.name);
  END LOOP;
  FOR found IN SELECT schemaname, sequencename, start_value FROM pg_sequences WHERE last_value IS NOT NULL
  LOOP
    PERFORM setval(format('%I.%I', found.schemaname, found.sequencename), found.start_value, false);
  END LOOP;
END
$$
"""

# What a migration could change, and the revision it would say.
_PLAN = """
SELECT c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT conname, contype::text, pg_get_constraintdef(oid), '', false, '' FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tgname, '', pg_get_triggerdef(oid), '', false, '' FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT version_num, '', '', '', false, '' FROM alembic_version
ORDER BY 1, 2, 3
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database(kind, ...): run on these kinds, for a test of that very kind")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever touches a database runs on both kinds; staff's screens, made of services that do, in `make prove`."""
    if "database_url" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("database")
        usual = ON_SCREENS if SCREENS in metafunc.definition.path.parents else KINDS
        metafunc.parametrize("database_url", mark.args if mark else usual, indirect=True, scope="function")


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


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for databases of one process: in memory where there is room, so that no commit waits for a disk."""
    if not (MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES):
        yield tmp_path_factory.mktemp("quick")
        return
    with tempfile.TemporaryDirectory(prefix="pages-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def sqlite_url(sqlite_template: Path, quick_folder: Path) -> Iterator[str]:
    """The address of a fresh SQLite database: always the same, so that what is prepared for it can be kept."""
    folder = quick_folder / "database"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "selfservice.sqlite")
    yield f"sqlite:///{folder / 'selfservice.sqlite'}"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database that nobody is connected to."""
    name = f"template_{os.getpid()}_{secrets.token_hex(4)}"
    _run(postgresql_server, f"CREATE DATABASE {name}")
    migrate(driver_url(postgresql_server, name))
    yield name
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


class Lender:
    """Lends one database to a test after the other; each finds it as the template is.

    It keeps one connection: a new one takes longer than to empty the database.
    """

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template
        self._name = ""
        self._plan = ""
        self._connection: psycopg.Connection[Any] | None = None

    def lend(self) -> str:
        """The address of a database that is as the template."""
        if not self._name:
            self._name = f"{self._template}_{next(_numbers)}"
            _run(self._server, f"CREATE DATABASE {self._name} TEMPLATE {self._template}")
            self._plan = self._read_plan(self._connect())
        return driver_url(self._server, self._name)

    def take_back(self) -> None:
        """Empty it; drop it if it is no longer built as it was."""
        connection = self._connect()
        connection.execute(_END_OTHERS)
        if self._plan == self._read_plan(connection):
            connection.execute(_EMPTY)
        else:
            self.drop()

    def drop(self) -> None:
        """Drop it; the next one is made anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        if self._name:
            _run(self._server, f"DROP DATABASE {self._name} WITH (FORCE)")
        self._name = ""

    def _connect(self) -> psycopg.Connection[Any]:
        with suppress(psycopg.OperationalError):  # A test may have ended every connection.
            if self._connection is not None:
                return self._connection.execute("SELECT 1").connection
        if self._connection is not None:
            self._connection.close()
        self._connection = psycopg.connect(self._server, dbname=self._name, autocommit=True)
        return self._connection

    def _read_plan(self, connection: psycopg.Connection[Any]) -> str:
        try:
            return str(connection.execute(_PLAN).fetchall())
        except psycopg.errors.UndefinedTable:  # Not even the table that names the revision is left.
            return ""


@pytest.fixture(scope="session")
def postgresql_lender(postgresql_server: str, postgresql_template: str) -> Iterator[Lender]:
    """Lends the process' database."""
    lender = Lender(postgresql_server, postgresql_template)
    yield lender
    lender.drop()


@pytest.fixture
def postgresql_url(postgresql_lender: Lender) -> Iterator[str]:
    """The address of a fresh PostgreSQL database."""
    yield postgresql_lender.lend()
    postgresql_lender.take_back()


def driver_url(server: str, database: str) -> str:
    """The address of `database` on `server`, as SQLAlchemy spells it."""
    parts = urlsplit(server)
    # An empty host keeps its slashes only if something stands before it.
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", netloc=parts.netloc or "@", path=f"/{database}"))


def _run(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
