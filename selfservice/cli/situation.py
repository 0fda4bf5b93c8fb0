"""`flask situation`: the page types of this installation, made, checked and tried out."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from selfservice import clock, config
from selfservice.cli import issuing
from selfservice.cli.command import FLASK, Group, json_option, print_json, print_table
from selfservice.errors import Conflict, NotFound
from selfservice.pages.service import Person
from selfservice.situations import registry
from selfservice.situations.contract import looks, whole
from selfservice.situations.making import folder as making
from selfservice.situations.problem import Problem
from selfservice.situations.registry import Loaded


@click.group(cls=Group)
def command() -> None:
    """Page types: make one, list them, check them, try one out."""


@command.command(
    "new", example="situation new boiler_service --like appointment_reminder", uses="settings", sees_composed=True
)
@click.argument("key")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of page types to make it in; by default the first of SELFSERVICE_SITUATIONS, else ./situations.",
)
@click.option("--like", metavar="TYPE", help="The type to copy; by default a small one with a yes and a no.")
@json_option
def new(key: str, *, into: Path | None, like: str | None, as_json: bool) -> None:
    """Make a page type called KEY: a folder that runs and passes its checks, to be changed bit by bit."""
    known = registry.current().find(key)
    if known is not None:
        there = "A type composed in the console" if known.is_composed else str(known.folder)
        raise Conflict(f"{there} is already called {key}, and nothing was written; choose another key.")
    place = (into or _first_folder() or Path("situations")).resolve()
    made = making.make(key, place, like=issuing.get_type(like).folder if like else making.SKELETON)
    setting = _setting_for(place)
    if as_json:
        print_json({"key": key, "folder": str(made), "set": setting})
        return
    sample = min((path.stem for path in (made / "samples").glob("*.json")), default="SAMPLE")
    click.echo(f"Made {made}")
    if setting:
        click.echo(f"It is found once this is set:\n  export {setting}")
    click.echo("Look at it, check it, text it to yourself:")
    for line in ("gallery", f"check {key}", f"send {key} {sample} --to +12025550123"):
        click.echo(f"  {FLASK} situation {line}")
    click.echo("Then change its words in copy/en.toml, its facts and actions in situation.py, its looks in page.html.")


def _first_folder() -> Path | None:
    """The first folder of page types; one that is a page type itself holds no others."""
    return next((path for path in config.current().situations if not (path / "situation.py").is_file()), None)


def _setting_for(place: Path) -> str:
    """What has to be set for types in `place` to be found; empty if they are found already."""
    folders = config.current().situations
    if place in (*folders, registry.BUILT_IN):
        return ""
    return f"SELFSERVICE_SITUATIONS={shlex.quote(','.join(map(str, (*folders, place))))}"


@command.command("list", example="situation list", uses="nothing", sees_composed=True)
@json_option
def list_all(*, as_json: bool) -> None:
    """List the page types: lines of Python and HTML, languages, samples; what is broken is said on stderr."""
    known = registry.current()
    if as_json:
        print_json(
            {
                "situations": [_as_data(loaded) for loaded in known],
                "broken": _as_list(known.problems()),
            }
        )
        return
    print_table(
        [
            (
                loaded.key,
                _name(loaded),
                "composed" if loaded.is_composed else f"{_count_lines(loaded.folder)} lines",
                " ".join(loaded.languages),
                " ".join(sorted(loaded.samples)),
            )
            for loaded in known
        ]
    )
    for _key, problem in known.problems():
        click.echo(str(problem), err=True)


@command.command("check", example="situation check appointment_reminder", uses="nothing", sees_composed=True)
@click.argument("key", required=False)
@json_option
def check(key: str | None, *, as_json: bool) -> None:
    """Check one page type, or all: its declaration, its words in every language, its samples; says what to mend.

    Ends with exit code 1 when there is anything to mend.
    """
    known = registry.current()
    chosen = [issuing.get_type(key)] if key else list(known)
    broken = [] if key else known.problems()
    found = {loaded.key: whole.check(loaded) or list(looks.check(loaded, clock.now())) for loaded in chosen}
    if as_json:
        mends = {name: [_as_data_of(problem) for problem in problems] for name, problems in found.items()}
        print_json({"situations": mends, "broken": _as_list(broken)})
    else:
        for name, problems in found.items():
            click.echo("\n".join(map(str, problems)) if problems else f"{name}: nothing to mend")
        for _key, problem in broken:
            click.echo(str(problem))
    if broken or any(found.values()):
        raise SystemExit(1)


@command.command("gallery", example="situation gallery", uses="settings")
def gallery() -> None:
    """Print the address at which every page type is shown, as its files are, while `make run` or `serve` runs."""
    click.echo(f"{config.current().base_url}/console/types")


@command.command("send", example="situation send appointment_reminder booked --to +12025550123")
@click.argument("key")
@click.argument("sample")
@click.option("--to", required=True, metavar="NUMBER", help="The mobile number, with + and the country code.")
@click.option("--name", help="The customer's name.")
@click.option("--locale", help="The customer's language, such as en, es-MX or ar.")
@click.option("--brand", default="", metavar="KEY", help="The brand that it speaks for, if not that of its type.")
@json_option
def send(key: str, sample: str, *, to: str, name: str | None, locale: str | None, brand: str, as_json: bool) -> None:
    """Make a page of the type KEY from its sample SAMPLE and text its link to a number."""
    loaded = issuing.get_type(key)
    found = loaded.samples.get(sample)
    if found is None:
        known = ", ".join(sorted(loaded.samples)) or "none"
        raise NotFound(f"{key} has no sample called {sample}; choose one of {known}.")
    raw = found.facts(zone=issuing.zone_of(key, brand), now=clock.now())
    issuing.issue(key, raw, Person(name=name, phone=to, locale=locale), brand=brand, as_json=as_json)


def _name(loaded: Loaded) -> str:
    return f"{loaded.name} (retired)" if loaded.situation.retired else loaded.name


def _count_lines(folder: Path) -> int:
    """How much there is to a type: its lines of Python and HTML that are not blank."""
    texts = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("situation.py", "page.html"))
    return sum(1 for text in texts for line in text.splitlines() if line.strip())


def _as_data(loaded: Loaded) -> dict[str, object]:
    return {
        "key": loaded.key,
        "name": loaded.name,
        "summary": loaded.summary,
        "version": loaded.situation.version,
        "retired": loaded.situation.retired,
        "team": loaded.situation.team,
        "lines": _count_lines(loaded.folder),
        "languages": list(loaded.languages),
        "samples": sorted(loaded.samples),
        "columns": list(loaded.columns()),
        "folder": "" if loaded.is_composed else str(loaded.folder),
        "composed": loaded.is_composed,
    }


def _as_data_of(problem: Problem) -> dict[str, object]:
    return {"file": str(problem.file), "line": problem.line, "sentence": problem.sentence}


def _as_list(problems: list[tuple[str, Problem]]) -> list[dict[str, object]]:
    return [{"situation": name, **_as_data_of(problem)} for name, problem in problems]
