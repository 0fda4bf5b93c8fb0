"""`flask backup`: a copy of everything that a restore needs, taken while the installation serves; no key among it."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from selfservice import config
from selfservice.backups import folder, taking
from selfservice.backups.taking import Taken
from selfservice.cli.command import Command, json_option, print_json
from selfservice.config import Settings
from selfservice.db import db, is_postgresql
from selfservice.errors import Invalid
from selfservice.keys import KEYS_FILE, PUSH_KEY_FILE
from selfservice.media import stores

DUMP = "selfservice.dump"


@click.command("backup", cls=Command, example="backup /mnt/backups", uses="settings")
@click.argument("into", metavar="FOLDER", type=click.Path(path_type=Path))
@json_option
def command(into: Path, *, as_json: bool) -> None:
    """Copy the database and the photos into a new folder inside FOLDER, while pages are served and texts leave.

    The copy is of one moment, and is there whole or not at all. Keys are never in it: keep them elsewhere. A database
    on PostgreSQL is kept by pg_dump, and this says how.
    """
    if is_postgresql():
        raise Invalid(f"PostgreSQL keeps its own: nothing was copied. {how_to_dump()}")
    taken = taking.take(into)
    if as_json:
        print_json({"folder": str(taken.folder), **asdict(taken.about)})
        return
    for sentence in _sentences(taken, config.current()):
        click.echo(sentence)


def how_to_dump() -> str:
    """What to run to keep a PostgreSQL database and to bring it back, without the password."""
    address = db.engine.url._replace(drivername="postgresql", password=None).render_as_string()
    settings = config.current()
    photos = "" if folder.are_photos_elsewhere(settings) else f" Copy {stores.folder(settings)} after it: the photos."
    dump = shlex.join(["pg_dump", "--format=custom", f"--file={DUMP}", f"--dbname={address}"])
    restore = shlex.join(["pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={address}", DUMP])
    return (
        f"Run `{dump}`.{photos} To bring it back, stop everything, run `{restore}`, then `flask --app app db upgrade` "
        "and `flask --app app message doubt`, and start."
    )


def _sentences(taken: Taken, settings: Settings) -> list[str]:
    about = taken.about
    size = f"{about.database_bytes / 1e6:.1f} MB at migration {about.migration}"
    found = [f"{taken.folder} holds the database ({size}) and {about.photos} photo files."]
    if about.are_photos_elsewhere:
        found.append("Photos are in their bucket and not copied: have it keep versions or a copy of its own.")
    if about.missing:
        found.append(f"{about.missing} photo files that the database names were not there: see SELFSERVICE_MEDIA.")
    found.append(f"Keys are not in it. Keep {_keys(settings)} somewhere else: without them it cannot be used.")
    return found


def _keys(settings: Settings) -> str:
    if settings.is_production:
        return "SELFSERVICE_SECRET_KEYS, SELFSERVICE_DATA_KEYS, SELFSERVICE_VAPID_PRIVATE_KEY and your other settings"
    files = [settings.instance / name for name in (KEYS_FILE, PUSH_KEY_FILE)]
    return " and ".join(str(file) for file in files if file.exists()) or "the keys of your settings"
