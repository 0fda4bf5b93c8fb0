"""Facts: what is known of a situation, as one model that gives the staff form, CSV columns and JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticUndefined

from selfservice.errors import Invalid
from selfservice.kit.fields import choices_of, kind_of
from selfservice.kit.kinds import Kind, Shown

if TYPE_CHECKING:
    from selfservice.kit.formats import Reader


class Facts(BaseModel):
    """The base of every page type's facts: frozen, nothing unknown accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Form(BaseModel):
    """What a customer sends with an action: the base of types' own forms (see kit.forms), and the empty form."""

    model_config = ConfigDict(frozen=True, extra="forbid")


F = TypeVar("F", bound=Facts)


def fact(label: str, *, hint: str = "", example: str = "", default: Any = PydanticUndefined, **limits: Any) -> Any:
    """Declare a fact: its label for staff, a hint under it (or its kind's), an example; `limits` are pydantic's own."""
    extra: dict[str, Any] = {"hint": hint, "example": example}
    return Field(default, title=label, description=hint or None, json_schema_extra=extra, **limits)


@dataclass(frozen=True)
class FactField:
    """One fact as the staff form and the CSV header need it; `default` is what an empty field means."""

    name: str
    label: str
    hint: str
    example: str
    required: bool
    kind: Kind
    choices: tuple[str, ...]
    default: Any = None


def fields_of(facts: type[Facts]) -> tuple[FactField, ...]:
    """The facts of a type in their declared order."""
    return tuple(_field(name, info) for name, info in facts.model_fields.items())


def facts_from_texts(facts: type[Facts], texts: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Raw facts from a form or a CSV row, empty texts left out.

    Raises Invalid whose `fields` name each text that cannot be read; other mistakes are found by `validate`.
    """
    raw: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields_of(facts):
        text = texts.get(field.name, "")
        if not text.strip():
            continue
        try:
            raw[field.name] = field.kind.from_text(text, zone)
        except ValueError as error:
            problems[field.name] = str(error)
    if problems:
        raise Invalid(_sentence(problems), fields=problems)
    return raw


def validate(facts: type[F], raw: Mapping[str, Any]) -> F:
    """The facts as a model; raises Invalid with one plain sentence for each field."""
    try:
        return facts.model_validate(dict(raw))
    except ValidationError as error:
        problems = _problems(facts, error)
        raise Invalid(_sentence(problems), fields=problems) from None


def _problems(facts: type[Facts], error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(name, _plain(facts, name, problem))
    return found


def _plain(facts: type[Facts], name: str, problem: ErrorDetails) -> str:
    info = facts.model_fields.get(name)
    if info is None:
        return f"There is no fact called {name}; take it out or correct its name."
    label = info.title or name
    limits = problem.get("ctx", {})
    if problem["type"] == "string_too_short" and limits.get("min_length") == 1:
        return f"{label} is empty; write it or leave it out."
    plain = _PLAIN.get(problem["type"])
    if plain is not None:
        return f"{label} {plain.format_map(limits)}"
    if problem["type"] == "value_error":
        return f"{label}: {problem['msg'].removeprefix('Value error, ').rstrip('.')}."
    words = choices_of(info.annotation)
    wants = f"one of {', '.join(words)}" if words else kind_of(info.annotation, info.metadata).wants
    return f"{label} cannot be read; write {wants}."


def show(facts: Facts, name: str, reader: Reader) -> Shown | None:
    """How a row of a page shows the fact called `name`, by its kind; None where it is empty."""
    info = type(facts).model_fields[name]
    value = getattr(facts, name)
    return None if value is None or value == [] else kind_of(info.annotation, info.metadata).show(value, reader)


_PLAIN = {
    "missing": "is missing; fill it in.",
    "timezone_aware": "has no zone; write an offset such as 2026-11-24T10:20:00+00:00.",
    "string_too_short": "is too short; write at least {min_length} characters.",
    "string_too_long": "is too long; write at most {max_length} characters.",
    "too_short": "has too few entries; give at least {min_length}.",
    "too_long": "has too many entries; give at most {max_length}.",
    "greater_than_equal": "is too small; write {ge} or more.",
    "less_than_equal": "is too large; write {le} or less.",
    "greater_than": "is too small; write more than {gt}.",
    "less_than": "is too large; write less than {lt}.",
}


def _sentence(problems: Mapping[str, str]) -> str:
    return " ".join(problems.values())


def _field(name: str, info: Any) -> FactField:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind = kind_of(info.annotation, info.metadata)
    return FactField(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        hint=str(extra.get("hint") or kind.hint),
        example=str(extra.get("example", "")),
        required=info.is_required(),
        kind=kind,
        choices=choices_of(info.annotation),
        default=None if info.is_required() else info.default,
    )
