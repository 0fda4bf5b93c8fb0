"""The registry: every page type this installation has, found by walking folders; nothing is registered by hand."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import cast

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


class Registry:
    """The page types by key. `broken` holds, for each folder that cannot be used, what is wrong with it.

    `shared` are the words of every page by language: all there is to say when the type itself is gone.
    """

    def __init__(
        self, types: Mapping[str, Loaded], broken: Mapping[Path, Problem], shared: Mapping[str, Words] | None = None
    ) -> None:
        self._types = dict(sorted(types.items()))
        self.broken = dict(broken)
        self.shared = dict(shared or {})

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

    def all(self) -> tuple[Loaded, ...]:
        """Every type, by key."""
        return tuple(self._types.values())

    def offered(self) -> tuple[Loaded, ...]:
        """Every type of which pages are still made, by key."""
        return tuple(loaded for loaded in self if not loaded.situation.retired)

    def find(self, key: str) -> Loaded | None:
        """The type called `key`."""
        return self._types.get(key)

    def get(self, key: str) -> Loaded:
        """The type called `key`; raises NotFound naming those that there are, Unavailable if its folder is broken."""
        found = self._types.get(key)
        if found is None:
            self.refuse_broken(key)
            close = difflib.get_close_matches(key, self._types, n=1)
            guess = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(self._types) or 'none'}."
            raise NotFound(f"There is no page type called {key}; {guess}")
        return found

    def find_problem(self, key: str) -> Problem | None:
        """What is wrong with the folder of the type called `key`, if that is why it is not there."""
        if key in self._types:
            return None
        return next((problem for folder, problem in self.broken.items() if folder.name == key), None)

    def refuse_broken(self, key: str) -> None:
        """Raise Unavailable if the type called `key` is there but for its folder, which has to be mended first."""
        if self.find_problem(key) is not None:
            raise Unavailable("Pages of this type cannot be shown at the moment; try again in a few minutes.")

    def __iter__(self) -> Iterator[Loaded]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)


def current() -> Registry:
    """The running application's registry."""
    return cast(Registry, current_app.extensions[EXTENSION])


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
