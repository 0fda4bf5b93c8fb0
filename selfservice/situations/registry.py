"""The registry: every page type this installation has, found by walking folders; nothing is registered by hand.

Beside them stand the types that staff composed, which come from the database.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from flask import current_app

from selfservice.errors import BrokenFile, ConfigError, NotFound, Unavailable
from selfservice.kit.words import Words
from selfservice.situations.loading import Loaded, load_folder, load_shared
from selfservice.situations.problem import Problem
from selfservice.situations.remembering import of_our_files
from selfservice.situations.samples import read_facts, read_sample

__all__ = ["BUILT_IN", "Loaded", "Registry", "current", "read_facts", "read_sample"]

BUILT_IN = Path(__file__).parent
SHARED = BUILT_IN / "words"
EXTENSION = "selfservice.registry"
_GROUP = "selfservice.situations"
_TRIED: ContextVar[Registry | None] = ContextVar("selfservice.registry.tried", default=None)


class Composed(Protocol):
    """The types that staff composed."""

    def list_keys(self) -> Collection[str]:
        """What the published ones are called, those that cannot be read as well."""

    def types(self) -> Mapping[str, Loaded]:
        """Those that can be read, each as its newest version, by key."""

    def find(self, key: str, version: int | None = None) -> Loaded | None:
        """The type called `key`, as it is now or as it was in `version`."""

    def find_problem(self, key: str, version: int | None = None) -> Problem | None:
        """Why it cannot be read, if that is why it is not there."""

    def problems(self) -> list[tuple[str, Problem]]:
        """What is wrong with each version that was asked for and cannot be read, by key."""


class NoneComposed:
    """No type that staff composed: where there is no database to ask."""

    def list_keys(self) -> Collection[str]:
        """None."""
        return frozenset()

    def types(self) -> Mapping[str, Loaded]:
        """None."""
        return MappingProxyType({})

    def find(self, _key: str, _version: int | None = None) -> None:
        """None."""

    def find_problem(self, _key: str, _version: int | None = None) -> None:
        """None."""

    def problems(self) -> list[tuple[str, Problem]]:
        """None."""
        return []


class Registry:
    """The page types by key. `broken` holds, for each folder that cannot be used, what is wrong with it.

    `shared` are the words of every page by language: all there is to say when the type itself is gone. A composed type
    goes before a folder of the same name, which came later: pages of it are out.
    """

    def __init__(
        self,
        types: Mapping[str, Loaded],
        broken: Mapping[Path, Problem],
        shared: Mapping[str, Words] | None = None,
        composed: Composed | None = None,
    ) -> None:
        self._types = dict(sorted(types.items()))
        self.broken = dict(broken)
        self.shared = dict(shared or {})
        self._composed = composed or NoneComposed()

    @classmethod
    def load(
        cls, folders: Iterable[Path] = (), *, strict: bool, kept: Mapping[Path, Loaded] = MappingProxyType({})
    ) -> Registry:
        """The built-in types, those of `folders` and those that installed packages bring.

        Strict raises ConfigError, a sentence a line, when a folder is broken; else only its own type is out. What is
        `kept`, by its folder, is not read again.
        """
        shared = shared_words()
        types: dict[str, Loaded] = {}
        broken: dict[Path, Problem] = {}
        for folder in list_folders(folders, broken):
            if folder.name in types:
                reason = f"{types[folder.name].folder} is already called {folder.name}; rename one of them."
                broken[folder] = Problem(folder, None, reason)
                continue
            try:
                types[folder.name] = kept.get(folder) or load_folder(folder, shared)
            except BrokenFile as error:
                broken[folder] = Problem.of(error)
            except Exception as error:  # noqa: BLE001 - whatever one folder declares, the other types go on
                reason = f"It cannot be used ({type(error).__name__}: {error}); mend what it declares."
                broken[folder] = Problem(folder / "situation.py", None, reason)
        if strict and broken:
            raise ConfigError("\n".join(map(str, broken.values())))
        return cls(types, broken, shared)

    def beside(self, composed: Composed) -> Registry:
        """The same types beside those that staff composed."""
        return Registry(self._types, self.broken, self.shared, composed)

    def all(self) -> tuple[Loaded, ...]:
        """Every type, by key."""
        composed = self._composed.list_keys()
        of_folders = {key: loaded for key, loaded in self._types.items() if key not in composed}
        return tuple(loaded for _key, loaded in sorted({**of_folders, **self._composed.types()}.items()))

    def offered(self) -> tuple[Loaded, ...]:
        """Every type of which pages are still made, by key."""
        return tuple(loaded for loaded in self if not loaded.situation.retired)

    def problems(self) -> list[tuple[str, Problem]]:
        """What is wrong with each type that is not served, by what it is called.

        That is a folder or a recipe that is broken, or a folder that is called like a composed type.
        """
        composed = self._composed.list_keys()
        shadowed = [
            (key, Problem(loaded.folder, None, f"A type composed in the console is called {key}; rename this folder."))
            for key, loaded in self._types.items()
            if key in composed
        ]
        folders = [(folder.name, problem) for folder, problem in self.broken.items()]
        return [*folders, *self._composed.problems(), *shadowed]

    def find(self, key: str, version: int | None = None) -> Loaded | None:
        """The type called `key`; for a page of `version`, a composed type as it was then.

        A type of a folder brings what its older versions left forward itself.
        """
        found = None if key in self._composed.list_keys() else self._types.get(key)
        return found or self._composed.find(key, version)

    def get(self, key: str, version: int | None = None) -> Loaded:
        """The same; raises NotFound naming those that there are, Unavailable if what it is made of is broken."""
        found = self.find(key, version)
        if found is None:
            self.refuse_broken(key, version)
            known = [loaded.key for loaded in self]
            close = difflib.get_close_matches(key, known, n=1)
            guess = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(known) or 'none'}."
            raise NotFound(f"There is no page type called {key}; {guess}")
        return found

    @property
    def is_whole(self) -> bool:
        """Whether every type that there is can be used, so that one which is not here is gone."""
        return not self.broken and len(self._composed.list_keys()) == len(self._composed.types())

    def find_problem(self, key: str, version: int | None = None) -> Problem | None:
        """What is wrong with what `find` looks for, if that is why it is not there."""
        if self.find(key, version) is not None:
            return None
        by_folder = (problem for folder, problem in self.broken.items() if folder.name == key)
        return self._composed.find_problem(key, version) or next(by_folder, None)

    def refuse_broken(self, key: str, version: int | None = None) -> None:
        """Raise Unavailable if what `find` looks for is there, and has to be mended first."""
        if self.find_problem(key, version) is not None:
            raise Unavailable("Pages of this type cannot be shown at the moment; try again in a few minutes.")

    def __iter__(self) -> Iterator[Loaded]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())


def current() -> Registry:
    """The running application's registry, or what is tried in its place."""
    tried = _TRIED.get()
    return tried if tried is not None else cast(Registry, current_app.extensions[EXTENSION])


