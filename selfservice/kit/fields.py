"""The kinds of facts: how staff enter each, how a CSV cell gives it, how JSON carries it. How a page shows it: formats.

A kind is one class with `from_text` and `to_text`; a page type names it in an annotation (`at: Moment`). JSON and
validation come from pydantic, so the three ways in can never disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, TypeVar, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

DateT = TypeVar("DateT", bound=date)


@dataclass(frozen=True)
class Kind:
    """How one kind of fact is entered; moments in texts are read in `zone`. `wants` completes "Write ...".

    `control` names the console's input: text, prose, choice, moment, day, number, digits, link, money or list.
    """

    control: ClassVar[str] = "text"
    wants: ClassVar[str] = "a text"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> Any:
        """What goes into validation for one form field or CSV cell; raises ValueError with a plain sentence."""
        return text.strip()

    def to_text(self, value: Any, _zone: ZoneInfo, /) -> str:
        """The inverse of `from_text`, for filling a form or writing a CSV cell."""
        return str(value)


class LineKind(Kind):
    """One line of text."""


class ProseKind(Kind):
    """Several lines of text."""

    control = "prose"


class WholeKind(Kind):
    """A whole number."""

    control = "number"
    wants = "a whole number such as 15"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> int:
        try:
            return int(text.strip())
        except ValueError:
            raise ValueError(f"Write {self.wants}.") from None


class DigitsKind(Kind):
    """Digits that are no number: the end of a card, a code whose zeros count."""

    control = "digits"
    wants = "digits only"


class LinkKind(Kind):
    """A web address that a customer may follow; the page never loads anything from it."""

    control = "link"
    wants = "a web address that begins with https://"


class ChoiceKind(Kind):
    """One of a few words."""

    control = "choice"


class MomentKind(Kind):
    """A date and time of day; a text without an offset is read in the page's zone."""

    control = "moment"
    wants = "a date and time such as 2026-11-24 10:20"

    def from_text(self, text: str, zone: ZoneInfo, /) -> datetime:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f"Write {self.wants}.") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)

    def to_text(self, value: datetime, zone: ZoneInfo, /) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


class DayKind(Kind):
    """A calendar day."""

    control = "day"
    wants = "a date such as 2026-11-24"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> date:
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f"Write {self.wants}.") from None

    def to_text(self, value: date, _zone: ZoneInfo, /) -> str:
        return value.isoformat()


class MoneyKind(Kind):
    """An amount with its currency."""

    control = "money"
    wants = "an amount and a currency such as 428.00 GBP"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> dict[str, Any]:
        amount, _, currency = text.strip().partition(" ")
        try:
            return {"amount": Decimal(amount), "currency": currency.strip().upper()}
        except InvalidOperation:
            raise ValueError(f"Write {self.wants}.") from None

    def to_text(self, value: Money, _zone: ZoneInfo, /) -> str:
        return f"{value.amount} {value.currency}"


_LINE_KIND = LineKind()


@dataclass(frozen=True)
class ListKind(Kind):
    """Several of one kind: a line each in the form, `;` between them in a CSV cell."""

    control: ClassVar[str] = "list"
    each: Kind = _LINE_KIND

    def from_text(self, text: str, zone: ZoneInfo, /) -> list[Any]:
        parts = (part.strip() for part in re.split(r"[;\n]", text))
        return [self.each.from_text(part, zone) for part in parts if part]

    def to_text(self, value: list[Any], zone: ZoneInfo, /) -> str:
        return "\n".join(self.each.to_text(part, zone).replace("T", " ") for part in value)


class TimelineKind(Kind):
    """What has happened and what comes: a line each, `2026-11-24 11:48 | Out for delivery`, no time if yet to come."""

    control = "list"
    wants = "a line for each step such as 2026-11-24 11:48 | Packed"

    def from_text(self, text: str, zone: ZoneInfo, /) -> list[dict[str, Any]]:
        lines = (line.strip() for line in re.split(r"[;\n]", text))
        return [self._entry(line, zone) for line in lines if line]

    def to_text(self, value: list[Milestone], zone: ZoneInfo, /) -> str:
        return "\n".join(
            f"{MomentKind().to_text(entry.at, zone).replace('T', ' ')} | {entry.label}" if entry.at else entry.label
            for entry in value
        )

    def _entry(self, line: str, zone: ZoneInfo) -> dict[str, Any]:
        at, bar, label = line.partition("|")
        if not bar:
            return {"at": None, "label": line}
        return {"at": MomentKind().from_text(at, zone), "label": label.strip()}


def _near(value: DateT) -> DateT:
    # A mistyped year is refused here; it would also overflow when it is shown in another zone.
    if not 2000 <= value.year <= 2100:
        raise ValueError("The year is wrong; write one such as 2026")
    return value


class Money(BaseModel):
    """An amount in a currency (ISO 4217)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Decimal = Field(max_digits=12, decimal_places=2)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


@dataclass(frozen=True)
class Span:
    """From one moment to another, for the format `span`."""

    start: datetime
    end: datetime


class Milestone(BaseModel):
    """One step of a timeline; without `at` it is still to come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Annotated[AwareDatetime, AfterValidator(_near)] | None = None
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


def _in_order(entries: list[Milestone]) -> list[Milestone]:
    moments = [entry.at for entry in entries if entry.at]
    if moments != sorted(moments):
        raise ValueError("The steps are out of order; write the earliest first.")
    if any(entry.at for entry in entries[len(moments) :]):
        raise ValueError("A step without a time stands before one that has a time; write what is to come last.")
    return entries


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


_NOT_IN_LINKS = re.compile(r"[^!-~]|[\"'<>\\]")
# Control characters are refused: they have no place on a page or in a text, and PostgreSQL cannot store a NUL.
_LINE = r"^[^\x00-\x1f\x7f]*$"
_PROSE = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"

Line = Annotated[str, LineKind(), StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=_LINE)]
Prose = Annotated[
    str, ProseKind(), StringConstraints(strip_whitespace=True, min_length=1, max_length=600, pattern=_PROSE)
]
Whole = Annotated[int, WholeKind(), BeforeValidator(_whole)]
Digits = Annotated[str, DigitsKind(), StringConstraints(strip_whitespace=True, pattern=r"^[0-9]+$")]
Link = Annotated[str, LinkKind(), StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_https)]
Moment = Annotated[AwareDatetime, MomentKind(), AfterValidator(_near)]
Day = Annotated[date, DayKind(), AfterValidator(_near)]
Amount = Annotated[Money, MoneyKind()]
Moments = Annotated[list[Moment], ListKind(each=MomentKind())]
Days = Annotated[list[Day], ListKind(each=DayKind())]
Lines = Annotated[list[Line], ListKind(each=LineKind())]
Timeline = Annotated[list[Milestone], TimelineKind(), AfterValidator(_in_order)]


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
