"""`flask brand`: the organisations that this installation speaks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from selfservice.brands import queries, service, timetable
from selfservice.brands.models import Brand
from selfservice.cli.command import F, Group, json_option, print_fields, print_json, print_table
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.media import logos
from selfservice.situations import registry

ACTOR = "cli"
_SIMPLE = ("name", "mark", "colour", "colour_dark", "phone", "country", "timezone", "language", "privacy_url")


@click.group(cls=Group)
def command() -> None:
    """The organisations that pages, texts and e-mails speak for: name, colours, phone, opening hours."""


def _values(function: F) -> F:
    """The options that `add` and `set` share."""
    options = (
        click.option("--name", help="As customers know it."),
        click.option("--name-in", "names", multiple=True, metavar="LANGUAGE=NAME", help="Its name in a language."),
        click.option("--mark", help="One or two letters that stand for it; the name's first without."),
        click.option("--logo", type=click.Path(path_type=Path), help="A picture for the letters' place; - for none."),
        click.option("--colour", help="Such as #0b5c66. One on which a text cannot be read is refused."),
        click.option("--colour-dark", help="For dark pages; worked out from the other one if left empty."),
        click.option("--phone", help="The number that customers can call."),
        click.option("--country", help="Two letters, such as GB: numbers without a country code are of there."),
        click.option("--timezone", help="Such as Europe/London."),
        click.option("--language", help="For customers whose language is not known: two letters, such as en."),
        click.option("--privacy-url", help="The https address of what you say about privacy."),
        click.option("--team", "teams", multiple=True, metavar="KEY:LANGUAGE=NAME", help="A team, for customers."),
        click.option(
            "--open",
            "opening",
            multiple=True,
            metavar="DAYS HOURS",
            help="When people are there: mon-fri 08:00-18:30, or 2026-12-25 closed. The lines replace the old ones.",
        ),
        click.option(
            "--hours-text", "hours", multiple=True, metavar="LANGUAGE=LINE", help="A line in place of the worked out."
        ),
        click.option("--type", "situations", multiple=True, metavar="KEY", help="A page type that it speaks for."),
        click.option("--default", "is_default", is_flag=True, help="It speaks for all other page types."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command("list", example="brand list --json", uses="reads")
@json_option
def list_all(*, as_json: bool) -> None:
    """List the brands, the default one first."""
    found = queries.list_all()
    if as_json:
        print_json([_as_data(brand) for brand in found])
    else:
        print_table(
            [(brand.key, brand.name, brand.colour, brand.phone_shown, " ".join(_speaks_for(brand))) for brand in found]
        )


@command.command("show", example="brand show default", uses="reads")
@click.argument("key")
@json_option
def show(key: str, *, as_json: bool) -> None:
    """Show all that is set for the brand KEY."""
    _print(queries.get_by_key(key), as_json=as_json)


@command.command(
    "add",
    example='brand add harbour-street --name "Harbour Street" --colour "#0b5c66" --phone "+44 20 7946 0310" '
    '--country GB --timezone Europe/London --open "mon-fri 08:00-18:30"',
)
@click.argument("key")
@_values
@json_option
def add(key: str, *, logo: Path | None, is_default: bool, as_json: bool, **options: Any) -> None:
    """Add a brand that is known as KEY; it needs a name, a colour and a phone number."""
    png = _logo(logo)
    brand = service.add(key, _read(options, {}), is_default=is_default, actor=ACTOR)
    if png:
        service.set_logo(brand, png, actor=ACTOR)
    db.session.commit()
    _print(brand, as_json=as_json)


@command.command("set", example='brand set harbour-street --colour "#0b5c66" --name-in "es=Centro de Salud"')
@click.argument("key")
@_values
@json_option
def change(key: str, *, logo: Path | None, is_default: bool, as_json: bool, **options: Any) -> None:
    """Change what is given of the brand KEY. Names and teams join those that there are; an empty one takes it away."""
    png = _logo(logo)
    brand = queries.get_by_key(key)
    kept = {"names": brand.names, "hours": brand.hours, "teams": brand.teams}
    service.change(brand, _read(options, kept), is_default=is_default or None, actor=ACTOR)
    if logo is not None:
        service.set_logo(brand, png, actor=ACTOR)
    db.session.commit()
    _print(brand, as_json=as_json)


@command.command("remove", example="brand remove old-name")
@click.argument("key")
def remove(key: str) -> None:
    """Remove the brand KEY, if it has no pages and is not the default."""
    service.remove(queries.get_by_key(key), actor=ACTOR)
    db.session.commit()
    click.echo(f"{key} is removed.")


def _read(options: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were given, by field; raises Invalid. What goes by language is joined with what is `kept`."""
    values = {name: options[name] for name in _SIMPLE if options[name] is not None}
    for name in ("names", "hours"):
        if options[name]:
            values[name] = {**kept.get(name, {}), **dict(_pair(one, f"--{name}") for one in options[name])}
    if options["teams"]:
        values["teams"] = _teams(options["teams"], kept.get("teams", {}))
    if options["opening"]:
        try:
            values["opening"] = timetable.read(options["opening"])
        except ValueError as refusal:
            raise Invalid(str(refusal), fields={"opening": str(refusal)}) from None
    if options["situations"]:
        values["situations"] = [registry.current().get(key).key for key in options["situations"]]
    return values


def _teams(given: tuple[str, ...], kept: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    teams = {key: dict(names) for key, names in kept.items()}
    for one in given:
        where, name = _pair(one, "--team")
        key, _, language = where.partition(":")
        teams.setdefault(key, {})[language or "en"] = name
    return teams


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Invalid(f"{option} takes a language and a text with = between, such as es=Centro de Salud.")
    return name.strip(), value.strip()


def _logo(path: Path | None) -> bytes | None:
    """The logo made of a file; None where there is to be none. Raises Invalid."""
    if path is None or str(path) == "-":
        return None
    try:
        picture = path.read_bytes()
    except OSError as error:
        sentence = f"The file cannot be read ({error.strerror}); name a picture."
        raise Invalid(sentence, fields={logos.FIELD: sentence}) from None
    return logos.make(picture)


def _print(brand: Brand, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_data(brand))
        return
    face = queries.show(brand, brand.language)
    print_fields(
        {
            "Brand": f"{brand.key} (default)" if brand.is_default else brand.key,
            "Name": brand.name,
            "Other names": _joined(brand.names),
            "Letters": brand.mark,
            "Logo": "yes" if brand.logo else "none",
            "Colours": f"{brand.colour}, on dark pages {brand.colour_dark}",
            "Phone": brand.phone_shown,
            "Where": f"{brand.country}, {brand.timezone}, {brand.language}",
            "Open": "; ".join(timetable.lines(brand.opening)),
            "Customers read": face.hours,
            "Teams": "; ".join(f"{key}: {_joined(names)}" for key, names in brand.teams.items()),
            "Speaks for": ", ".join(_speaks_for(brand)),
            "Privacy": brand.privacy_url,
        }
    )


def _joined(names: Mapping[str, str]) -> str:
    return ", ".join(f"{language}={name}" for language, name in names.items())


def _speaks_for(brand: Brand) -> list[str]:
    return [*brand.situations, *(["all others"] if brand.is_default else [])]


def _as_data(brand: Brand) -> dict[str, Any]:
    by_name = {name: getattr(brand, name) for name in (*_SIMPLE, "names", "hours", "teams", "opening", "situations")}
    return {"key": brand.key, **by_name, "is_default": brand.is_default, "has_logo": bool(brand.logo)}
