"""How a worker learns at once that there is work: SQLite counts its changes, PostgreSQL notifies."""

from __future__ import annotations

import sqlite3
from threading import Event
from time import monotonic
from typing import Protocol

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import URL

from selfservice.db import is_postgresql
from selfservice.prepared import Prepared

_NAME = "selfservice_messages"

# PRAGMA data_version reads a counter in shared memory: 2 us, so looking 50 times a second costs nothing.
_GLANCE_SECONDS = 0.02
# How long a worker on PostgreSQL sleeps in one wait before it looks whether it is to stop.
_DOZE_SECONDS = 0.2


class Bell(Protocol):
    """Waits until something may have changed."""

    def wait(self, seconds: float, stop: Event) -> None:
        """Return when there may be work, when `stop` is set, or after `seconds`."""

    def close(self) -> None:
        """Give the connection back."""


def ring() -> None:
    """Wake the workers when the running transaction commits; on SQLite the commit itself does."""
    if is_postgresql():
        _RING.run({})


_RING = Prepared(lambda _is_postgresql: select(func.pg_notify(_NAME, "")))


def listen(engine: Engine) -> Bell:
    """A bell for the database that `engine` reads, on a connection of its own, for the calling thread alone."""
    if engine.dialect.name == "postgresql":
        return _PostgresqlBell(engine.url)
    return _SqliteBell(engine)


class _SqliteBell:
    """Glances at `PRAGMA data_version`, which changes when another connection has committed."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.raw_connection()
        # Before it leaves the pool: afterwards it answers None.
        self._driver: sqlite3.Connection = self._connection.driver_connection  # type: ignore[assignment]
        self._connection.detach()
        self._version = self._read()

    def wait(self, seconds: float, stop: Event) -> None:
        end = monotonic() + seconds
        while not stop.is_set():
            version = self._read()
            if version != self._version:
                self._version = version
                return
            left = end - monotonic()
            if left <= 0:
                return
            stop.wait(min(left, _GLANCE_SECONDS))

    def close(self) -> None:
        self._driver.close()

    def _read(self) -> int:
        return int(self._driver.execute("PRAGMA data_version").fetchone()[0])


class _PostgresqlBell:
    """LISTEN on a connection outside the pool: a pooler that hands connections around would lose the notices."""

    def __init__(self, url: URL) -> None:
        import psycopg  # noqa: PLC0415 - only workers need the driver by itself, and on SQLite nobody has it

        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)
        try:
            self._connection.execute(f"LISTEN {_NAME}")
        except psycopg.Error:
            self._connection.close()
            raise

    def wait(self, seconds: float, stop: Event) -> None:
        end = monotonic() + seconds
        while not stop.is_set():
            left = end - monotonic()
            notices = self._connection.notifies(timeout=max(0.0, min(left, _DOZE_SECONDS)), stop_after=1)
            if any(True for _ in notices) or left <= 0:
                return

    def close(self) -> None:
        self._connection.close()
