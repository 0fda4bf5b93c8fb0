"""`flask message`: messages that were not sent, and sending again what our own fault kept back."""

from __future__ import annotations

import click

from selfservice import tokens
from selfservice.cli.command import FLASK, Group, json_option, print_json, print_table
from selfservice.cli.issuing import ACTOR
from selfservice.db import db
from selfservice.errors import Invalid, NotFound
from selfservice.messages import queries, service

STATES = ("dead", "failed", "needs_human", "uncertain")
_MOST = 200


@click.group(cls=Group)
def command() -> None:
    """Messages that did not leave, or of which nobody knows."""


@command.command("list", example="message list --state dead", uses="reads")
@click.option("--state", type=click.Choice(STATES), default="dead", show_default=True, help="How they stand.")
@json_option
def list_messages(state: str, *, as_json: bool) -> None:
    """List messages in a state, the latest first, 200 at most: without numbers, names and texts.

    Those that are dead failed five times by the same fault of ours.
    """
    found = queries.list_in_state(state, _MOST)
    lines = [
        {
            "id": tokens.encode_id(row.id),
            "page": tokens.encode_id(row.page_id) if row.page_id else "",
            "channel": row.channel,
            "purpose": row.purpose,
            "reason": row.reason or "",
            "since": f"{row.updated_at:%Y-%m-%d %H:%M} UTC",
        }
        for row in found
    ]
    if as_json:
        print_json(lines)
    elif not lines:
        click.echo(f"No message is {state}.")
    else:
        print_table([tuple(name.upper() for name in lines[0]), *(tuple(line.values()) for line in lines)])
    if state == "dead" and lines and not as_json:
        click.echo(f"Mend the fault, then run `{FLASK} message replay ID`, or `--all`.")


@command.command("replay", example="message replay --all")
@click.argument("message_id", metavar="ID", required=False)
@click.option("--all", "is_all", is_flag=True, help="All that are dead.")
def replay(message_id: str | None, *, is_all: bool) -> None:
    """Send a dead message again under its ID, or all of them: policy looks at each again before it leaves."""
    if is_all == (message_id is not None):
        raise Invalid("Say which message: write its ID, or --all.")
    ids = [_read(message_id)] if message_id is not None else queries.list_dead_ids()
    count = 0
    for one in ids:
        count += service.replay(one, actor=ACTOR)
        db.session.commit()
    if message_id is not None and not count:
        raise Invalid("That message is not dead, so it stays as it is: `message list` shows those that are.")
    click.echo("1 message was given back to be sent." if count == 1 else f"{count} messages were given back.")


def _read(text: str) -> int:
    try:
        return tokens.decode_id(text)
    except tokens.BadToken:
        raise NotFound("There is no such message: copy its ID from `message list`.") from None