@contextmanager
def trying(loaded: Loaded) -> Iterator[None]:
    """Within, there is this type alone: for looking at one that is not served, such as a draft."""
    with _instead(Registry({loaded.key: loaded}, {}, shared_words())):
        yield


@contextmanager
def from_folders() -> Iterator[None]:
    """Within, there are the types of folders alone: where there may be no database to ask for those composed."""
    with beside(NoneComposed()):
        yield


@contextmanager
def beside(composed: Composed) -> Iterator[None]:
    """Within, there are the types of folders beside these that staff composed."""
    with _instead(current().beside(composed)):
        yield


@contextmanager
def _instead(registry: Registry) -> Iterator[None]:
    token = _TRIED.set(registry)
    try:
        yield
    finally:
        _TRIED.reset(token)


@of_our_files
@cache
def shared_words() -> dict[str, Words]:
    """The words of every page by language, whatever its type."""
    return load_shared(SHARED)


def list_folders(folders: Iterable[Path], broken: dict[Path, Problem]) -> list[Path]:
    """Every folder that is a page type or means to be, each once; what leads to none is told in `broken`."""
    return list(dict.fromkeys(path.resolve() for path in _all_folders(folders, broken)))


def _all_folders(folders: Iterable[Path], broken: dict[Path, Problem]) -> Iterator[Path]:
    yield from types_in(BUILT_IN)
    for folder in folders:
        if not folder.is_dir():
            reason = "It is not a folder; correct SELFSERVICE_SITUATIONS or make the folder."
            broken[folder] = Problem(folder, None, reason)
            continue
        yield from types_in(folder)
    for point in sorted(entry_points(group=_GROUP), key=lambda point: point.name):
        found = _folder_of(point)
        if found is None:
            reason = f"The entry point {point.name} names no package; correct it in the settings of its own package."
            broken[Path(point.value)] = Problem(Path(point.value), None, reason)
        else:
            yield from types_in(found)


def types_in(folder: Path) -> Iterator[Path]:
    """`folder` itself if it is a page type, else those of its folders that are, or mean to be."""
    if (folder / "situation.py").is_file():
        yield folder
        return
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and ((inner / "situation.py").exists() or (inner / "page.html").exists()):
            yield inner


def _folder_of(point: EntryPoint) -> Path | None:
    try:
        spec = importlib.util.find_spec(point.module)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None
