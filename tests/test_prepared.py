"""Prepared statements: the same rows as through SQLAlchemy, from any number of threads, and after a lost connection."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from selfservice import db
from selfservice.prepared import Prepared
from tests import factories

THREADS = 40


@pytest.fixture
def sight(app: Flask) -> tuple[Prepared, sa.Select[Any], int]:
    from selfservice.pages.queries import _SIGHT  # noqa: PLC0415 - a real statement with every kind of column

    with app.app_context():
        page_id = factories.issue(facts=factories.appointment(person="Zoë <b>")).page.id
    return Prepared(lambda _is_postgresql: _SIGHT), _SIGHT, page_id


def test_rows_are_those_of_sqlalchemy(app: Flask, sight: tuple[Prepared, sa.Select[Any], int]) -> None:
    prepared, statement, page_id = sight
    with app.app_context():
        (row,) = prepared.fetch({"page_id": page_id})
        (expected,) = db.fetch(statement, {"page_id": page_id})

        assert row._asdict() == expected._asdict()
        assert row.facts["person"] == "Zoë <b>"
        assert row.created_at.tzinfo is UTC
        assert isinstance(row.expires_at, datetime)
        assert prepared.fetch({"page_id": page_id + 1}) == []
        db.dispose()


def test_more_threads_than_a_pool_holds_read_at_once(app: Flask, sight: tuple[Prepared, sa.Select[Any], int]) -> None:
    prepared, _statement, page_id = sight
    together = threading.Barrier(THREADS, timeout=60)
    read: list[int] = []

    def look() -> None:
        with app.app_context():
            read.extend(row.id for row in prepared.fetch({"page_id": page_id}))
            together.wait()

    threads = [threading.Thread(target=look) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == [page_id] * THREADS


def test_lost_connection_is_opened_again(app: Flask, sight: tuple[Prepared, sa.Select[Any], int]) -> None:
    prepared, _statement, page_id = sight
    with app.app_context():
        prepared.fetch({"page_id": page_id})
        db.kept_connection().connection.dbapi_connection.close()  # type: ignore[union-attr]
        if db.is_postgresql():
            assert [row.id for row in prepared.fetch({"page_id": page_id})] == [page_id]
        db.dispose()
        assert [row.id for row in prepared.fetch({"page_id": page_id})] == [page_id]
        db.dispose()


def test_what_goes_wrong_is_told_as_sqlalchemy_tells_it(app: Flask) -> None:
    nowhere = sa.select(sa.column("id")).select_from(sa.table("nowhere"))
    with app.app_context():
        with pytest.raises((OperationalError, ProgrammingError)):
            Prepared(lambda _is_postgresql: nowhere).fetch({})
        db.dispose()
