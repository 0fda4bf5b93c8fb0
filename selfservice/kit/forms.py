"""What a customer fills in with an action: declared on the action's Form, drawn by the layout, read back here.

A page type writes only this, and the layout draws it (one Form with fields a step, above the step's buttons):

    class Move(Form):
        slot: Moment = pick("offered")                    # one of the moments of the fact `offered`
        slot: Moment = pick(times_to_call)                # one of what `times_to_call(facts, case)` gives
    class Report(Form):
        problem: Literal["late", "damaged"]               # one of a few words
        text: str = prose(300, required=False)            # several lines of text
    class Contact(Form):
        reference: str = line(40)                         # one line of text
        score: int = rate(1, 5)                           # one of five faces; rate(0, 10) is a row of numbers
    class Papers(Form):
        papers: Photos = photos(most=3)                   # up to three photos, taken or chosen on the phone

Field names are unique within a type, so its words are: `[fields] NAME` (label or legend) and `NAME_hint` (optional);
`[choices] NAME_WORD` (of a rating by faces `NAME_1`, ...); `[fields] NAME_low` and `NAME_high` for the ends of a row of
numbers; `[problems] NAME_missing`, `NAME_wrong`, `NAME_long` (of photos `NAME_many`); `[empty] NAME` when no option is
left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from selfservice.kit.actions import Case, Refused
from selfservice.kit.facts import Facts, Form
from selfservice.kit.fields import choices_of, kind_of
from selfservice.kit.sense import is_past
from selfservice.kit.tracing import call

Control = Literal["slots", "days", "places", "choice", "faces", "scale", "line", "prose", "upload"]
FormT = TypeVar("FormT", bound=Form)
Source = str | Callable[[Any, Case], Iterable[Any]]

WRITTEN: frozenset[Control] = frozenset({"line", "prose"})
"""Controls that a customer writes into; in all others but UPLOAD they choose."""
UPLOAD: Control = "upload"
"""The control that takes photos."""
EXAMPLE_PHOTO = "00000000001"
"""The id of a photo that is nowhere, for looking at what follows."""
FACES = range(1, 6)
_PICKS: dict[str, Control] = {"moment": "slots", "day": "days"}
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Option:
    """One thing to choose. `value` is what the form sends; `shown` is a moment, a day, a number or a text.

    Where there are words for it, `word` is their key in the copy file and `shown` the bare word or number.
    """

    value: str
    shown: Any
    word: str = ""


@dataclass(frozen=True)
class Input:
    """One field as the layout draws it.

    `control`: "slots" (moments: group them by day, show the time), "days" (days), "places" (lines as they are),
    "choice" (words under `option.word`), "faces" (a rating from very bad to very good), "scale" (a row of numbers),
    "line" and "prose" (one line, or a text area, of at most `max_length` characters), "upload" (at most `max_length`
    photos). `autocomplete` is what a browser may fill a line in with (HTML, autofill field names).
    """

    name: str
    control: Control
    required: bool
    max_length: int | None = None
    options: tuple[Option, ...] = ()
    autocomplete: str = ""

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left to choose: show `[empty] NAME` and leave the button out."""
        return self.control not in (*WRITTEN, UPLOAD) and not self.options


def _listed(value: Any) -> Any:
    """The ids that a form sends between commas; each once."""
    ids = value.split(",") if isinstance(value, str) else value
    is_list = isinstance(ids, list | tuple) and all(isinstance(one, str) for one in ids)
    return tuple(dict.fromkeys(ids)) if is_list else ids


Photos = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{11}$")], ...], BeforeValidator(_listed)
]
"""The ids of photos that were uploaded to the page; that they are there, and its own, `pages` sees to."""


@dataclass(frozen=True)
class Asked:
    """How a field is asked for, kept beside it. pydantic calls it while it writes a JSON Schema; it adds nothing."""

    control: Control | None = None
    source: Source = ""
    autocomplete: str = ""

    def __call__(self, _schema: dict[str, Any]) -> None:
        return None


def pick(source: Source, *, required: bool = True) -> Any:
    """A field whose value is one of the list in the fact `source`, or one of what `source(facts, case)` gives.

    The field's own type decides how it is drawn: moments, days, or lines of text.
    """
    return Field(PydanticUndefined if required else None, json_schema_extra=Asked(source=source))


def rate(low: int, high: int, *, required: bool = True) -> Any:
    """A whole number from `low` to `high`: from 1 to 5 as faces, each with its words, any other as a row of numbers."""
    control: Control = "faces" if range(low, high + 1) == FACES else "scale"
    return Field(PydanticUndefined if required else None, ge=low, le=high, json_schema_extra=Asked(control))


def line(limit: int = 80, *, required: bool = True, autocomplete: str = "") -> Any:
    """A field of one line, at most `limit` characters; `autocomplete` is an autofill field name of HTML."""
    return _written(Asked("line", autocomplete=autocomplete), limit, required=required)


def prose(limit: int = 300, *, required: bool = True) -> Any:
    """A field of several lines, at most `limit` characters."""
    return _written(Asked("prose"), limit, required=required)


