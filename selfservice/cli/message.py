"""`flask message`: messages that were not sent, or of which nobody knows, and sending them once more."""

from __future__ import annotations

import click

from selfservice import tokens
from selfservice.backups import bringing_back
from selfservice.cli.command import FLASK, Group, json_option, print_json, print_table
from selfservice.cli.issuing import ACTOR
from selfservice.cli.restore import doubts, only_providers
from selfservice.db import db
from selfservice.errors import Conflict, Invalid, NotFound
from selfservice.messages import queries, service

STATES = ("dead", "failed", "needs_human", "uncertain")
_MOST = 200
_WAYS_ON = {
    "dead": f"Mend the fault, then run `{FLASK} message replay ID`, or `--all`.",
    "needs_human": f"Ask those people. What did not come is sent once more by `{FLASK} message replay ID`.",
}


@click.group(cls=Group)
def command() -> None:
    """Messages that did not leave, or of which nobody knows."""


@command.command("list", example="message list --state dead", uses="reads")
@click.option("--state", type=click.Choice(STATES), default="dead", show_default=True, help="How they stand.")
@json_option
def list_messages(state: str, *, as_json: bool) -> None:
    """List messages in a state, the latest first, 200 at most: without numbers, names and texts.

    Those that are dead failed five times by the same fault of ours. Those that are needs_human may have left: ask the
    customer before you send one once more, or leave it to staff, who see it on its page.
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
    if state in _WAYS_ON and lines and not as_json:
        click.echo(_WAYS_ON[state])


@command.command("replay", example="message replay --all")
@click.argument("message_id", metavar="[ID]", required=False)
@click.option("--all", "is_all", is_flag=True, help="All that are dead.")
def replay(message_id: str | None, *, is_all: bool) -> None:
    """Send a message once more under its ID, or all that are dead: policy looks at each again before it leaves.

    The ID is of one that is dead, or needs_human: of that, ask the customer first, who may have it already.
    """
    if is_all == (message_id is not None):
        raise Invalid("Say which message: write its ID, or --all.")
    ids = [_read(message_id)] if message_id is not None else queries.list_dead_ids()
    count = 0
    for one in ids:
        count += service.replay(one, actor=ACTOR)
        db.session.commit()
    if message_id is not None and not count:
        raise Invalid(
            "That message is neither dead nor needs_human, so it stays as it is: `message list` shows those that are."
        )
    click.echo("1 message was given back to be sent." if count == 1 else f"{count} messages were given back.")


@command.command("doubt", example="message doubt --yes")
@click.option("--yes", is_flag=True, help="Doubt them without asking once more.")
@json_option
def doubt(*, yes: bool, as_json: bool) -> None:
    """After a database was brought back by other means than `restore`: mark what had not left as uncertain.

    It may have left since, and would leave again. Run it before `serve` and `worker` start. Providers are then asked
    about each; `message list --state needs_human` shows those of which nobody knows. Everybody of staff signs in again.
    """
    if queries.count_workers():
        raise Conflict("A worker is running, or was within this minute: stop it, wait a minute and run this again.")
    if not yes:
        click.confirm("Doubt every message that has not left?", abort=True, err=True)
    doubted = bringing_back.doubt(only_providers())
    db.session.commit()
    if as_json:
        print_json({"uncertain": dict(doubted)})
        return
    click.echo(doubts(doubted))


def _read(text: str) -> int:
    try:
        return tokens.decode_id(text)
    except tokens.BadToken:
        raise NotFound("There is no such message: copy its ID from `message list`.") from None
