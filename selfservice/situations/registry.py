"""The registry: every page type this installation has, found by walking folders; nothing is registered by hand."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import cast

from flask import current_app

from selfservice.errors import AppError, ConfigError, NotFound
from selfservice.kit.words import Words
from selfservice.situations.loading import Loaded, load_folder, load_shared
from selfservice.situations.samples import read_facts, read_sample

__all__ = ["BUILT_IN", "Loaded", "Registry", "current", "read_facts", "read_sample"]

BUILT_IN = Path(__file__).parent
EXTENSION = "selfservice.registry"
_GROUP = "selfservice.situations"


class Registry:
    """The page types by key. `broken` holds, for each folder that cannot be used, the sentence that says why.

    `shared` are the words of every page by language: all there is to say when the type itself is gone.
    """

    def __init__(
        self, types: Mapping[str, Loaded], broken: Mapping[Path, str], shared: Mapping[str, Words] | None = None
    ) -> None:
        self._types = dict(sorted(types.items()))
        self.broken = dict(broken)
        self.shared = dict(shared or {})

    @classmethod
    def load(cls, folders: Iterable[Path] = (), *, strict: bool) -> Registry:
        """The built-in types, those of `folders` and those that installed packages bring.

        Strict raises ConfigError, a sentence a line, when a folder is broken; else only its own type is out.
        """
        shared = load_shared(BUILT_IN / "words")
        types: dict[str, Loaded] = {}
        broken: dict[Path, str] = {}
        for folder in dict.fromkeys(path.resolve() for path in _all_folders(folders, broken)):
            try:
                loaded = load_folder(folder, shared)
                if loaded.key in types:
                    raise ConfigError(
                        f"{folder}: {types[loaded.key].folder} is already called {loaded.key}; rename one of them."
                    )
            except AppError as error:
                broken[folder] = error.message
            else:
                types[loaded.key] = loaded
        if strict and broken:
            raise ConfigError("\n".join(broken.values()))
        return cls(types, broken, shared)

    def all(self) -> tuple[Loaded, ...]:
        """Every type, by key."""
        return tuple(self._types.values())

    def find(self, key: str) -> Loaded | None:
        """The type called `key`."""
        return self._types.get(key)

    def get(self, key: str) -> Loaded:
        """The type called `key`; raises NotFound naming those that there are."""
        found = self._types.get(key)
        if found is None:
            close = difflib.get_close_matches(key, self._types, n=1)
            guess = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(self._types) or 'none'}."
            raise NotFound(f"There is no page type called {key}; {guess}")
        return found

    def __iter__(self) -> Iterator[Loaded]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)


def current() -> Registry:
    """The running application's registry."""
    return cast(Registry, current_app.extensions[EXTENSION])


def _all_folders(folders: Iterable[Path], broken: dict[Path, str]) -> Iterator[Path]:
    yield from _types_in(BUILT_IN)
    for folder in folders:
        if not folder.is_dir():
            broken[folder] = f"{folder} is not a folder; correct SELFSERVICE_SITUATIONS or make the folder."
            continue
        yield from _types_in(folder)
    for point in sorted(entry_points(group=_GROUP), key=lambda point: point.name):
        found = _folder_of(point)
        if found is None:
            broken[Path(point.value)] = (
                f"The entry point {point.name} = {point.value} names no package; correct it in that package's settings."
            )
        else:
            yield from _types_in(found)


def _types_in(folder: Path) -> Iterator[Path]:
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
