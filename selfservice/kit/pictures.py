"""Pictures among facts: which facts show one, and the two that are there without an upload, for samples to show."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from selfservice.kit.facts import Facts
from selfservice.kit.fields import kind_of
from selfservice.kit.kinds import Sized

_FILES = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """A picture, `width` by `height` pixels, that every installation has; `id` is what facts know it by."""

    id: str
    file: Path
    width: int
    height: int


EXAMPLES = {
    "person": Example("00000000001", _FILES / "person.jpg", 320, 320),
    "place": Example("00000000002", _FILES / "place.jpg", 900, 600),
}
"""By the names under which samples write them: `example:person`."""


def pictures_of(facts: Facts) -> dict[str, str]:
    """The id of each picture that these facts show, by the fact's name."""
    values = ((name, getattr(facts, name)) for name in _names(type(facts)))
    return {name: value.picture for name, value in values if value is not None and value.picture}


def examples_in(facts: Facts) -> dict[str, Sized]:
    """The examples among the pictures of these facts, for a page that has them inside itself."""
    shown = set(pictures_of(facts).values())
    return {
        one.id: inside(one.file.read_bytes(), one.width, one.height) for one in EXAMPLES.values() if one.id in shown
    }


def inside(body: bytes, width: int, height: int, mimetype: str = "image/jpeg") -> Sized:
    """A picture as a page has it inside itself (RFC 2397), for one that may ask nobody for anything."""
    address = f"data:{mimetype};base64,{base64.b64encode(body).decode()}"
    return Sized(address, address, width, height)


@lru_cache(maxsize=256)
def _names(facts: type[Facts]) -> tuple[str, ...]:
    fields = facts.model_fields.items()
    return tuple(name for name, info in fields if kind_of(info.annotation, info.metadata).takes_picture)
