"""The database: engines tuned for several processes, the column types, the session; no table of its own.

Two engines reach the same database. The *writer* opens each transaction knowing that it will write (BEGIN IMMEDIATE
on SQLite, where a plain BEGIN loses to "database is locked"). The *reader* runs in AUTOCOMMIT and cannot write at
all, so a GET that tries to fails instead of succeeding unseen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, g, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Row,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

try:
    import fcntl
except ImportError:  # Windows has no flock; there the busy timeout alone decides, correct but less fair.
    _HAS_FLOCK = False
else:
    _HAS_FLOCK = True

READER = "reader"
_QUEUE = "selfservice.queue"
_CONNECTION = "selfservice.connection"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BUSY_MILLISECONDS = 15_000

Json = JSON().with_variant(JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts up by itself (SQLite only counts on its own INTEGER)."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment in both databases; SQLite stores it naive and would give it back naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a zone cannot be stored; take it from clock.now().")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class current_transaction(FunctionElement[int]):  # noqa: N801 - SQL functions are written in lower case
    """The id of the running transaction on PostgreSQL (xid8), 0 on SQLite, where writers come one after another."""

    type = BigInteger()
    inherit_cache = True


@compiles(current_transaction, "postgresql")
def _current_transaction_on_postgresql(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "(pg_current_xact_id()::text::bigint)"


@compiles(current_transaction)
def _current_transaction_elsewhere(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "0"


class Base(DeclarativeBase):
    """What every table has in common: names for constraints, so that migrations can drop them again."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RoutedSession(Session):
    """Reads while a safe request is served go to the reader; everything else goes to the writer."""

    def get_bind(self, *arguments: Any, **options: Any) -> Engine | Connection:
        if _is_reading():
            return db.engines[READER]
        return super().get_bind(*arguments, **options)


db = SQLAlchemy(model_class=Base, session_options={"class_": RoutedSession})


def configure(app: Flask, url: str) -> None:
    """Attach both engines for `url` to the application and tune every connection they open."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options: dict[str, Any] = (
        {} if url.startswith("sqlite") else {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 24}
    )
    reader: dict[str, Any] = {"url": url, "isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    if make_url(url).database:  # One in memory, where commands look on when no address can be read, has no such pool.
        # Each thread of the server keeps a reader of its own: the threads are the limit, not the pool.
        reader["max_overflow"] = -1
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_BINDS"] = {READER: {**options, **reader}}
    db.init_app(app)
    app.teardown_appcontext(_close)  # Before the library does, which fails where the connection is gone.
    with app.app_context():
        _tune(db.engine, writes=True)
        _tune(db.engines[READER], writes=False)


@contextmanager
def writing() -> Iterator[None]:
    """Let a safe request write: only for the exceptions that the tests list by name."""
    g.writing = True
    try:
        yield
    finally:
        g.writing = False


def fetch(statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Rows of one SELECT on this thread's own AUTOCOMMIT connection: the hot path, without session or pool."""
    try:
        return kept_connection().execute(statement, parameters).all()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        _forget_connection()  # The server was restarted since; a fresh connection sees it again.
        return kept_connection().execute(statement, parameters).all()


def session_connection() -> Connection:
    """The connection of the session's transaction, as `db.session.connection()` gives it at twenty times the cost."""
    session = db.session()
    transaction, is_reading = session.get_transaction(), _is_reading()
    known = session.info.get(_CONNECTION)
    if known is not None and transaction is not None and known[:2] == (transaction, is_reading):
        found: Connection = known[2]
        return found
    connection = session.connection()
    session.info[_CONNECTION] = (session.get_transaction(), is_reading, connection)
    return connection


def abandon() -> None:
    """Undo what the session has not committed. Where its connection is gone, so is that."""
    _end(db.session.rollback)


def _close(_error: BaseException | None) -> None:
    _end(db.session.close)


def _end(how: Callable[[], None]) -> None:
    if not db.session.registry.has():
        return
    try:
        how()
    except DBAPIError:
        db.session().invalidate()


def dispose() -> None:
    """Close every pooled connection: called in a child after a fork, and before a database file is replaced."""
    _forget_connection()
    for engine in db.engines.values():
        engine.dispose()


def is_postgresql() -> bool:
    """Whether the running application's database is PostgreSQL."""
    return db.engine.dialect.name == "postgresql"


_kept = threading.local()


def kept_connection() -> Connection:
    """This thread's own reader, opened when it is first asked for."""
    engine = db.engines[READER]
    connection: Connection | None = getattr(_kept, "connection", None)
    if connection is None or connection.engine is not engine or connection.closed or connection.invalidated:
        _forget_connection()
        connection = engine.connect()
        _kept.connection = connection
    return connection


def _forget_connection() -> None:
    connection: Connection | None = getattr(_kept, "connection", None)
    _kept.connection = None
    if connection is None:
        return
    if not connection.invalidated:
        connection.invalidate()  # Really closed, not given back to a pool that may be gone.
    connection.close()


def _is_reading() -> bool:
    return has_request_context() and request.method in SAFE_METHODS and not g.get("writing", False)


def _tune(engine: Engine, *, writes: bool) -> None:
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine, writes=writes)
    elif not writes:
        event.listen(engine, "connect", _make_postgresql_read_only)


def _make_postgresql_read_only(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    connection.commit()


def _tune_sqlite(engine: Engine, *, writes: bool) -> None:
    @event.listens_for(engine, "connect")
    def tune(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # The driver's own BEGIN is deferred: it takes the write lock too late.
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        if writes:
            cursor.execute("PRAGMA journal_mode = WAL")
            # FULL, for all writes: NORMAL may lose the last commits on power loss, and each of them is something a
            # person was told is saved, or an attempt row that keeps a text from being sent twice.
            cursor.execute("PRAGMA synchronous = FULL")
        else:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    if writes:
        event.listen(engine, "begin", _begin_to_write)
        event.listen(engine.pool, "checkin", _leave_the_queue)
        event.listen(engine.pool, "close", _close_the_queue)


def _begin_to_write(connection: Connection) -> None:
    """Queue up for the one writer's place, then take it.

    SQLite's busy handler sleeps and retries, so under load somebody waits past a second while others overtake; a
    file lock is handed on in order (p99 fell from 1.5 s to 74 ms with 4 processes). It falls with the process.
    """
    if _HAS_FLOCK and connection.engine.url.database:
        handle = connection.info.get(_QUEUE)
        if handle is None:
            file = file_of(connection.engine.url.database)
            handle = connection.info[_QUEUE] = file.with_name(f"{file.name}.lock").open("ab")
        fcntl.flock(handle, fcntl.LOCK_EX)
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def file_of(database: str) -> Path:
    """The SQLite file that an engine's address names, plainly or as a `file:` address."""
    return Path(unquote(urlsplit(database).path) if database.startswith("file:") else database)


def _leave_the_queue(_connection: Any, record: ConnectionPoolEntry) -> None:
    handle = record.info.get(_QUEUE)
    if _HAS_FLOCK and handle is not None:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _close_the_queue(_connection: Any, record: ConnectionPoolEntry) -> None:
    handle = record.info.pop(_QUEUE, None)
    if handle is not None:
        handle.close()
