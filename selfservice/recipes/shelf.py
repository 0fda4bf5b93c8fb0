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
from collections.abc import Mapping
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
        self._served: tuple[Served, ...] = ()
        self._types: Mapping[str, Loaded] = MappingProxyType({})
        self._versions: dict[tuple[str, int], Loaded] = {}
        self.broken: dict[str, Problem] = {}
        self._place = _Place()

    def types(self) -> Mapping[str, Loaded]:
        """The types that are published, each as its newest version, by key."""
        if monotonic() >= self._next:
            self._look()
        return self._types

    def find(self, key: str, version: int | None = None) -> Loaded | None:
        """The type called `key`, as it is published now or as it was in `version`."""
        found = self.types().get(key)
        if found is None:
            self._look()
            found = self._types.get(key)
        if found is None or version in (None, found.situation.version):
            return found
        with self._lock:
            return self._version(Served(key, version or 0, found.situation.retired))

    def forget(self) -> None:
        """Ask anew what is served."""
        self._next = 0.0

    def _look(self) -> None:
        with self._lock:
            served = queries.list_served()
            if served != self._served:
                self.broken = {}
                found = {one.key: self._version(one) for one in served}
                self._types = MappingProxyType({key: loaded for key, loaded in found.items() if loaded is not None})
                self._served = served
            self._next = monotonic() + self._every

    def _version(self, wanted: Served) -> Loaded | None:
        known = self._versions.get((wanted.key, wanted.version))
        if known is None:
            recipe = queries.find_recipe(wanted.key, wanted.version)
            if recipe is None:
                return None
            known = self._read(wanted, recipe)
            if known is None:
                return None
        if known.situation.retired != wanted.is_retired:
            known = replace(known, situation=replace(known.situation, retired=wanted.is_retired))
        self._versions[wanted.key, wanted.version] = known
        return known

    def _read(self, wanted: Served, recipe: dict[str, Any]) -> Loaded | None:
        """What a stored recipe comes to. One that this release cannot read is told, and the others go on."""
        into = self._place.folder(f"{wanted.key}-{wanted.version}")
        try:
            loaded = load_folder(write(Recipe.model_validate(recipe), wanted.key, into), shared_words())
        except (ValidationError, BrokenFile) as error:
            reason = error.reason if isinstance(error, BrokenFile) else f"{error.error_count()} things in it are wrong."
            sentence = f"Version {wanted.version} cannot be read by this release ({reason}) Publish it anew."
            self.broken[wanted.key] = Problem(into, None, sentence)
            structlog.get_logger().error("type.unreadable", situation=wanted.key, version=wanted.version)
            return None
        return replace(loaded, is_composed=True, situation=replace(loaded.situation, version=wanted.version))


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
