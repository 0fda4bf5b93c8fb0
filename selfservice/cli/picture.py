"""`flask picture`: pictures that pages show, for who gives facts as JSON or CSV, where no file can travel."""

from __future__ import annotations

from pathlib import Path

import click

from selfservice import tokens
from selfservice.cli.command import Group, json_option, print_json
from selfservice.errors import Invalid
from selfservice.media import kinds, pictures

ACTOR = "cli"


@click.group(cls=Group)
def command() -> None:
    """Pictures that pages show."""


@command.command("add", example="picture add engineer.jpg")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def add(file: Path, *, as_json: bool) -> None:
    """Keep the picture FILE and print the id by which facts name it: JPEG, PNG, WebP, GIF or HEIC, 10 MB at most.

    What a camera noted in it is taken out. It is kept as long as a page shows it, and 30 days before the first does.
    """
    picture = tokens.encode_id(pictures.add(_read(file), actor=ACTOR))
    if as_json:
        print_json({"id": picture})
    else:
        click.echo(picture)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(kinds.MOST_BYTES + 1)
    except OSError as error:
        raise Invalid(f"{file} cannot be read ({error.strerror}); name the picture's file.") from None
