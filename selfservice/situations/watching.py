"""Watching: while page types are being written, each change of a file is seen on the next request. Never in production.

What a file says now is known by its size and times alone; only the types whose files changed are read again, and all
of them once a file has changed that every page may be made of.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic

from flask import Flask

from selfservice.situations import rendering
from selfservice.situations.inlined import STATIC
from selfservice.situations.phone_scripts import WORKER
from selfservice.situations.problem import Problem
from selfservice.situations.registry import EXTENSION, SHARED, Composed, Registry, list_folders
from selfservice.situations.templates import TEMPLATES

EVERY = 0.25
"""Seconds within which nobody saves a file and looks at it: the files are not looked at again so soon."""

OURS = (TEMPLATES, STATIC, WORKER, SHARED)
"""What pages of any type are made of."""

_WATCH = "selfservice.watch"
_GONE = "The folder is gone; put it back, or start again to let its pages end."

Signature = tuple[tuple[str, int, int, int, int], ...]


class Watch:
    """The page types of some folders as their files are; safe to share between threads."""

    def __init__(self, folders: Iterable[Path], composed: Composed | None = None, *, every: float = EVERY) -> None:
        self._folders = tuple(folders)
        self._composed = composed
        self._every = every
        self._next = 0.0
        self._lock = threading.Lock()
        self._signatures: dict[Path, Signature] = {}
        self._ever: dict[str, Path] = {}
        self._found = Registry({}, {})
        self._registry = self._found

    def look(self) -> Registry:
        """The types as they are now. One whose folder has gone is broken: its pages wait, as for any other mend."""
        if monotonic() < self._next:
            return self._registry
        with self._lock:
            if monotonic() >= self._next:
                self._look()
                self._next = monotonic() + self._every
        return self._registry

    def _look(self) -> None:
        # Taken before anything is read: what changes meanwhile is seen the next time.
        signatures = {folder: _signature(folder) for folder in (*OURS, *list_folders(self._folders, {}))}
        if signatures == self._signatures and self._next:
            return
        changed = {folder for folder, one in signatures.items() if one != self._signatures.get(folder)}
        if not changed.isdisjoint(OURS):
            rendering.forget_all()
            changed |= signatures.keys()
        before = {loaded.folder: loaded for loaded in self._found}
        kept = {folder: loaded for folder, loaded in before.items() if folder in signatures.keys() - changed}
        for folder in before.keys() - kept.keys():
            rendering.forget(before[folder])
        found = Registry.load(self._folders, strict=False, kept=kept)
        self._ever |= {loaded.key: loaded.folder for loaded in found}
        gone = {
            folder: Problem(folder, None, _GONE)
            for key, folder in self._ever.items()
            if found.find(key) is None and folder not in found.broken
        }
        self._found = Registry({one.key: one for one in found}, {**found.broken, **gone}, found.shared)
        self._registry = self._found.beside(self._composed) if self._composed is not None else self._found
        self._signatures = signatures

    def signature(self) -> str:
        """Tells one state of the files from another, alike in every process of one machine."""
        self.look()
        return hashlib.sha256(repr(sorted(self._signatures.items())).encode()).hexdigest()[:16]


def start(app: Flask, folders: Iterable[Path], composed: Composed) -> Registry:
    """Watch over an application's page types from now on; returns them as they are, beside those `composed`."""
    watch = app.extensions[_WATCH] = Watch(folders, composed)
    app.config["TEMPLATES_AUTO_RELOAD"] = True  # Those of the console.
    app.before_request(lambda: refresh(app))
    return watch.look()


def refresh(app: Flask) -> None:
    """Let the application have its page types as their files are now; does nothing where none are watched."""
    watch: Watch | None = app.extensions.get(_WATCH)
    if watch is not None:
        app.extensions[EXTENSION] = watch.look()


def signature(app: Flask) -> str:
    """Tells one state of the watched files from another; empty where none are watched."""
    watch: Watch | None = app.extensions.get(_WATCH)
    return "" if watch is None else watch.signature()


def _signature(folder: Path) -> Signature:
    return tuple(sorted(_files(folder)))


def _files(folder: Path) -> Iterator[tuple[str, int, int, int, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "__")):
                    continue
                if entry.is_dir():
                    yield from _files(Path(entry.path))
                else:
                    found = entry.stat()
                    yield entry.path, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size
    except OSError:
        return  # Moved away while we looked; its folder is looked at again.
