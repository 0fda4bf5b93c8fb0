"""The kinds of facts: how staff enter each, how a CSV cell gives it, how a page shows it. What is valid: fields.

A page type brings kinds of its own with `own.OwnKind`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from selfservice.phone import display

if TYPE_CHECKING:
    from selfservice.kit.formats import Reader

T = TypeVar("T")


@dataclass(frozen=True)
class Sized:
    """A picture as one page has it: the addresses of the whole and of a small one; how wide and high, in pixels."""

    address: str
    small: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """One fact as a row of a page has it: its text, a smaller line, where a link on it leads, the icon before it.

    `picture` is the id of one that belongs to it, and `image` the same where the page has it to show; `initials` stand
    in the icon's place for somebody, below their picture if there is one.
    """

    text: str
    small: str = ""
    address: str = ""
    icon: str = "info"
    picture: str = ""
    initials: str = ""
    image: Sized | None = None


@dataclass(frozen=True)
class Kind:
    """How one kind of fact is entered and shown; moments in texts are read in `zone`. `wants` completes "Write ...".

    `control` names the console's input: text, prose, choice, moment, day, number, digits, phone, link, money, list or
    picture. `icon` stands before it on a page. `hint` is what staff read under a fact that says nothing of its own. One
    that `takes_picture` is a `parts_kinds.PicturedKind`.
    """

    control: ClassVar[str] = "text"
    wants: ClassVar[str] = "a text"
    icon: ClassVar[str] = "info"
    hint: ClassVar[str] = ""
    takes_picture: ClassVar[bool] = False

    def from_text(self, text: str, _zone: ZoneInfo, /) -> Any:
        """What goes into validation for one form field or CSV cell; raises ValueError with a plain sentence."""
        return text.strip()

    def to_text(self, value: Any, _zone: ZoneInfo, /) -> str:
        """The inverse of `from_text`, for filling a form or writing a CSV cell."""
        return str(value)

    def to_line(self, value: Any, zone: ZoneInfo, /) -> str:
        """The same as people write it among others in a list."""
        return self.to_text(value, zone)

    def show(self, value: Any, _reader: Reader, /) -> Shown:
        """How a row of a page shows it to its customer."""
        return Shown(str(value), icon=self.icon)


class LineKind(Kind):
    """One line of text."""

    wants = "one line of text"


class ProseKind(Kind):
    """Several lines of text."""

    control = "prose"


class WholeKind(Kind):
    """A whole number."""

    control = "number"
    wants = "a whole number such as 15"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> int:
        return _read(int, text.strip(), self.wants)


class DigitsKind(Kind):
    """Digits that are no number: the end of a card, a code whose zeros count."""

    control = "digits"
    wants = "digits only"


class LinkKind(Kind):
    """A web address that a customer may follow; the page never loads anything from it."""

    control = "link"
    wants = "a web address that begins with https://"
    icon = "link"

    def show(self, value: str, _reader: Reader, /) -> Shown:
        return Shown(urlsplit(value).hostname or value, address=value, icon=self.icon)


class PhoneKind(Kind):
    """A phone number that a customer may ring."""

    control = "phone"
    wants = "a phone number with + and the country code such as +442079460958"
    icon = "phone"

    def show(self, value: str, _reader: Reader, /) -> Shown:
        return Shown(display(value), address=f"tel:{value}", icon=self.icon)


class ChoiceKind(Kind):
    """One of a few words."""

    control = "choice"
    wants = "one of the words to choose from"


class MomentKind(Kind):
    """A date and time of day; a text without an offset is read in the page's zone.

    What is written has no offset, so in the hour that a clock repeats in autumn it means the earlier of the two.
    """

    control = "moment"
    wants = "a date and time such as 2026-11-24 10:20"
    icon = "clock"

    def from_text(self, text: str, zone: ZoneInfo, /) -> datetime:
        if ":" not in text:  # a date alone would silently mean midnight
            raise ValueError(f"Write {self.wants}.")
        moment = _read(datetime.fromisoformat, text.strip(), self.wants)
        if moment.tzinfo is not None:
            return moment
        local = moment.replace(tzinfo=zone)
        if 1 < moment.year < 9999 and local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
            raise ValueError("The clocks go forward then and this time is left out; write one an hour later.")
        return local

    def to_text(self, value: datetime, zone: ZoneInfo, /) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")

    def to_line(self, value: datetime, zone: ZoneInfo, /) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    def show(self, value: datetime, reader: Reader, /) -> Shown:
        return Shown(reader.write("moment", value), icon=self.icon)


class DayKind(Kind):
    """A calendar day."""

    control = "day"
    wants = "a date such as 2026-11-24"
    icon = "calendar"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> date:
        return _read(date.fromisoformat, text.strip(), self.wants)

    def to_text(self, value: date, _zone: ZoneInfo, /) -> str:
        return value.isoformat()

    def show(self, value: date, reader: Reader, /) -> Shown:
        return Shown(reader.write("day", value), icon=self.icon)


class MoneyKind(Kind):
    """An amount with its currency."""

    control = "money"
    wants = "an amount and a currency such as 428.00 GBP"
    icon = "money"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> dict[str, Any]:
        amount, _, currency = text.strip().partition(" ")
        return {"amount": _read(Decimal, amount, self.wants), "currency": currency.strip().upper()}

    def to_text(self, value: Any, _zone: ZoneInfo, /) -> str:
        return f"{value.amount} {value.currency}"

    def show(self, value: Any, reader: Reader, /) -> Shown:
        return Shown(reader.write("money", value), icon=self.icon)


_LINE_KIND = LineKind()
_MOMENT_KIND = MomentKind()


@dataclass(frozen=True)
class ListKind(Kind):
    """Several of one kind: a line each in the form, `;` between them in a CSV cell of one line."""

    control: ClassVar[str] = "list"
    hint: ClassVar[str] = "One a line."
    each: Kind = _LINE_KIND

    def from_text(self, text: str, zone: ZoneInfo, /) -> list[Any]:
        return [self.each.from_text(part, zone) for part in _parts(text)]

    def to_text(self, value: list[Any], zone: ZoneInfo, /) -> str:
        return _joined([self.each.to_line(part, zone) for part in value])

    def show(self, value: list[Any], reader: Reader, /) -> Shown:
        shown = [self.each.show(part, reader).text for part in value]
        return Shown(reader.customs.comma.join(shown), icon=self.each.icon)


class TimelineKind(Kind):
    """What has happened and what comes: a line each, `2026-11-24 11:48 | Out for delivery`, no time if yet to come."""

    control = "list"
    wants = "a line for each step such as 2026-11-24 11:48 | Packed"
    hint = "One a line, the earliest first; those to come have no time."

    def from_text(self, text: str, zone: ZoneInfo, /) -> list[dict[str, Any]]:
        return [self._entry(part, zone) for part in _parts(text)]

    def to_text(self, value: list[Any], zone: ZoneInfo, /) -> str:
        return _joined([self._line(entry.at, entry.label, zone) for entry in value])

    def _line(self, at: datetime | None, label: str, zone: ZoneInfo) -> str:
        if at is not None:
            return f"{_MOMENT_KIND.to_line(at, zone)} | {label}"
        return f"| {label}" if "|" in label else label

    def _entry(self, line: str, zone: ZoneInfo) -> dict[str, Any]:
        at, bar, label = line.partition("|")
        if not bar:
            return {"at": None, "label": line}
        return {"at": _MOMENT_KIND.from_text(at, zone) if at.strip() else None, "label": label.strip()}


class TableKind(Kind):
    """Rows of cells with | between them, the first row their headings."""

    control = "list"
    wants = "a line for each row such as Standing charge | 12.20 GBP, the headings first"
    hint = "One a line, with | between."
    icon = "list"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> list[list[str]]:
        return [[cell.strip() for cell in row.split("|")] for row in _parts(text)]

    def to_text(self, value: list[list[str]], _zone: ZoneInfo, /) -> str:
        return _joined([" | ".join(row) for row in value])


def _read(read: Callable[[str], T], text: str, wants: str) -> T:
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        raise ValueError(f"Write {wants}.") from None


def _parts(text: str) -> list[str]:
    separator = r"[\r\n]+" if re.search(r"[\r\n]", text) else ";"
    return [part.strip() for part in re.split(separator, text) if part.strip()]


def _joined(lines: list[str]) -> str:
    # A line's end keeps a single line that holds a ";" from being read as two.
    return "\n".join(lines) + ("\n" if len(lines) == 1 and ";" in lines[0] else "")
