"""What a backup consists of: one folder with the database, the photos and a note about both; no key is ever in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from selfservice.config import Settings
from selfservice.db import db, file_of
from selfservice.errors import ConfigError, Invalid
from selfservice.tokens import DataKeys, Key

DATABASE = "database.sqlite"
PHOTOS = "photos"
NOTE = "about.json"
FORMAT = 1
_PURPOSE = "backup"
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class About:
    """What is in a backup. Moments are ISO 8601, sizes are bytes.

    `secret_keys` and `data_keys` map the ids of the keys in force to what a key can be recognised by, and not be made
    from. `missing` counts photos that the database names and the store did not have.
    """

    taken_at: str
    migration: str
    database_bytes: int
    database_sha256: str
    photos: int
    photo_bytes: int
    missing: int
    are_photos_elsewhere: bool
    phones_off: bool
    secret_keys: Mapping[str, str]
    data_keys: Mapping[str, str]
    format: int = FORMAT


def write_note(folder: Path, about: About) -> None:
    """Write down what is in the folder: the last file of a backup."""
    with (folder / NOTE).open("w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(about), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_note(folder: Path) -> About:
    """What is in a backup; raises Invalid when there is none in the folder, or one of a newer version."""
    try:
        said: Any = json.loads((folder / NOTE).read_text("utf-8"))
        if said["format"] != FORMAT:
            raise Invalid(f"{folder} was made by a newer version: restore it with that one.")
        return About(**said)
    except (OSError, ValueError, TypeError, KeyError):
        raise Invalid(f"{folder} holds no backup: name a folder that `flask --app app backup` made.") from None


def marks_of(keys: tuple[Key, ...]) -> dict[str, str]:
    """What keys can be recognised by, by key id: a keyed hash of a word, which says nothing of a random secret."""
    return dict(DataKeys(keys).hashes(_PURPOSE, "whose keys"))


def database_file() -> Path:
    """The running application's SQLite file; raises ConfigError when there is none."""
    name = db.engine.url.database
    if not name:
        raise ConfigError("The database is in memory, so there is nothing to keep: set SELFSERVICE_DATABASE_URL.")
    return file_of(name)


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def copy(source: Path, target: Path) -> None:
    """Copy a file for the application's user alone, and see it on the disk. Raises OSError."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source.open("rb") as read, os.fdopen(os.open(target, _NEW, 0o600), "wb") as write:
        while chunk := read.read(_CHUNK):
            write.write(chunk)
        write.flush()
        os.fsync(write.fileno())


def give(path: Path, like: Path) -> None:
    """Give a file or folder, with all in it, the owner of another: who runs a command as root is not who serves."""
    if os.name != "posix" or os.geteuid() != 0:
        return
    owner = like.stat()
    for one in (path, *path.rglob("*")):
        os.chown(one, owner.st_uid, owner.st_gid)


def sync(folder: Path) -> None:
    """See the names in a folder on the disk."""
    if os.name != "posix":
        return
    with _opened(folder) as handle:
        os.fsync(handle)


def are_photos_elsewhere(settings: Settings) -> bool:
    """Whether photos lie in a bucket, whose owner keeps them."""
    return settings.media.startswith("s3://")


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
