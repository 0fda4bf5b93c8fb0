"""The database's schema: which migration it is at, and bringing it up to date; the tables are in each package's models.

Migrations are named 0001_..., 0002_... in `migrations/versions`; a database keeps the number of its last one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from selfservice.db import db
from selfservice.errors import ConfigError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
HOW_TO_UPGRADE = "run `flask --app app db upgrade`."


def newest() -> str:
    """The number of the newest migration that this code brings along."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def find_current() -> str | None:
    """The number of the last migration the database has seen, None when it has seen none.

    Raises ConfigError when the database cannot be reached at all.
    """
    try:
        with db.engines["reader"].connect() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        raise ConfigError(
            "The database cannot be opened: check SELFSERVICE_DATABASE_URL, and that the server runs or that the "
            "file's folder exists and may be read."
        ) from error
    return None if found is None else str(found)


def require_current() -> None:
    """Raise ConfigError unless the database is at the newest migration: before serving or working."""
    found, wanted = find_current(), newest()
    if found is None:
        raise ConfigError(f"The database has no tables yet: {HOW_TO_UPGRADE}")
    if found < wanted:
        raise ConfigError(f"The database is at migration {found} and this version needs {wanted}: {HOW_TO_UPGRADE}")
    if found > wanted:
        raise ConfigError(
            f"The database is at migration {found}, newer than the {wanted} of this version: start the newer version."
        )


def upgrade(revision: str = "head") -> None:
    """Bring the database up to `revision`, in one transaction; does nothing when it is there already."""
    from alembic import command  # noqa: PLC0415 - 60 ms and 10 MB that only commands and tests need.

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


def _config() -> Config:
    from flask_migrate import Migrate  # noqa: PLC0415 - as above; it brings alembic along.

    if "migrate" not in current_app.extensions:
        Migrate(db=db).init_app(current_app, directory=str(MIGRATIONS))
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    return config
