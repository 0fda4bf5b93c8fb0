"""The shelf: composed types as they are served. What is published anywhere is seen by every process within a second.

Each version is written down as a folder in a place of this process's own, and read like any other type; versions never
change, so that is done once each. What is served is asked of the database at most once a second, and at once for a
type or a version that is not known here.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any

import structlog
from flask import current_app
from pydantic import ValidationError

from selfservice.errors import BrokenFile
from selfservice.kit.recipe import Recipe
from selfservice.recipes import queries
from selfservice.recipes.queries import Served
from selfservice.situations.loading import Loaded, load_folder
from selfservice.situations.making.recipe import write
from selfservice.situations.problem import Problem
from selfservice.situations.registry import shared_words

EXTENSION = "selfservice.shelf"
EVERY = 1.0
"""Seconds within which what is served is not asked for again."""


class Shelf:
    """The composed types of one application; safe to share between threads."""

    def __init__(self, *, every: float = EVERY) -> None:
        self._every = every
        self._next = 0.0
        self._lock = threading.RLock()
        self._served: Mapping[str, Served] = MappingProxyType({})
        self._types: Mapping[str, Loaded] = MappingProxyType({})
        self._versions: dict[tuple[str, int], Loaded | Problem] = {}
        self._place = _Place()

    def list_keys(self) -> Collection[str]:
        """What the published types are called, those that cannot be read as well."""
        self._refresh()
        return self._served.keys()

    def types(self) -> Mapping[str, Loaded]:
        """The types that are published, each as its newest version, by key."""
        self._refresh()
        return self._types

    def find(self, key: str, version: int | None = None) -> Loaded | None:
        """The type called `key`, as it is published now or as it was in `version`."""
        found = self._find(key, version)
        return found if isinstance(found, Loaded) else None

    def find_problem(self, key: str, version: int | None = None) -> Problem | None:
        """Why it cannot be read, if that is why it is not there."""
        found = self._find(key, version)
        return found if isinstance(found, Problem) else None

    def problems(self) -> list[tuple[str, Problem]]:
        """What is wrong with each version that was asked for and cannot be read, by key."""
        keys = self.list_keys()
        with self._lock:
            found = [(key, one) for (key, _version), one in self._versions.items() if key in keys]
        return [(key, one) for key, one in found if isinstance(one, Problem)]

    def forget(self) -> None:
        """Ask anew what is served."""
        self._next = 0.0

    def _refresh(self) -> None:
        if monotonic() >= self._next:
            self._look()

    def _look(self) -> None:
        with self._lock:
            served = {one.key: one for one in queries.list_served()}
            if served != self._served:
                found = {key: self._version(one) for key, one in served.items()}
                self._types = MappingProxyType({key: one for key, one in found.items() if isinstance(one, Loaded)})
                self._served = MappingProxyType(served)
            self._next = monotonic() + self._every

    def _find(self, key: str, version: int | None) -> Loaded | Problem | None:
        if key not in self.list_keys():
            self._look()
        served = self._served.get(key)
        if served is None:
            return None
        newest = self._types.get(key)
        if newest is not None and version in (None, served.version):
            return newest  # As nearly always, and without waiting for whoever asks the database.
        with self._lock:
            return self._version(served if version is None else served._replace(version=version))

    def _version(self, wanted: Served) -> Loaded | Problem | None:
        """What a version comes to. It never changes, and so neither does that it cannot be read by this release."""
        known = self._versions.get((wanted.key, wanted.version))
        if known is None:
            recipe = queries.find_recipe(wanted.key, wanted.version)
            if recipe is None:
                return None
            known = self._read(wanted, recipe)
        if isinstance(known, Loaded) and known.situation.retired != wanted.is_retired:
            known = replace(known, situation=replace(known.situation, retired=wanted.is_retired))
        self._versions[wanted.key, wanted.version] = known
        return known

    def _read(self, wanted: Served, recipe: dict[str, Any]) -> Loaded | Problem:
        """What a stored recipe comes to. One that this release cannot read is told, and the others go on."""
        into = self._place.folder(f"{wanted.key}-{wanted.version}")
        try:
            loaded = load_folder(write(Recipe.model_validate(recipe), wanted.key, into), shared_words())
        except OSError:
            raise  # Of this machine, not of the recipe: it may be read the next time.
        except Exception as error:  # noqa: BLE001 - whatever one recipe stumbles over, the other types go on
            structlog.get_logger().error("type.unreadable", situation=wanted.key, version=wanted.version)
            told = f"Version {wanted.version} cannot be read by this release ({_reason(error)}); its pages wait."
            return Problem(into, None, f"{told} Publish the type anew to make pages of it.")
        return replace(loaded, is_composed=True, situation=replace(loaded.situation, version=wanted.version))


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return f"{error.error_count()} things in it are wrong"
    return error.reason.rstrip(".") if isinstance(error, BrokenFile) else type(error).__name__


class _Place:
    """A folder of this process's own, for as long as it runs; a child that it forks makes one for itself."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._owner = 0

    def folder(self, name: str) -> Path:
        """A new empty folder in it."""
        if self._root is None or self._owner != os.getpid():
            self._root, self._owner = Path(tempfile.mkdtemp(prefix="selfservice-types-")), os.getpid()
            atexit.register(self._clear, self._root, self._owner)
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._root))

    @staticmethod
    def _clear(root: Path, owner: int) -> None:
        if owner == os.getpid():
            shutil.rmtree(root, ignore_errors=True)


def forget() -> None:
    """Let the running application ask anew what is served: called after something was published or retired."""
    shelf: Shelf | None = current_app.extensions.get(EXTENSION)
    if shelf is not None:
        shelf.forget()
