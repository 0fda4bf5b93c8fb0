"""The address of the stream: for signed-in staff, under the cap, as long as the session stands."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from selfservice.db import db
from selfservice.events import queries as events
from selfservice.events import service as log
from selfservice.events.queries import Cursor
from selfservice.staff import service as sessions
from selfservice.tokens import encode_id
from selfservice.web import live
from selfservice.web.console import detail, inbox, listing
from selfservice.web.live import Hub
from tests.factories import issue
from tests.harness.threads import on_another_thread
from tests.web.console.desk import Desk

pytestmark = pytest.mark.database("sqlite", "postgresql")


def hub_of(app: Flask) -> Hub:
    with app.app_context():
        return live.hub()


def record(app: Flask) -> None:
    with app.app_context():
        log.record("page.opened", actor="system")
        db.session.commit()


@pytest.fixture(autouse=True)
def _rest(app: Flask) -> Iterator[None]:
    """No reader outlives its test: it would read from a database that is gone."""
    yield
    hub = hub_of(app)
    until = time.monotonic() + 5
    while hub._thread is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert hub._thread is None


def test_stream_route_says_what_happens(app: Flask, ana: Desk) -> None:
    answer = ana.client.get("/console/live?tab=a", buffered=False)
    written = answer.iter_encoded()

    assert answer.status_code == 200
    assert answer.content_type == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    next(written)
    record(app)
    assert b"event: happened" in next(written)
    answer.close()


@pytest.mark.parametrize("screen", ["list", "page", "inbox"])
def test_what_happens_while_a_screen_is_read_is_told_by_its_stream(
    app: Flask, ana: Desk, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    with app.app_context():
        page_id = encode_id(issue().page.id)
    place, name, path = {
        "list": (listing, "lines_of", "/console/pages"),
        "page": (detail, "_parts", f"/console/pages/{page_id}"),
        "inbox": (inbox, "_works", "/console/inbox"),
    }[screen]
    known = getattr(place, name)
    errors: list[BaseException] = []

    def read_and_then_something_happens(*arguments: Any) -> Any:
        found = known(*arguments)
        on_another_thread(app, lambda: log.record("page.opened", actor="system"), errors).join()
        return found

    monkeypatch.setattr(place, name, read_and_then_something_happens)
    shown = ana.get(path).text

    assert errors == []
    since = live.read_cursor(re.findall(r'data-since="([^"]*)"', shown)[0])
    with app.app_context():
        assert "page.opened" in [event.type for event in events.after(since or Cursor())]


def test_stream_route_over_the_cap_says_when_to_come_back(app: Flask, ana: Desk) -> None:
    hub_of(app).most = 0

    answer = ana.get("/console/live?tab=a")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert ana.get("/console/live/head").get_json()["cursor"]


def test_stream_route_ends_when_the_session_is_revoked(app: Flask, ana: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CHECK_EVERY", 0.1)
    answer = ana.client.get("/console/live?tab=a", buffered=False)
    written = answer.iter_encoded()
    next(written)

    with app.app_context():
        sessions.revoke_all(ana.user_id)
        db.session.commit()

    assert b"event: ended" in next(written)
    assert ana.get("/console/live?tab=a").status_code in (303, 401)
