"""The sample cases of a recipe: one with all that can be known, one with no more than has to be, from its examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from selfservice.errors import Invalid
from selfservice.kit.built import facts_of, usual_of
from selfservice.kit.facts import FactField, fields_of
from selfservice.kit.recipe import FactKind, KnownFact, Recipe

FULL, LEAST = "everything", "as_little_as_needed"
_ZONE = ZoneInfo("UTC")
# Days and moments are counted from the day on which a sample is looked at: an example would soon have passed.
_COMING: Mapping[FactKind, Any] = {
    "moment": "today+3T10:20",
    "day": "today+3",
    "moments": ["today+4T09:00", "today+4T11:30", "today+5T15:00"],
    "days": ["today+4", "today+5", "today+6"],
}
_USUAL: Mapping[FactKind, str] = {
    "money": "48.20 GBP",
    "whole": "2",
    "phone": "+442079460958",
    "address": "14 Harbour Street | Second floor",
    "person": "Dr Amina Okafor | Cardiologist",
    "link": "https://example.com/more",
    "table": "What | Amount\nStanding charge | 12.20",
    "image": "A picture of the place | example:place",
    "timeline": "Packed\nOn its way\nThere",
    "lines": "The first\nThe second",
}


def cases(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """The facts of each case by its name, as a sample file has them; raises ValueError for an example that is none."""
    fields = {field.name: field for field in fields_of(facts_of(recipe))}
    full = {one.key: _example(one, fields[one.key]) for one in recipe.facts}
    least = {one.key: full[one.key] for one in recipe.facts if one.is_needed}
    return {FULL: full} if least == full else {FULL: full, LEAST: least}


def check_examples(recipe: Recipe) -> dict[str, str]:
    """A sentence for each example or usual value that cannot be read, by its place in the recipe."""
    problems = _usual_problems(recipe)
    if problems:
        return problems
    fields = {field.name: field for field in fields_of(facts_of(recipe))}
    for number, one in enumerate(recipe.facts):
        try:
            _example(one, fields[one.key])
        except ValueError as error:
            problems[f"facts.{number}.example"] = str(error)
    return problems


def _usual_problems(recipe: Recipe) -> dict[str, str]:
    problems = {}
    for number, one in enumerate(recipe.facts):
        try:
            if one.usual:
                usual_of(one)
        except Invalid as error:
            problems[f"facts.{number}.usual"] = error.message
    return problems


def _example(one: KnownFact, field: FactField) -> Any:
    if one.kind in _COMING:
        return _COMING[one.kind]
    if one.kind == "choice":
        return one.example if one.example in one.choices else one.choices[0]
    text = (one.example if one.kind != "image" else "") or one.usual or _USUAL.get(one.kind) or one.label
    return _as_json(field.kind.from_text(text, _ZONE))


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _as_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
