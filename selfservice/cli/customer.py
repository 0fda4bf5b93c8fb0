"""`flask customer`: what is kept about the people who get pages."""

from __future__ import annotations

import click

from selfservice import phone
from selfservice.cli.command import Group
from selfservice.cli.issuing import ACTOR
from selfservice.db import db
from selfservice.pages import numbers


@click.group(cls=Group)
def command() -> None:
    """The people who get pages."""


@command.command("allow", example="customer allow +12025550123")
@click.argument("number")
def allow(number: str) -> None:
    """Let a NUMBER that was stopped be texted again, because its owner asked for it or it was the right one after all.

    What was stopped meanwhile is not sent by itself.
    """
    e164 = phone.normalise(number)
    numbers.allow(e164, actor=ACTOR)
    db.session.commit()
    click.echo(f"The number ending {phone.ending(e164)} is texted again. What was stopped is not sent by itself.")
