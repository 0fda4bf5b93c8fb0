"""`flask consent`: bringing the consents that an organisation holds already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from selfservice import clock
from selfservice.cli.command import Group, json_option, print_json
from selfservice.cli.issuing import ACTOR
from selfservice.errors import Invalid
from selfservice.rights import consent_file, importing
from selfservice.rights.consent_file import Entry, Unreadable
from selfservice.rights.importing import Fate, Tally

_MOST_SHOWN = 20
_SAYS: dict[Fate, str] = {
    "new": "{} new",
    "known": "{} known already",
    "stopped": "{} left alone: a yes of somebody who stopped everything here",
    "refused": "{} left alone: a yes of somebody who said no to that class here",
    "overtaken": "{} left alone: a no of somebody who said yes here after it",
}


@click.group(cls=Group)
def command() -> None:
    """What people allowed and refused, as evidence."""


@command.command("import", example="consent import consents.csv --dry-run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would become of each line, and write nothing.")
@click.option("--yes", is_flag=True, help="Import without asking once more.")
@json_option
def import_file(file: Path, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Bring the consents in FILE, a CSV in UTF-8 that begins with the line

    phone,email,class,said,said_at,wording,language,source

    One line for each yes and each no: a phone (with +) or an email; service, marketing, urgent, or all for somebody
    who stopped everything; yes or no; when, with its zone; the exact words that they were shown, and their language;
    where it was said. A wrong line stops the whole file. Importing it again adds nothing, and a yes never undoes a no
    that is known here.
    """
    entries = _read(file, as_json=as_json)
    seen = importing.preview(entries)
    if dry_run:
        _tell(seen, len(entries), as_json=as_json, is_done=False)
        return
    if not yes:
        _tell(seen, len(entries), as_json=False, is_done=False, err=True)
        click.confirm(f"Import {seen.counts.get('new', 0)} of {len(entries)}?", abort=True, err=True)
    _tell(importing.import_all(entries, actor=ACTOR), len(entries), as_json=as_json, is_done=True)


def _read(file: Path, *, as_json: bool) -> Sequence[Entry]:
    try:
        return consent_file.read(file.read_bytes(), clock.now())
    except OSError as error:
        raise Invalid(f"{file} cannot be read ({error.strerror}): mend the path or its rights.") from None
    except Unreadable as error:
        if as_json:
            print_json({"imported": 0, "problems": [{"line": line, "says": says} for line, says in error.problems]})
        for line, says in error.problems[:_MOST_SHOWN]:
            click.echo(f"Line {line}: {says}", err=True)
        more = len(error.problems) - _MOST_SHOWN
        if more > 0:
            click.echo(f"... and {more} more.", err=True)
        raise


def _tell(tally: Tally, total: int, *, as_json: bool, is_done: bool, err: bool = False) -> None:
    if as_json:
        print_json({"imported": is_done, "lines": total, **{fate: tally.counts.get(fate, 0) for fate in _SAYS},
                    "left_alone": {fate: list(lines) for fate, lines in tally.lines.items()}})  # fmt: skip
        return
    click.echo(f"Of {total} {'lines' if total != 1 else 'line'}:", err=err)
    for fate, sentence in _SAYS.items():
        count = tally.counts.get(fate, 0)
        if count or fate == "new":
            click.echo(f"  {sentence.format(count)}{_lines(tally, fate)}.", err=err)
    if not err:
        click.echo("They are written down." if is_done else "Nothing was written.")


def _lines(tally: Tally, fate: Fate) -> str:
    """Which lines those are, the first of them."""
    lines = tally.lines.get(fate, ())
    if not lines:
        return ""
    shown = ", ".join(map(str, lines[:_MOST_SHOWN]))
    return f" (line {shown}{' and more' if len(lines) > _MOST_SHOWN else ''})"
