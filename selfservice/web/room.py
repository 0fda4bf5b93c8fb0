"""Whether there is room to save anything: what /readyz says while the disk is full, and until a while after."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from time import monotonic

from flask import current_app
from sqlalchemy.exc import OperationalError

from selfservice.db import db, file_of

FULL = "The disk is full, so nothing can be saved: make room. Nothing has to be started again."
_LEAST_BYTES = 1_000_000
_SECONDS = 10.0
_NAME = "selfservice.no_room_at"
_FULL_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_FULL_POSTGRESQL = "53100"
_FULL_SYSTEM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_about_room(error: BaseException) -> bool:
    """Whether an error says that the disk takes no more: the system's own, SQLite's, or PostgreSQL's (disk_full)."""
    if isinstance(error, OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return code & 0xFF in _FULL_SQLITE or getattr(error.orig, "sqlstate", "") == _FULL_POSTGRESQL
    return isinstance(error, OSError) and error.errno in _FULL_SYSTEM


def note(error: BaseException) -> None:
    """Remember that something could not be saved, if this is why."""
    if is_about_room(error):
        current_app.extensions[_NAME] = monotonic()


def find_lack() -> str | None:
    """Whether nothing can be saved, as a sentence: something could not be within ten seconds, or the disk is full.

    The disk of a PostgreSQL is its server's; we know of it what our own writes were told.
    """
    noted: float | None = current_app.extensions.get(_NAME)
    if noted is not None and monotonic() - noted < _SECONDS:
        return FULL
    name = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not name:
        return None
    return FULL if shutil.disk_usage(file_of(name).resolve().parent).free < _LEAST_BYTES else None
