"""The database as several processes use it: no update is lost, a reader cannot write, moments stay aware."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from selfservice import db
from selfservice.db import UtcDateTime
from tests.faults.processes import CONTEXT

PROCESSES = 8
TURNS = 200
COUNTER = sa.table("test_counter", sa.column("value", sa.Integer))


def bare_app(url: str) -> Flask:
    app = Flask("bare")
    db.configure(app, url)
    return app


def count_up(url: str) -> None:
    """One process: read, add one, write, commit, as a service does it."""
    with bare_app(url).app_context():
        for _ in range(TURNS):
            value = db.db.session.scalar(sa.select(COUNTER.c.value).with_for_update())
            db.db.session.execute(sa.update(COUNTER).values(value=value + 1))
            db.db.session.commit()
        db.dispose()


def count_up_untuned(url: str) -> None:
    """The same with SQLite's own settings: each transaction reads first and takes the write lock too late."""
    engine = sa.create_engine(url, connect_args={"timeout": 60})

    @event.listens_for(engine, "connect")
    def without_wal(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    for _ in range(TURNS):
        with engine.connect() as connection:
            value = connection.scalar(sa.select(COUNTER.c.value))
            connection.execute(sa.update(COUNTER).values(value=value + 1))
            connection.commit()
    engine.dispose()


def run(work: object, url: str) -> int:
    with bare_app(url).app_context():
        db.db.session.execute(sa.text("CREATE TABLE test_counter (value INTEGER NOT NULL)"))
        db.db.session.execute(sa.insert(COUNTER).values(value=0))
        db.db.session.commit()
        db.dispose()
        workers = [CONTEXT.Process(target=work, args=(url,)) for _ in range(PROCESSES)]  # type: ignore[arg-type]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        total = db.db.session.scalar(sa.select(COUNTER.c.value))
        db.db.session.rollback()
        db.dispose()
    return int(total or 0)


def test_eight_processes_lose_no_update(database_url: str) -> None:
    assert run(count_up, database_url) == PROCESSES * TURNS


def test_the_count_notices_lost_updates(tmp_path: Path) -> None:
    # What the tuning is for: without it the same eight processes lose updates, and nobody is told.
    assert run(count_up_untuned, f"sqlite:///{tmp_path / 'untuned.sqlite'}") < PROCESSES * TURNS


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_cannot_write(database_url: str, method: str) -> None:
    app = bare_app(database_url)

    with app.test_request_context("/", method=method), pytest.raises(DBAPIError, match=r"(?i)read.?only|readonly"):
        db.db.session.execute(sa.text("CREATE TABLE forbidden (value INTEGER)"))
    with app.app_context():
        db.dispose()


def test_a_safe_request_writes_only_where_it_says_so(database_url: str) -> None:
    app = bare_app(database_url)

    with app.test_request_context("/", method="GET"), db.writing():
        db.db.session.execute(sa.text("CREATE TABLE allowed (value INTEGER)"))
        db.db.session.commit()

    with app.app_context():
        assert db.fetch(sa.text("SELECT count(*) FROM allowed"), {})[0][0] == 0
        db.dispose()


def test_moments_come_back_aware_and_in_utc(database_url: str) -> None:
    table = sa.Table("test_moments", sa.MetaData(), sa.Column("at", UtcDateTime))
    moment = datetime(2026, 11, 24, 10, 20, 1, 234567, tzinfo=timezone(timedelta(hours=3)))

    with bare_app(database_url).app_context():
        table.create(db.db.session.connection())
        db.db.session.execute(table.insert().values(at=moment))
        stored = db.db.session.scalar(sa.select(table.c.at))
        db.db.session.rollback()
        db.dispose()

    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_naive_moment_is_refused(database_url: str) -> None:
    naive = datetime(2026, 11, 24, 10, 20)  # noqa: DTZ001 - the mistake under test

    with bare_app(database_url).app_context():
        with pytest.raises(sa.exc.StatementError, match="without a zone"):
            db.db.session.execute(sa.select(sa.literal(naive, UtcDateTime)))
        db.db.session.rollback()
        db.dispose()


@pytest.mark.database("sqlite")
def test_sqlite_is_tuned(database_url: str) -> None:
    def pragma(engine: Engine, name: str) -> object:
        with engine.connect() as connection:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    with bare_app(database_url).app_context():
        writer, reader = db.db.engine, db.db.engines[db.READER]
        found = {name: pragma(writer, name) for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}
        assert pragma(reader, "query_only") == 1
        db.dispose()


def test_the_kept_reader_survives_a_lost_connection(postgresql_url: str) -> None:
    with bare_app(postgresql_url).app_context():
        backend = db.fetch(sa.text("SELECT pg_backend_pid()"), {})[0][0]
        db.db.session.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
        db.db.session.commit()

        assert db.fetch(sa.text("SELECT 1"), {})[0][0] == 1
        db.dispose()


@pytest.mark.database("postgresql")
def test_a_connection_that_is_cut_after_the_commit_fails_nobody(app: Flask) -> None:
    """The end of a request rolls back what it has read since; there is nothing left to roll back."""
    with app.app_context():
        pid = db.db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with db.db.engines[db.READER].connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with app.app_context():
        assert db.db.session.execute(sa.text("SELECT 1")).scalar_one() == 1
