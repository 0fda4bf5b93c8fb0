"""What a customer fills in with an action: declared on the action's Form, drawn by the layout, read back here.

A page type writes only this, and the layout draws it (one Form with fields a step, above the step's buttons):

    class Move(Form):
        slot: Moment = pick("offered")                    # one of the moments of the fact `offered`: control "slots"
    class Report(Form):
        problem: Literal["late", "damaged"]               # one of a few words: control "choice"
        text: str = prose(300, required=False)            # several lines of text: control "prose"

Field names are unique within a type, so its words are: `[fields] NAME` (label or legend) and `NAME_hint` (optional);
`[choices] NAME_WORD`; `[problems] NAME_missing`, `NAME_wrong`, `NAME_long`; `[empty] NAME` when no option is left.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from selfservice.kit.actions import Refused
from selfservice.kit.facts import Facts, Form
from selfservice.kit.fields import choices_of, kind_of
from selfservice.kit.kinds import ListKind
from selfservice.kit.tracing import call

Control = Literal["slots", "days", "places", "choice", "prose"]
FormT = TypeVar("FormT", bound=Form)

_PICKS: dict[str, Control] = {"moment": "slots", "day": "days", "text": "places"}
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Option:
    """One thing to choose. `value` is what the form sends; `shown` is a moment, a day or a text for the formats.

    For a "choice", `word` is the key of its words in the copy file and `shown` the bare word.
    """

    value: str
    shown: Any
    word: str = ""


@dataclass(frozen=True)
class Input:
    """One field as the layout draws it.

    `control`: "slots" (moments: group them by day, show the time), "days" (days), "places" (lines as they are),
    "choice" (words under `option.word`), "prose" (a text area of at most `max_length` characters).
    """

    name: str
    control: Control
    required: bool
    max_length: int | None = None
    options: tuple[Option, ...] = ()

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left to choose: show `[empty] NAME` and leave the button out."""
        return self.control != "prose" and not self.options


def pick(source: str, *, required: bool = True) -> Any:
    """A field whose value is one of the list in the fact `source`; its kind decides the control."""
    return Field(PydanticUndefined if required else None, json_schema_extra={"source": source})


def prose(limit: int = 300, *, required: bool = True) -> Any:
    """A field of several lines, at most `limit` characters."""
    return Field(PydanticUndefined if required else "", min_length=1 if required else 0, max_length=limit)


def source_of(info: FieldInfo) -> str:
    """The fact that a form's field picks from, empty if it picks from none."""
    extra = info.json_schema_extra
    return str(extra.get("source", "")) if isinstance(extra, dict) else ""


def inputs_of(form: type[Form], facts: Facts, *, now: datetime, gone: Collection[Any] = ()) -> tuple[Input, ...]:
    """The fields of a form with what can be chosen at `now` (aware, in the page's zone) without what is `gone`."""
    return tuple(_input(name, info, facts, now, gone) for name, info in form.model_fields.items())


def read_form(form: type[FormT], facts: Facts, raw: Mapping[str, Any], *, now: datetime) -> FormT:
    """The form a customer sent, its texts cleaned; names that it does not have are passed over.

    Raises Refused whose `problems` name the words for each field. What is gone is not looked at: the claim decides.
    """
    known = {name: _clean(raw[name]) for name in form.model_fields if raw.get(name) not in (None, "")}
    try:
        read = form.model_validate({name: value for name, value in known.items() if value != ""})
    except ValidationError as error:
        raise Refused.of(_problems(error)) from None
    wrong = {
        name: f"{name}_wrong"
        for name, info in form.model_fields.items()
        if source_of(info) and getattr(read, name) not in (None, *_choices(source_of(info), facts, now))
    }
    if wrong:
        raise Refused.of(wrong)
    return read


def _input(name: str, info: FieldInfo, facts: Facts, now: datetime, gone: Collection[Any]) -> Input:
    required = info.is_required()
    source = source_of(info)
    if source:
        options = call(_options, source, facts, now, gone)
        return Input(name, _control(source, facts.__class__), required, options=options)
    words = choices_of(info.annotation)
    if words:
        options = tuple(Option(word, word, f"choices.{name}_{word}") for word in words)
        return Input(name, "choice", required, options=options)
    return Input(name, "prose", required, max_length=_limit(info))


def _options(source: str, facts: Facts, now: datetime, gone: Collection[Any]) -> tuple[Option, ...]:
    return tuple(Option(_value(value), value) for value in _choices(source, facts, now) if value not in gone)


def _choices(source: str, facts: Facts, now: datetime) -> tuple[Any, ...]:
    values = [value for value in getattr(facts, source) if not _is_past(value, now)]
    return tuple(sorted(values) if isinstance(next(iter(values), None), date) else values)


def _is_past(value: Any, now: datetime) -> bool:
    if isinstance(value, datetime):
        return value <= now
    return isinstance(value, date) and value < now.date()


def _control(source: str, facts: type[Facts]) -> Control:
    info = facts.model_fields[source]
    kind = kind_of(info.annotation, info.metadata)
    return _PICKS[kind.each.control] if isinstance(kind, ListKind) else "places"


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _limit(info: FieldInfo) -> int | None:
    return next((item.max_length for item in info.metadata if hasattr(item, "max_length")), None)


def _clean(value: Any) -> Any:
    # Browsers send CRLF; other control characters and lone surrogates cannot be stored in PostgreSQL.
    if not isinstance(value, str):
        return value
    return _UNWRITABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _problems(error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0])
        found.setdefault(name, f"{name}_{_ENDINGS.get(problem['type'], 'wrong')}")
    return found


_ENDINGS = {"missing": "missing", "string_too_short": "missing", "string_too_long": "long"}
