"""What a kind of fact is, and those of one text or number. What is valid is for `fields` to say.

Times, what is made of parts, and lists have files of their own; a page type brings kinds of its own with `own.OwnKind`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
        return read_as(int, text.strip(), self.wants)


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


class MoneyKind(Kind):
    """An amount with its currency."""

    control = "money"
    wants = "an amount and a currency such as 428.00 GBP"
    icon = "money"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> dict[str, Any]:
        amount, _, currency = text.strip().partition(" ")
        return {"amount": read_as(Decimal, amount, self.wants), "currency": currency.strip().upper()}

    def to_text(self, value: Any, _zone: ZoneInfo, /) -> str:
        return f"{value.amount} {value.currency}"

    def show(self, value: Any, reader: Reader, /) -> Shown:
        return Shown(reader.write("money", value), icon=self.icon)


def read_as(read: Callable[[str], T], text: str, wants: str) -> T:
    """What `read` makes of a text; raises ValueError that says what to write."""
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        raise ValueError(f"Write {wants}.") from None
