"""How Alembic reaches the database: over the application's writer engine, in one transaction, with its tables."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from flask import current_app

from selfservice.db import UtcDateTime, db

LOCK = 5_071_946_102  # any number, the same in every process that migrates this application's database


def render_item(kind: str, item: object, _autogenerate: object) -> str | Literal[False]:
    """Write our own column types as the plain types beneath, so that a migration outlives the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def skip_empty(_context: object, _revision: object, directives: list[Any]) -> None:
    """Write no migration when the tables did not change."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run(connection: sa.Connection) -> None:
    """SQLite cannot alter most of a table in place: batch mode makes a new one and copies the rows.

    Both databases can take back changes of tables, so an upgrade that fails half-way leaves nothing behind.
    """
    options = current_app.extensions["migrate"].configure_args
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        transactional_ddl=True,
        render_item=render_item,
        process_revision_directives=skip_empty,
        **{**options, "render_as_batch": True, "compare_server_default": True},
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.execute(sa.text("PRAGMA foreign_key_check")).fetchone()
            if broken is not None:
                raise RuntimeError(
                    f"A row of {broken[0]} would point nowhere: nothing was changed, mend the migration."
                )


def run_online() -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            run(connection)
            return
        driver: Any = connection.connection.dbapi_connection
        # Batch mode drops the old table: enforced, the rows that point to it would go or forbid it. The pragma does
        # nothing inside a transaction, hence here.
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            run(connection)
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def run_offline() -> None:
    """Print the SQL instead of running it, for a person who runs it with other rights."""
    context.configure(
        url=db.engine.url.render_as_string(hide_password=True), target_metadata=db.metadata, literal_binds=True
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
