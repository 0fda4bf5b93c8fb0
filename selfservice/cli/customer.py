"""`flask customer`: what is kept about the people who get pages: telling it, taking it out, texting them again."""

from __future__ import annotations

import click

from selfservice import phone
from selfservice.cli.command import Group, json_option, print_json
from selfservice.cli.issuing import ACTOR
from selfservice.db import db
from selfservice.pages import numbers
from selfservice.rights import erasing, exporting, finding


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
    numbers.allow(e164, actor=ACTOR, source="command line")
    db.session.commit()
    click.echo(f"The number ending {phone.ending(e164)} is texted again. What was stopped is not sent by itself.")


@command.command("export", example="customer export +12025550123", uses="reads")
@click.argument("who", metavar="WHO")
def export(who: str) -> None:
    """Print all that is kept about a person, as JSON for them to take away.

    WHO is their number, their e-mail address or your reference.
    """
    print_json(exporting.export(finding.find(who)))


@command.command("erase", example="customer erase +12025550123 --yes")
@click.argument("who", metavar="WHO")
@click.option("--yes", is_flag=True, help="Erase without asking once more.")
@json_option
def erase(who: str, *, yes: bool, as_json: bool) -> None:
    """Take out all that says who a person is; what they stopped stays stopped. It cannot be taken back.

    WHO is their number, their e-mail address or your reference. Export first what they want to have.
    """
    customer = finding.find(who)
    if not yes:
        click.confirm("Erase this person for good? Their live pages end.", abort=True, err=True)
    erased = erasing.erase(customer, actor=ACTOR)
    db.session.commit()
    if as_json:
        print_json({"pages": erased.pages, "messages": erased.messages, "photos": erased.photos})
        return
    for sentence in erased.sentences:
        click.echo(sentence)
