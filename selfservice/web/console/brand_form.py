"""The form of a brand: what stands in its fields, and the values that they stand for."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from selfservice.brands import colours, timetable
from selfservice.brands.models import Brand
from selfservice.kit.opening import WEEKDAYS
from selfservice.situations import registry
from selfservice.situations.languages import LANGUAGES

OTHERS = tuple(language for language in LANGUAGES if language != "en")
PLAIN = ("name", "mark", "colour", "colour_dark", "phone", "country", "timezone", "language", "privacy_url")
WEEKDAY_NAMES = tuple(zip(WEEKDAYS, calendar.day_name, strict=True))
_BLANK = {"colour": "#2c3a8f", "country": "GB", "timezone": "Europe/London", "language": "en"}


@dataclass(frozen=True, kw_only=True)
class Entered:
    """The form as it was entered, one text for each field. `brand` is the one that is changed, None for a new one."""

    texts: Mapping[str, str] = field(default_factory=dict)
    brand: Brand | None = None

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")

    def has(self, name: str) -> bool:
        """Whether something is ticked."""
        return bool(self[name])


def from_brand(brand: Brand | None) -> Entered:
    """The form of a brand as it is kept; of a new one, what is usual."""
    if brand is None:
        return Entered(texts=_BLANK)
    texts = {name: getattr(brand, name) for name in PLAIN}
    texts["phone"] = brand.phone_shown or brand.phone
    texts |= _spread("name", brand.names) | _spread("hours", brand.hours)
    for team, names in brand.teams.items():
        texts |= _spread(f"team_{team}", names)
    week, exceptions = brand.opening.get("week") or {}, brand.opening.get("exceptions") or {}
    texts |= {f"open_{day}": ", ".join(week.get(day, ())) for day in WEEKDAYS}
    texts["exceptions"] = "\n".join(f"{day} {timetable.hours_line(hours)}" for day, hours in exceptions.items())
    texts |= {f"type_{key}": "on" for key in brand.situations}
    texts["is_default"] = "on" if brand.is_default else ""
    return Entered(texts=texts, brand=brand)


def read(form: Mapping[str, str], brand: Brand | None) -> Entered:
    """What a form holds, as entered; nothing is judged yet."""
    return Entered(texts={name: text.strip() for name, text in form.items()}, brand=brand)


def values(entered: Entered) -> dict[str, Any]:
    """The values by field, as `brands.service` takes them, without the opening hours."""
    brand = entered.brand
    given: dict[str, Any] = {name: entered[name] for name in PLAIN}
    if not given["mark"]:
        given["mark"] = given["name"][:1].upper()
    given["names"] = _gathered(entered, "name", OTHERS, brand.names if brand else {})
    given["hours"] = _gathered(entered, "hours", LANGUAGES, brand.hours if brand else {})
    given["teams"] = {
        key: _gathered(entered, f"team_{key}", LANGUAGES, brand.teams.get(key, {}) if brand else {})
        for key in team_keys(brand)
    }
    known = [loaded.key for loaded in registry.current()]
    kept = [key for key in brand.situations if key not in known] if brand else []
    given["situations"] = [*kept, *(key for key in known if entered.has(f"type_{key}"))]
    return given


def opening(entered: Entered) -> dict[str, Any]:
    """The opening hours; raises ValueError with a sentence."""
    week = (f"{day} {entered[f'open_{day}']}" for day in WEEKDAYS if entered[f"open_{day}"])
    return timetable.read([*week, *entered["exceptions"].splitlines()])


def team_keys(brand: Brand | None) -> list[str]:
    """The teams that customers may read of: those that page types name, and those that the brand has names for."""
    return sorted({*(loaded.situation.team for loaded in registry.current()), *(brand.teams if brand else ())} - {""})


def look(entered: Entered) -> dict[str, Any]:
    """What can be seen of a brand whose form is not finished, by field: colours, names, letters, as far as they go."""
    seen = {"name": entered["name"], "mark": entered["mark"] or entered["name"][:1].upper()}
    for name, on_dark in (("colour", False), ("colour_dark", True)):
        try:
            seen[name] = colours.read(entered[name])
        except ValueError:
            seen[name] = colours.propose_dark(seen["colour"]) if on_dark and seen["colour"] else ""
    return {name: text for name, text in seen.items() if text}


def _spread(prefix: str, names: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}_{language}": text for language, text in names.items()}


def _gathered(entered: Entered, prefix: str, languages: Iterable[str], kept: Mapping[str, str]) -> dict[str, str]:
    """The texts by language; those in languages that the form does not show stay as they are."""
    shown = tuple(languages)
    hidden = {language: text for language, text in kept.items() if language not in shown}
    return {**hidden, **{language: entered[f"{prefix}_{language}"] for language in shown}}
