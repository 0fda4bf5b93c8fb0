"""`flask page`: issuing pages from the command line."""

from __future__ import annotations

import click

from selfservice import clock
from selfservice.cli import issuing
from selfservice.cli.command import Group, json_option
from selfservice.pages.service import Person
from selfservice.situations import registry


@click.group(cls=Group)
def command() -> None:
    """Pages for customers."""


@command.command(
    "issue",
    example="page issue appointment_reminder --to +12025550123 "
    "--facts selfservice/situations/appointment_reminder/samples/booked.json",
)
@click.argument("situation")
@click.option("--to", "phone", metavar="NUMBER", help="The customer's mobile number, with + and the country code.")
@click.option("--email", metavar="ADDRESS", help="The customer's e-mail address, for who has no number or wants it so.")
@click.option("--facts", required=True, metavar="FILE_OR_JSON", help="A JSON file with the facts, or the JSON itself.")
@click.option("--customer-ref", "ref", metavar="REF", help="Your own reference for the customer.")
@click.option("--case-ref", metavar="REF", help="Your own reference for the case: its live page is brought up to date.")
@click.option("--name", help="The customer's name.")
@click.option("--locale", help="The customer's language, such as en, es-MX or ar.")
@click.option("--brand", default="", metavar="KEY", help="The brand that it speaks for, if not that of its type.")
@json_option
def issue(
    situation: str,
    *,
    facts: str,
    case_ref: str | None,
    brand: str,
    as_json: bool,
    **person: str | None,
) -> None:
    """Make a page of the type SITUATION and send its link; prints the page's id, its link and what goes to whom.

    With a number and an e-mail address, the one that the customer wants first is written to, or else the type's first.
    In the facts, a day may be written as "today+3" and a moment as "today+3T10:20".
    """
    loaded = issuing.get_type(situation)
    raw = registry.read_facts(facts, zone=issuing.zone_of(loaded.key, brand), now=clock.now())
    issuing.issue(loaded.key, raw, Person(**person), case_ref=case_ref, brand=brand, as_json=as_json)
