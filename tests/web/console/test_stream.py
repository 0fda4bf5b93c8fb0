"""The address of the stream: for signed-in staff, under the cap, as long as the session stands."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask import Flask

from selfservice.db import db
from selfservice.events import service as log
from selfservice.staff import service as sessions
from selfservice.web import live
from selfservice.web.live import Hub
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
