"""Taking a backup of an SQLite installation while it serves: whole, of one moment, or not there at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from selfservice import clock, config, schema
from selfservice.backups import folder as folders
from selfservice.backups.folder import About
from selfservice.db import READER, db
from selfservice.errors import ConfigError, Invalid, Unavailable
from selfservice.media import stores
from selfservice.web.customer.shell import switch

try:
    import fcntl
except ImportError:  # Windows: what a killed backup leaves there is for a person to remove.
    _HAS_FLOCK = False
else:
    _HAS_FLOCK = True

PREFIX = "selfservice-"
_DRAFT = ".partial"
_PAGES = 2_000
_ROUNDS = 3


@dataclass(frozen=True)
class Taken:
    """A backup that is whole, and where it is."""

    folder: Path
    about: About


def take(into: Path) -> Taken:
    """Make a backup in a folder of its own below `into`. Raises ConfigError, Invalid and Unavailable.

    The database is copied as of one moment, held by a reading transaction, so that writers go on and none of their
    commits is there by half. Then come the photos that it names. One that was made ready in between has another key by
    then: the database is copied once more.
    """
    migration = schema.find_current()
    if migration is None:
        raise ConfigError(f"There is nothing to keep yet: {schema.HOW_TO_UPGRADE}")
    if not into.is_dir():
        raise Invalid(f"There is no folder {into}: make it, or mount what it is on.")
    settings = config.current()
    now = clock.now()
    target = into / f"{PREFIX}{now:%Y%m%dT%H%M%SZ}"
    try:
        _clear_away(into)
        with _draft_of(target) as draft:
            file = draft / folders.DATABASE
            for _ in range(_ROUNDS):
                _copy_database(file)
                missing = _copy_photos(draft)
                if not missing:
                    break
            about = About(
                taken_at=now.isoformat(),
                migration=migration,
                database_bytes=file.stat().st_size,
                database_sha256=folders.sha256_of(file),
                photos=len(_list_files(draft / folders.PHOTOS)),
                photo_bytes=sum(path.stat().st_size for path in _list_files(draft / folders.PHOTOS)),
                missing=missing,
                are_photos_elsewhere=folders.are_photos_elsewhere(settings),
                phones_off=switch(settings).exists(),
                secret_keys=folders.marks_of(settings.secret_keys),
                data_keys=folders.marks_of(settings.data_keys),
            )
            folders.write_note(draft, about)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unavailable(
            f"The backup could not be written ({reason}), and nothing of it is left: make room or mend the folder's "
            "rights, and try again."
        ) from error
    return Taken(target, about)


@contextmanager
def _draft_of(target: Path) -> Iterator[Path]:
    """A folder under another name that gets its own when all is in it, and goes when that fails."""
    if target.exists():
        raise Invalid(f"{target} is there already: wait a second and try again.")
    draft = target.with_name(f".{target.name}{_DRAFT}")
    draft.mkdir(mode=0o700)
    handle = _hold(draft)
    try:
        yield draft
        for path in sorted(draft.rglob("*")):
            if path.is_dir():
                folders.sync(path)
        folders.sync(draft)
        draft.rename(target)
        folders.sync(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    finally:
        if handle is not None:
            os.close(handle)


def _hold(draft: Path) -> int | None:
    """Mark a draft as one that somebody is at work on; the mark falls with the process."""
    if not _HAS_FLOCK:
        return None
    handle = os.open(draft, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def _clear_away(into: Path) -> None:
    """Remove what backups left that were killed."""
    for draft in into.glob(f".{PREFIX}*{_DRAFT}") if _HAS_FLOCK else ():
        try:
            handle = _hold(draft)
        except BlockingIOError:
            continue  # Another backup is being taken.
        shutil.rmtree(draft)
        if handle is not None:
            os.close(handle)


def _copy_database(target: Path) -> None:
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(db.engines[READER].raw_connection()) as connection, closing(sqlite3.connect(target)) as copy:
        source: sqlite3.Connection = connection.driver_connection  # type: ignore[assignment]
        # Without a transaction of ours around the steps, each commit of anybody else makes the copy begin anew.
        source.execute("BEGIN")
        try:
            source.execute("SELECT version_num FROM alembic_version").fetchone()
            source.backup(copy, pages=_PAGES)
        finally:
            source.rollback()
        copy.execute("PRAGMA journal_mode = DELETE")  # One file, also on a disk that cannot be written to.
        (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError("the database itself is damaged; take the last sound backup")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _copy_photos(draft: Path) -> int:
    """Copy the photos that the copied database names, and drop those that it names no more; how many were not there."""
    settings = config.current()
    if folders.are_photos_elsewhere(settings):
        return 0
    wanted = list_keys(draft / folders.DATABASE)
    kept = draft / folders.PHOTOS
    missing = 0
    for key in wanted:
        if (kept / key).exists():
            continue
        try:
            folders.copy(stores.folder(settings) / key, kept / key)
        except FileNotFoundError:
            missing += 1
    for path in _list_files(kept):
        if str(path.relative_to(kept)) not in wanted:
            path.unlink()
    return missing


def list_keys(database: Path) -> dict[str, str]:
    """The photos and pictures that an SQLite file names: the hash of each by its key; a table may not be there yet."""
    with closing(sqlite3.connect(database)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        queries = (
            f"SELECT {key}, {digest} FROM {table} WHERE {key} IS NOT NULL"  # noqa: S608 - our own names
            for table in ("media", "pictures")
            if table in there
            for key, digest in (("key", "sha256"), ("preview_key", "preview_sha256"))
        )
        return {key: digest for query in queries for key, digest in connection.execute(query)}


def _list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
