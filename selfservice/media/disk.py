"""The store on this machine's disk: a file for each key, written wholly or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from selfservice.errors import Unavailable
from selfservice.media.store import Missing

_FULL = "The folder for photos cannot be written to, so nothing was kept; make room or mend its rights, and try again."
_UNREADABLE = "The folder for photos cannot be read at the moment; mend its rights, and try again."
_KEPT = "The folder for photos cannot be changed, so a file that was to go is still there; mend its rights."


class Disk:
    """Keeps files under one folder, for the application's own user alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, body: bytes) -> None:
        """Write a file: as a whole under another name, then to its own; and nothing of it stays if that fails."""
        path = self._root / key
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            _sync(path.parent)
        except OSError as error:
            raise Unavailable(_FULL) from error

    def get(self, key: str) -> bytes:
        try:
            return (self._root / key).read_bytes()
        except FileNotFoundError:
            raise Missing from None
        except OSError as error:
            raise Unavailable(_UNREADABLE) from error

    def delete(self, key: str) -> None:
        path = self._root / key
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists():
                _sync(path.parent)
        except OSError as error:
            raise Unavailable(_KEPT) from error


def _sync(folder: Path) -> None:
    """Have the folder itself on the disk: a file's name is its folder's."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
