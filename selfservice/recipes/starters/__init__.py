"""Starters: recipes to begin with, a file each, in plain English and ready to be published."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from selfservice.errors import NotFound


class Starter(NamedTuple):
    """A recipe to begin with, as it is offered."""

    key: str
    name: str
    summary: str
    icon: str


@cache
def list_all() -> tuple[Starter, ...]:
    """All that there are, by name."""
    found = [Starter(key, recipe["name"], recipe["summary"], recipe["icon"]) for key, recipe in _read().items()]
    return tuple(sorted(found, key=lambda starter: starter.name))


def get(key: str) -> dict[str, Any]:
    """The recipe called `key`, a new copy; raises NotFound."""
    if key not in _read():
        raise NotFound(f"There is nothing called {key} to start from; choose one that is listed.")
    return dict(json.loads(_text(key)))


@cache
def _read() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(_text(path.stem)) for path in Path(__file__).parent.glob("*.json")}


def _text(key: str) -> str:
    return Path(__file__).with_name(f"{key}.json").read_text(encoding="utf-8")
