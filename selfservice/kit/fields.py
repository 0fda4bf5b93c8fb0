"""The fields of facts: what a page type names in an annotation (`at: Moment`), each a type, a kind and its limits.

JSON and validation come from pydantic and texts from the kind, so the three ways in can never disagree.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, TypeVar, get_args
from urllib.parse import urlsplit

from annotated_types import Len
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    model_validator,
)

from selfservice import phone
from selfservice.errors import Invalid
from selfservice.kit.kinds import (
    ChoiceKind,
    DigitsKind,
    Kind,
    LineKind,
    LinkKind,
    MoneyKind,
    PhoneKind,
    ProseKind,
    WholeKind,
)
from selfservice.kit.list_kinds import ListKind, TableKind, TimelineKind
from selfservice.kit.parts_kinds import PersonKind, PictureKind, PlaceKind
from selfservice.kit.time_kinds import DayKind, MomentKind
from selfservice.kit.values import Money

DateT = TypeVar("DateT", bound=date)

_NOT_IN_LINKS = re.compile(r"[^!-~]|[\"'<>\\]")
# Control characters are refused: they have no place on a page or in a text, and PostgreSQL cannot store a NUL.
_LINE = r"^[^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
_ID = re.compile(r"[0-9A-Za-z]{11}")
_NO_PICTURE = "Choose a picture; in CSV and JSON, where no file can travel, write the id that its upload gave back"


def _written(value: Any) -> Any:
    # pydantic also reads numbers as seconds since 1970: a date nobody meant.
    if isinstance(value, date) or (isinstance(value, str) and "-" in value):
        return value
    raise ValueError("Write a date such as 2026-11-24, with a time such as 2026-11-24T10:20:00Z where one is asked for")


def _near(value: DateT) -> DateT:
    # A mistyped year is refused here; it would also overflow when it is shown in another zone.
    if not 2000 <= value.year <= 2100:
        raise ValueError("The year is wrong; write one such as 2026")
    return value


class Milestone(BaseModel):
    """One step of a timeline; without `at` it is still to come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_near)] | None = None
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=_LINE)]


def _in_order(entries: list[Milestone]) -> list[Milestone]:
    moments = [entry.at for entry in entries if entry.at]
    if moments != sorted(moments):
        raise ValueError("The steps are out of order; write the earliest first.")
    if any(entry.at for entry in entries[len(moments) :]):
        raise ValueError("A step without a time stands before one that has a time; write what is to come last.")
    return entries


def _even(rows: list[list[str]]) -> list[list[str]]:
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise ValueError("The rows have not all the same number of cells; put a | between any two.")
    if not widths <= {2, 3}:
        raise ValueError("A row has two or three cells; more do not fit on a phone.")
    return rows


def _ringable(value: str) -> str:
    try:
        return phone.normalise(value)
    except Invalid as invalid:
        raise ValueError(invalid.message) from None


def _whole(value: Any) -> Any:
    # pydantic's lax int takes false for 0, its strict one refuses the 5.0 that spreadsheets and JSON send.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"Write {WholeKind.wants}")  # noqa: TRY004  pydantic turns ValueError alone into a problem
    return value


def _https(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme == "https" and "." in (parts.hostname or "") and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or _NOT_IN_LINKS.search(value):
        raise ValueError(f"Write {LinkKind.wants}")
    return value


def _uploaded(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError(f"This names no picture. {_NO_PICTURE}")
    return value


PictureId = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_uploaded)]
Line = Annotated[str, LineKind(), StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=_LINE)]
Prose = Annotated[
    str, ProseKind(), StringConstraints(strip_whitespace=True, min_length=1, max_length=600, pattern=_PROSE)
]
Whole = Annotated[int, WholeKind(), BeforeValidator(_whole)]
Digits = Annotated[str, DigitsKind(), StringConstraints(strip_whitespace=True, pattern=r"^[0-9]+$")]
Link = Annotated[str, LinkKind(), StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_https)]
Moment = Annotated[AwareDatetime, MomentKind(), BeforeValidator(_written), AfterValidator(_near)]
Day = Annotated[date, DayKind(), BeforeValidator(_written), AfterValidator(_near)]
Amount = Annotated[Money, MoneyKind()]
Moments = Annotated[list[Moment], ListKind(each=MomentKind())]
Phone = Annotated[str, PhoneKind(), StringConstraints(max_length=40), AfterValidator(_ringable)]
Days = Annotated[list[Day], ListKind(each=DayKind())]
Lines = Annotated[list[Line], ListKind(each=LineKind())]
Timeline = Annotated[list[Milestone], TimelineKind(), AfterValidator(_in_order)]


class Place(BaseModel):
    """Where something is: the address, how to find it, and a map on the web."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Line
    hint: Line | None = None
    map_url: Link | None = None


class Somebody(BaseModel):
    """Somebody by name, what they are to the customer, and the id of a picture of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    role: Line | None = None
    picture: PictureId | None = None


class Picture(BaseModel):
    """A picture that was uploaded, by its id, and what it shows in words (`alt`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: PictureId
    alt: Line

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        if isinstance(value, str) or (isinstance(value, dict) and not value.get("picture")):
            raise ValueError(_NO_PICTURE)
        if isinstance(value, dict) and not value.get("alt"):
            raise ValueError("Write what the picture shows, for those who do not see it")
        return value

    def __str__(self) -> str:
        return self.alt


Address = Annotated[Place, PlaceKind()]
Image = Annotated[Picture, PictureKind()]
Person = Annotated[Somebody, PersonKind()]
Table = Annotated[list[list[Line]], TableKind(), AfterValidator(_even), Len(0, 20)]


def kind_of(annotation: Any, metadata: list[Any]) -> Kind:
    """The kind a model field was declared with; a Literal without one is a choice."""
    for item in metadata:
        if isinstance(item, Kind):
            return item
    for part in get_args(annotation):
        for item in getattr(part, "__metadata__", ()):
            if isinstance(item, Kind):
                return item
        if isinstance(part, type) and part is type(None):
            continue
    return ChoiceKind() if choices_of(annotation) else LineKind()


def choices_of(annotation: Any) -> tuple[str, ...]:
    """The words of a `Literal[...]` annotation, also within `| None`; empty for any other."""
    arguments = get_args(annotation)
    words = tuple(word for word in arguments if isinstance(word, str))
    if words:
        return words
    for part in arguments:
        found = choices_of(part)
        if found:
            return found
    return ()
