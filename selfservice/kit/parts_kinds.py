"""The kinds of facts that are made of a few lines which belong together: a place, a person, a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from selfservice.kit.kinds import Kind, Shown

if TYPE_CHECKING:
    from selfservice.kit.formats import Reader


@dataclass(frozen=True)
class PartsKind(Kind):
    """A few lines that belong together, entered with | between them; those at the end may be left out."""

    parts: tuple[str, ...]
    example: str = ""

    def from_text(self, text: str, _zone: ZoneInfo, /) -> dict[str, str]:
        given = [part.strip() for part in text.split("|")]
        if len(given) > len(self.parts):
            raise ValueError(f"There are more than {len(self.parts)} parts; write one such as {self.example}.")
        return {name: part for name, part in zip(self.parts, given, strict=False) if part}

    def to_text(self, value: Any, _zone: ZoneInfo, /) -> str:
        written = [getattr(value, name) or "" for name in self.parts]
        while not written[-1]:
            written.pop()
        return " | ".join(written)


@dataclass(frozen=True)
class PlaceKind(PartsKind):
    """An address, how to find it, and a map."""

    wants: ClassVar[str] = "an address such as 14 Harbour Street | Second floor | https://maps.example/harbour"
    icon: ClassVar[str] = "pin"
    parts: tuple[str, ...] = ("address", "hint", "map_url")
    example: str = "14 Harbour Street | Second floor"

    def show(self, value: Any, _reader: Reader, /) -> Shown:
        return Shown(value.address, value.hint or "", value.map_url or "", self.icon)


class PicturedKind(PartsKind):
    """Lines that a picture goes with: the last of them is its id, which a form gives apart from the others."""

    takes_picture: ClassVar[bool] = True

    def apart(self, text: str) -> tuple[str, str]:
        """The lines that people write, and the id of the picture; either may be empty."""
        written = text.split("|")
        if len(written) < len(self.parts):
            return text, ""
        return "|".join(written[:-1]).rstrip(" |"), written[-1].strip()

    def together(self, words: str, picture: str) -> str:
        """What `apart` takes apart, as one text."""
        if not picture:
            return words
        missing = len(self.parts) - 1 - len(words.split("|"))
        return " | ".join((words.strip(), *[""] * missing, picture))


@dataclass(frozen=True)
class PersonKind(PicturedKind):
    """Somebody by name, what they are to the customer, and what they look like."""

    wants: ClassVar[str] = "a name such as Dr Amina Okafor | Cardiologist"
    icon: ClassVar[str] = "person"
    parts: tuple[str, ...] = ("name", "role", "picture")
    example: str = "Dr Amina Okafor | Cardiologist"

    def show(self, value: Any, _reader: Reader, /) -> Shown:
        return Shown(
            value.name, value.role or "", icon=self.icon, picture=value.picture or "", initials=_initials(value.name)
        )


@dataclass(frozen=True)
class PictureKind(PicturedKind):
    """A picture, and what it shows in words for whoever does not see it."""

    control: ClassVar[str] = "picture"
    wants: ClassVar[str] = "what it shows, and the id that its upload gave back, such as Our new door | 4fQx81LbT0a"
    icon: ClassVar[str] = "photo"
    parts: tuple[str, ...] = ("alt", "picture")
    example: str = "Our new door | 4fQx81LbT0a"

    def show(self, value: Any, _reader: Reader, /) -> Shown:
        return Shown(value.alt, icon=self.icon, picture=value.picture)


def _initials(name: str) -> str:
    """The first letters of the last two words: AO for Dr Amina Okafor."""
    return "".join(word[0] for word in name.split()[-2:]).upper()
