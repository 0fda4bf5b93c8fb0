"""Open consoles hear of what happens within a second, in every process, and never take the customers' threads."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.events import queries as events
from selfservice.events import service as log
from selfservice.events.models import Event
from selfservice.tokens import encode_id
from selfservice.web import live
from selfservice.web.live import Hub, Stream
from tests import factories
from tests.harness.application import make_app


def record(app: Flask, type_: str = "page.opened", page_id: int | None = None) -> None:
    """Commit an event, as any process may."""
    with app.app_context():
        log.record(type_, actor="system", page_id=page_id)
        db.session.commit()


def settle(app: Flask) -> None:
    """Wait until readers see all that is committed.

    On PostgreSQL they wait for every older transaction of the server, those of other tests' databases too.
    """
    until = time.monotonic() + 10
    with app.app_context():
        newest = db.session.scalar(select(func.max(Event.id))) or 0
        while events.head().id < newest and time.monotonic() < until:
            db.session.rollback()
            time.sleep(0.02)


def open_stream(app: Flask, **details: Any) -> tuple[Stream, Iterator[bytes]]:
    """A stream for the console of session 1, past its first line."""
    allowed = details.pop("is_allowed", lambda: True)
    since = details.pop("since", None)
    settle(app)
    stream = Stream(**{"session_id": 1, "tab": "a", **details})
    with app.app_context():
        written = live.follow(stream, since=since, is_allowed=allowed)
        assert next(written).startswith(b"retry: ")
    return stream, written


def read(chunk: bytes) -> dict[str, str]:
    """The fields of one event on the wire."""
    return dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)


@pytest.fixture(autouse=True)
def _rest(app: Flask) -> Iterator[None]:
    """No reader outlives its test: it would read from a database that is gone."""
    yield
    hub = hub_of(app)
    until = time.monotonic() + 5
    while hub._thread is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert hub._thread is None


def hub_of(app: Flask) -> Hub:
    with app.app_context():
        return live.hub()


def test_event_of_another_process_is_heard_before_the_stream_has_anything_else_to_say(app: Flask) -> None:
    other = make_app(app.extensions["selfservice.settings"])
    _, written = open_stream(app)
    try:
        answer = threading.Timer(0.2, lambda: record(other, "page.answered"))
        answer.start()

        heard = read(next(written))

        answer.join()
        assert heard["event"] == "happened"
        assert json.loads(heard["data"]) == {"type": "page.answered", "page": None, "conversation": None}
    finally:
        written.close()  # type: ignore[attr-defined]
        with other.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


def test_event_carries_ids_alone(app: Flask) -> None:
    with app.app_context():
        page_id = factories.issue().page.id
    _, written = open_stream(app)

    record(app, page_id=page_id)
    heard = read(next(written))

    assert json.loads(heard["data"])["page"] == encode_id(page_id)
    assert live.read_cursor(heard["id"]) is not None
    written.close()  # type: ignore[attr-defined]


def test_stream_of_one_page_hears_of_no_other(app: Flask) -> None:
    with app.app_context():
        mine = factories.issue(phone="+12025550111").page.id
        other = factories.issue(phone="+12025550122").page.id
    _, written = open_stream(app, page_id=mine)

    record(app, "page.opened", other)
    record(app, "page.answered", mine)

    assert json.loads(read(next(written))["data"])["type"] == "page.answered"
    written.close()  # type: ignore[attr-defined]


def test_stream_goes_on_where_it_was_cut_off(app: Flask) -> None:
    record(app, "page.issued")
    settle(app)
    with app.app_context():
        since = events.head()
    record(app, "page.opened")
    record(app, "page.answered")
    settle(app)

    _, written = open_stream(app, since=since)
    heard = [json.loads(read(next(written))["data"])["type"] for _ in range(2)]

    assert heard == ["page.opened", "page.answered"]
    written.close()  # type: ignore[attr-defined]


def test_stream_that_missed_too_much_is_told_to_reload(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_MISSED", 2)
    settle(app)
    with app.app_context():
        since = events.head()
    for _ in range(3):
        record(app)
    settle(app)

    _, written = open_stream(app, since=since)

    assert read(next(written))["event"] == "reload"
    written.close()  # type: ignore[attr-defined]


def test_stream_too_slow_to_listen_is_told_to_reload(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_WAITING", 2)
    stream, written = open_stream(app)

    for _ in range(4):
        record(app)
    until = time.monotonic() + 5
    while not stream.is_behind and time.monotonic() < until:
        time.sleep(0.02)

    assert read(next(written))["event"] == "reload"
    record(app, "page.answered")
    assert any(b"page.answered" in chunk for chunk in itertools.islice(written, 5))
    written.close()  # type: ignore[attr-defined]


def test_stream_over_the_cap_is_refused(app: Flask) -> None:
    hub_of(app).most = 2
    first, second = open_stream(app, tab="a"), open_stream(app, tab="b")

    with pytest.raises(Unavailable):
        open_stream(app, tab="c")

    first[1].close()  # type: ignore[attr-defined]
    third = open_stream(app, tab="c")
    for _, written in (second, third):
        written.close()  # type: ignore[attr-defined]
    assert not hub_of(app)._streams


def test_tab_keeps_one_stream(app: Flask) -> None:
    hub_of(app).most = 1
    _, old = open_stream(app, tab="a")

    _, new = open_stream(app, tab="a")

    assert read(next(old))["event"] == "moved"
    assert list(old) == []
    record(app)
    assert read(next(new))["event"] == "happened"
    new.close()  # type: ignore[attr-defined]


def test_tab_of_somebody_else_is_another_tab(app: Flask) -> None:
    _, ours = open_stream(app, session_id=1, tab="a")
    _, theirs = open_stream(app, session_id=2, tab="a")

    assert len(hub_of(app)._streams) == 2
    ours.close()  # type: ignore[attr-defined]
    theirs.close()  # type: ignore[attr-defined]


def test_stream_ends_with_its_session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CHECK_EVERY", 0.1)
    answers = iter([True, False])
    _, written = open_stream(app, is_allowed=lambda: next(answers))

    assert next(written) == b": still here\n\n"
    assert read(next(written))["event"] == "ended"
    assert list(written) == []
    assert not hub_of(app)._streams


def test_quiet_stream_shows_that_it_lives(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CHECK_EVERY", 0.05)
    _, written = open_stream(app)

    assert next(written) == b": still here\n\n"
    written.close()  # type: ignore[attr-defined]


def test_one_thread_reads_for_all_and_rests_when_nobody_listens(app: Flask) -> None:
    def readers() -> int:
        return sum(thread.name == "live" for thread in threading.enumerate())

    before = readers()
    streams = [open_stream(app, tab=str(number)) for number in range(5)]
    assert readers() == before + 1

    for _, written in streams:
        written.close()  # type: ignore[attr-defined]
    until = time.monotonic() + 5
    while readers() > before and time.monotonic() < until:
        time.sleep(0.02)

    assert readers() == before


def test_reader_outlives_a_database_that_was_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - beside its one use

    monkeypatch.setattr(live, "AFTER_FAILURE", 0.05)
    after, failures = events.after, []

    def fail_once(*given: Any) -> Any:
        if not failures:
            failures.append(1)
            raise OperationalError("SELECT", {}, Exception("gone"))
        return after(*given)

    monkeypatch.setattr(events, "after", fail_once)
    _, written = open_stream(app)

    record(app)

    assert read(next(written))["event"] == "happened"
    assert failures == [1]
    written.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "x", "1", "1.x", "-1.2", "1.2.3", "²3.1", "9" * 50 + ".1"])
def test_invented_cursor_is_none(text: str) -> None:
    assert live.read_cursor(text) is None


def test_cursor_survives_being_written(app: Flask) -> None:
    cursor = events.Cursor(12, 34)

    assert live.read_cursor(live.write_cursor(cursor)) == cursor