def photos(*, most: int, required: bool = True) -> Any:
    """A field of photos, at most `most`: JPEG, PNG, WebP, GIF or HEIC, kept without what a camera notes in them."""
    default = PydanticUndefined if required else ()
    return Field(default, min_length=1 if required else 0, max_length=most, json_schema_extra=Asked(UPLOAD))


def _written(asked: Asked, limit: int, *, required: bool) -> Any:
    default = PydanticUndefined if required else ""
    return Field(default, min_length=1 if required else 0, max_length=limit, json_schema_extra=asked)


def asked_of(info: FieldInfo) -> Asked:
    """How a form's field is asked for; one declared with neither of the functions above has no control."""
    extra = info.json_schema_extra
    if isinstance(extra, Asked):
        return extra
    return Asked("choice" if choices_of(info.annotation) else None)


def control_of(info: FieldInfo) -> Control | None:
    """What a form's field is drawn as; None for one that cannot be drawn."""
    asked = asked_of(info)
    if asked.source:
        return _PICKS.get(kind_of(info.annotation, info.metadata).control, "places")
    return asked.control


def takes_photos(form: type[Form]) -> bool:
    """Whether a form has a field of photos."""
    return any(control_of(info) == UPLOAD for info in form.model_fields.values())


def words_of(name: str, info: FieldInfo) -> dict[str, str]:
    """The words that a field's options have, by the value that is sent: keys of the copy file."""
    values = choices_of(info.annotation) or (_numbers(info) if control_of(info) == "faces" else ())
    return {str(value): f"choices.{name}_{value}" for value in values}


def inputs_of(form: type[Form], facts: Facts, case: Case, gone: Collection[Any] = ()) -> tuple[Input, ...]:
    """The fields of a form with what can be chosen in this `case`, without what is `gone`."""
    return tuple(_input(name, info, facts, case, gone) for name, info in form.model_fields.items())


def is_rating(info: FieldInfo) -> bool:
    """Whether a field asks for a number between two others."""
    return control_of(info) in ("faces", "scale")


def highest(info: FieldInfo) -> int:
    """The best that a rating can be."""
    return _numbers(info)[-1]


def read_form(form: type[FormT], facts: Facts, raw: Mapping[str, Any], case: Case) -> FormT:
    """The form a customer sent, its texts cleaned; names that it does not have are passed over.

    Raises Refused whose `problems` name the words for each field. What is gone is not looked at: the claim decides.
    """
    known = {name: _clean(raw[name], info) for name, info in form.model_fields.items() if raw.get(name) is not None}
    try:
        read = form.model_validate({name: value for name, value in known.items() if value != ""})
    except ValidationError as error:
        raise Refused.of(_problems(error)) from None
    wrong = {
        name: f"{name}_wrong"
        for name, info in form.model_fields.items()
        if (source := asked_of(info).source) and getattr(read, name) not in (None, *_choices(source, facts, case))
    }
    if wrong:
        raise Refused.of(wrong)
    return read


def _input(name: str, info: FieldInfo, facts: Facts, case: Case, gone: Collection[Any]) -> Input:
    asked = asked_of(info)
    control = control_of(info)
    assert control is not None, name
    if control in (*WRITTEN, UPLOAD):
        return Input(name, control, info.is_required(), _limit(info, "max_length"), autocomplete=asked.autocomplete)
    if asked.source:
        options = call(_picked, asked.source, facts, case, gone)
    elif control == "scale":
        options = tuple(Option(str(number), number) for number in _numbers(info))
    else:
        options = tuple(Option(value, value, word) for value, word in words_of(name, info).items())
    return Input(name, control, info.is_required(), options=options)


def _picked(source: Source, facts: Facts, case: Case, gone: Collection[Any]) -> tuple[Option, ...]:
    return tuple(Option(_value(value), value) for value in _choices(source, facts, case) if value not in gone)


def _choices(source: Source, facts: Facts, case: Case) -> tuple[Any, ...]:
    given = getattr(facts, source) if isinstance(source, str) else source(facts, case)
    now = case.now.astimezone(case.zone)
    values = [value for value in given if not is_past(value, now)]
    return tuple(sorted(values) if isinstance(next(iter(values), None), date) else values)


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _numbers(info: FieldInfo) -> range:
    low, high = _limit(info, "ge"), _limit(info, "le")
    assert low is not None
    assert high is not None
    return range(low, high + 1)


def _limit(info: FieldInfo, name: str) -> int | None:
    return next((getattr(item, name) for item in info.metadata if hasattr(item, name)), None)


def _clean(value: Any, info: FieldInfo) -> Any:
    # Browsers send CRLF; other control characters and lone surrogates cannot be stored in PostgreSQL.
    if not isinstance(value, str):
        return value
    text = _UNWRITABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return " ".join(text.split()) if control_of(info) == "line" else text


def _problems(error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0])
        found.setdefault(name, f"{name}_{_ENDINGS.get(problem['type'], 'wrong')}")
    return found


_ENDINGS = {
    "missing": "missing",
    "string_too_short": "missing",
    "string_too_long": "long",
    "too_short": "missing",
    "too_long": "many",
}
