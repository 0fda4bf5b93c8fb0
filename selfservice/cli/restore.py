"""`flask restore`: bringing a backup back, so that nothing is sent again of which nobody knows whether it had left."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import click

from selfservice import config
from selfservice.backups import bringing_back
from selfservice.backups.bringing_back import BroughtBack
from selfservice.cli.backup import how_to_dump
from selfservice.cli.command import Command, json_option, print_json
from selfservice.db import READER, db, is_postgresql
from selfservice.errors import Invalid
from selfservice.messages.channels import registry as channels


@click.command("restore", cls=Command, example="restore /mnt/backups/selfservice-20261122T073000Z", uses="settings")
@click.argument("backup", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Set aside the database and the photos that are there.")
@click.option("--other-keys", is_flag=True, help="Although links, or stops, will not be known by the keys at hand.")
@json_option
def command(backup: Path, *, replace: bool, other_keys: bool, as_json: bool) -> None:
    """Bring back the database and photos of FOLDER, which `backup` made; stop `serve` and `worker` first.

    It is checked before anything is changed, and brought up to date. Messages that had not left when the backup was
    taken may have left since: they are marked uncertain, providers are asked about them, and what nobody can say is
    listed. Everybody of staff signs in again.
    """
    if is_postgresql():
        raise Invalid(f"PostgreSQL brings back its own: nothing was changed. {how_to_dump()}")
    done = bringing_back.bring_back(backup, replace=replace, other_keys=other_keys, providers=only_providers())
    if as_json:
        aside = [str(path) for path in done.aside]
        print_json({"taken_at": done.about.taken_at, "uncertain": dict(done.doubted), "set_aside": aside})
        return
    for sentence in _sentences(done):
        click.echo(sentence)


def only_providers() -> dict[str, str]:
    """The provider of each channel that has one alone: it is the one to ask."""
    known = channels.build(config.current(), writer=db.engine, reader=db.engines[READER])
    return {name: known.of(name)[0].name for name in known.names if len(known.of(name)) == 1}


def doubts(doubted: Counter[str]) -> str:
    """How many messages are in doubt now, and what becomes of them."""
    if not doubted:
        return "No message was unsent or on the way."
    each = ", ".join(f"{count} by {channel}" for channel, count in sorted(doubted.items()))
    were = "1 message was" if doubted.total() == 1 else f"{doubted.total()} messages were"
    return (
        f"{were} unsent or on the way ({each}) and may have left since: uncertain now. Once a worker runs, providers "
        "that can be asked are asked, and `flask --app app message list --state needs_human` shows what nobody knows."
    )


def _sentences(done: BroughtBack) -> list[str]:
    taken_at = datetime.fromisoformat(done.about.taken_at)
    said = [f"Everything is as it was at {taken_at:%Y-%m-%d %H:%M:%S} UTC.", doubts(done.doubted)]
    said.append(
        "What was said since is not in it: look at your provider's list of those who stopped, and erase again whom you "
        "have erased since. Everybody of staff signs in again."
    )
    if done.aside:
        paths = " and ".join(map(str, done.aside))
        said.append(f"What was there before is set aside, and holds people's data: delete {paths} when all is well.")
    return said
