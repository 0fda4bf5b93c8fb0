"""`flask db`: bringing the database up to date."""

from __future__ import annotations

import click

from selfservice import schema
from selfservice.brands import service as brands
from selfservice.cli.command import Group
from selfservice.db import db
from selfservice.situations import registry
from selfservice.staff import service as staff


@click.group(cls=Group)
def command() -> None:
    """The database: bring it up to date."""


@command.command("upgrade", example="db upgrade", uses="settings")
def upgrade() -> None:
    """Make the tables that this version needs, and the organisation and teams that everything stands on.

    Safe to run at every start: what is there already stays as it is.
    """
    before = schema.find_current()
    schema.require_not_too_new(before)
    schema.upgrade()
    brands.ensure_default()
    staff.ensure_teams({key: key.replace("_", " ").capitalize() for key in _teams()})
    db.session.commit()
    after = schema.find_current()
    if schema.is_newer(after):
        click.echo(f"The database is at migration {after}: a newer version has added to it, and this one works on it.")
        return
    click.echo(
        f"The database is at migration {after}" + ("." if before == after else f", it was at {before or 'none'}.")
    )


def _teams() -> list[str]:
    return sorted({loaded.situation.team for loaded in registry.current()})
