"""Whether an installation can serve, as /readyz tells it to what watches over it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from selfservice import clock
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages.models import ProviderAlarm, WorkerHeartbeat

SILENT = "No worker is running, so no text leaves: start one with `flask --app app worker` and leave it running."
NOT_MIGRATED = "The database has no tables yet: run `flask --app app db upgrade`."


def hear_worker(app: Flask, *, seconds_ago: float) -> None:
    with app.app_context():
        db.session.add(WorkerHeartbeat(name="host:1", at=clock.now() - timedelta(seconds=seconds_ago)))
        db.session.commit()


def test_a_process_without_a_database_is_alive(client: FlaskClient, app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))

    assert client.get("/healthz").json == {"status": "ok"}


def test_with_a_worker_it_is_ready(client: FlaskClient, app: Flask) -> None:
    hear_worker(app, seconds_ago=15)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok", "problems": [], "warnings": []})


@pytest.mark.parametrize("seconds_ago", [None, 61.0])
def test_without_a_living_worker_it_is_not(client: FlaskClient, app: Flask, seconds_ago: float | None) -> None:
    if seconds_ago is not None:
        hear_worker(app, seconds_ago=seconds_ago)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "problems": [SILENT], "warnings": []})


def test_a_database_that_is_not_migrated_is_the_only_problem_told(client: FlaskClient, app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (
        503,
        {"status": "not ready", "problems": [NOT_MIGRATED], "warnings": []},
    )


def test_a_data_key_that_rows_need_is_missed(client: FlaskClient, app: Flask) -> None:
    hear_worker(app, seconds_ago=1)
    with app.app_context():
        customers.suppress("+12025550123", "test")
        db.session.execute(text("UPDATE suppressions SET key_id = 'z'"))
        db.session.commit()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["problems"] == [
        "SELFSERVICE_DATA_KEYS lacks the key z, which stored rows were made with: put it back."
    ]


def test_a_worker_that_died_before_the_clock_went_back_is_no_worker(client: FlaskClient, app: Flask) -> None:
    hear_worker(app, seconds_ago=-3600)

    assert client.get("/readyz").status_code == 503


def test_a_push_service_that_does_not_know_us_is_a_warning(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        db.session.add(WorkerHeartbeat(name="host:1", at=clock.now()))
        db.session.add(ProviderAlarm(provider="push", host="fcm.googleapis.com", status=403, since=clock.now()))
        db.session.commit()

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["warnings"][0].startswith("fcm.googleapis.com does not take our pushes for ours (HTTP 403), ")
