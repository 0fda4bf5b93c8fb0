"""`flask demo`: an organisation to look at."""

from __future__ import annotations

import click

from selfservice import config
from selfservice.cli.command import Command, json_option, print_json
from selfservice.demo import loading, sign_in


@click.command("demo", cls=Command, example="demo --once")
@click.option("--once", is_flag=True, help="Do nothing when there are customers or pages already.")
@json_option
def command(*, once: bool, as_json: bool) -> None:
    """Load an organisation to look at: three brands with their staff, 40 customers in three languages, and 200 pages.

    The pages tell of 14 days and are in every state. The numbers ring nobody. Never in production.
    """
    loaded = loading.count() if once else None
    was_there = loaded is not None
    if loaded is None:
        loaded = loading.load()
    if as_json:
        print_json({**loaded._asdict(), "was_there": was_there})
    elif was_there:
        click.echo(f"{loaded.customers} customers and {loaded.pages} pages are there already, so nothing was added.")
    else:
        how = sign_in.describe(config.current())
        click.echo(f"{loaded.customers} customers and {loaded.pages} pages are loaded {how}.")
