"""Remembering: what is made of the project's own files once, and made anew when one of them is changed while we run."""

from __future__ import annotations

from typing import Protocol, TypeVar


class Remembering(Protocol):
    """What `functools.cache` makes of a function."""

    def cache_clear(self) -> None:
        """Forget all that was made."""


Made = TypeVar("Made", bound=Remembering)
_remembering: list[Remembering] = []


def of_our_files(made: Made) -> Made:
    """Above `@cache`: the function reads templates, style sheets, scripts, icons or words that all pages share."""
    _remembering.append(made)
    return made


def forget() -> None:
    """Let all of it be made anew when it is next asked for."""
    for made in _remembering:
        made.cache_clear()
