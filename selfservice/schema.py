"""The database's schema: which migration it is at, and bringing it up to date; the tables are in each package's models.

Migrations are named 0001_..., 0002_... in `migrations/versions`; a database keeps the number of its last one. Those of
one hundred only add to what was there, so that an older version still works on a newer database while machines are
brought up to date one after the other; one that takes something away begins the next hundred (decision 20).
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from selfservice.db import db, is_postgresql
from selfservice.errors import ConfigError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
UNREACHABLE = (
    "The database cannot be opened: check SELFSERVICE_DATABASE_URL, and that the server runs or that the file's "
    "folder exists and may be read."
)
HOW_TO_UPGRADE = "run `flask --app app db upgrade`."


def newest() -> str:
    """The number of the newest migration that this code brings along."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def find_current() -> str | None:
    """The number of the last migration the database has seen, None when it has seen none.

    Raises ConfigError when the database cannot be reached at all. Makes no file that is not there yet.
    """
    if _is_missing():
        return None
    try:
        with db.engines["reader"].connect() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        raise ConfigError(UNREACHABLE) from error
    return None if found is None else str(found)


def require_current() -> None:
    """Raise ConfigError unless the database is at the newest migration: before serving or working."""
    found, wanted = find_current(), newest()
    if found is None:
        raise ConfigError(f"The database has no tables yet: {HOW_TO_UPGRADE}")
    if found < wanted:
        raise ConfigError(f"The database is at migration {found} and this version needs {wanted}: {HOW_TO_UPGRADE}")
    require_not_too_new(found)


def require_not_too_new(found: str | None) -> None:
    """Raise ConfigError when a newer version has taken something out of the database that this one needs."""
    if found is not None and found > newest() and _hundred(found) != _hundred(newest()):
        raise ConfigError(
            f"The database is at migration {found}, newer than the {newest()} of this version: start the newer version."
        )


def is_newer(found: str | None) -> bool:
    """Whether a newer version has added to the database; this one works on it if `require_not_too_new` lets it pass."""
    return found is not None and found > newest()


def require_writable() -> None:
    """Raise ConfigError unless the database takes writes: before a command that has something to say to it."""
    try:
        takes_writes = _takes_writes()
    except DBAPIError as error:
        raise ConfigError(UNREACHABLE) from error
    if not takes_writes:
        raise ConfigError(
            "The database cannot be written to: make its file and folder writable (on PostgreSQL, use the primary "
            "server and a role that may write). Nothing was changed."
        )


def find_problem(*, writes: bool = False) -> str | None:
    """What keeps this version from using the database, as one sentence with the way out; None when nothing does."""
    try:
        require_current()
        if writes:
            require_writable()
    except ConfigError as error:
        return error.message
    return None


def upgrade(revision: str = "head") -> None:
    """Bring the database up to `revision`, in one transaction; does nothing when it is there already, or further.

    Raises ConfigError when the database cannot be opened or written to.
    """
    from alembic import command  # noqa: PLC0415 - 60 ms and 10 MB that only commands and tests need.

    _make_folder()
    require_writable()
    found = find_current()
    require_not_too_new(found)
    if not is_newer(found):
        # Its own words ("Context impl SQLiteImpl") tell nobody anything that callers do not.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        command.upgrade(_config(), revision)


def downgrade(revision: str) -> None:
    """Take the database back to `revision` ("base" drops every table), in one transaction."""
    from alembic import command  # noqa: PLC0415 - as above.

    command.downgrade(_config(), revision)


def list_differences() -> list[str]:
    """What the models say and the database does not have, or the other way round; empty when the two agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - as above.
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as above.

    with db.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return [
            repr(found) for found in compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)
        ]


def _hundred(number: str) -> str:
    return number[:-2]


def _find_file() -> Path | None:
    """The SQLite file, where it is named plainly; a `file:` address says itself what is to be made."""
    path = db.engine.url.database or ""
    return Path(path) if db.engine.dialect.name == "sqlite" and not path.startswith("file:") else None


def _is_missing() -> bool:
    file = _find_file()
    return file is not None and not file.exists()


def _make_folder() -> None:
    file = _find_file()
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The database's folder {file.parent} cannot be made ({error.strerror}).") from error


def _takes_writes() -> bool:
    if is_postgresql():
        with db.engine.connect() as connection:
            return bool(connection.execute(text("SHOW transaction_read_only")).scalar() == "off")
    # Write what is there already, and take it back. Asking the file system proves nothing: root may write everything.
    # Below SQLAlchemy, whose transactions would queue up for the writer's place.
    with closing(db.engine.raw_connection()) as connection:
        driver: sqlite3.Connection = connection.driver_connection  # type: ignore[assignment]
        try:
            (version,) = driver.execute("PRAGMA user_version").fetchone()
            driver.execute("BEGIN IMMEDIATE")
            driver.execute(f"PRAGMA user_version = {version}")
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # Taken by another writer: it takes writes.
        finally:
            driver.rollback()
    return True


def _config() -> Config:
    from flask_migrate import Migrate  # noqa: PLC0415 - as above; it brings alembic along.

    if "migrate" not in current_app.extensions:
        Migrate(db=db).init_app(current_app, directory=str(MIGRATIONS))
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    return config
