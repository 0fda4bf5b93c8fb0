"""A disk without room: nothing is kept by half, everybody is told in words, and with room it goes on by itself."""

from __future__ import annotations

import errno
import uuid
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from selfservice import clock, db, tokens
from selfservice.messages.models import WorkerHeartbeat
from selfservice.pages.models import Answer, Page
from selfservice.web import room
from tests.factories import issue
from tests.harness.application import make_app, make_settings
from tests.harness.databases import migrate
from tests.harness.small_disk import SmallDisk
from tests.messages.scenes import committed, count


def test_who_answers_is_told_and_can_do_so_again(small_disk: SmallDisk, tmp_path: Path) -> None:
    url = f"sqlite:///{small_disk.database}"
    migrate(url)
    app = make_app(make_settings(url, tmp_path))
    with app.app_context():
        page_id = issue().page.id
        db.db.session.add(WorkerHeartbeat(name="host:1", at=clock.now()))
        db.db.session.commit()
        token, answer = tokens.current().sign_page(page_id), tokens.current().sign_answer(page_id, "confirm")
        db.db.session.remove()
    client = app.test_client()
    said = {"json": {"input": {}, "revision": 1}, "headers": {"Idempotency-Key": str(uuid.uuid4())}}
    small_disk.fill()

    from_script = client.post(f"/a/{answer}", **said)
    from_form = client.post(f"/p/{token}/confirm", data={"revision": "1"})

    assert (from_script.status_code, from_script.headers["Retry-After"]) == (503, "5")
    assert from_script.json["title"].endswith("Perhaps this was saved and perhaps not: send the same again.")
    assert (from_form.status_code, "It shows whether we have what you sent." in from_form.text) == (503, True)
    assert client.get(f"/p/{token}").status_code == 200
    assert client.get("/readyz").json["problems"] == [room.FULL]
    with app.app_context():
        assert (count(Answer), committed(select(Page.state))) == (0, ["open"])
        small_disk.empty()
        assert client.post(f"/a/{answer}", **said).json["status"] == "applied"
        assert count(Answer) == 1
        app.extensions.pop("selfservice.no_room_at")  # Ten seconds later.
        assert client.get("/readyz").status_code == 200
        db.dispose()


@pytest.mark.parametrize(
    ("error", "is_it"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file")), True),
        (OperationalError("INSERT", {}, psycopg.errors.AdminShutdown("terminating connection")), False),
        (OSError(errno.EACCES, "Permission denied"), False),
        (RuntimeError("No space left on device"), False),
    ],
)
def test_what_is_about_room(error: BaseException, is_it: bool) -> None:
    assert room.is_about_room(error) == is_it


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 503), (errno.EACCES, 500)])
def test_a_file_without_room_is_told_like_a_row(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    def fail(_new: object) -> None:
        raise OSError(number, "no")

    with app.app_context():
        page_id = issue().page.id
        answer = tokens.current().sign_answer(page_id, "confirm")
        db.db.session.remove()
    monkeypatch.setattr("selfservice.web.customer.answers.answering.act", lambda *_, **__: fail(None))
    said = {"json": {"input": {}, "revision": 1}, "headers": {"Idempotency-Key": str(uuid.uuid4())}}

    assert client.post(f"/a/{answer}", **said).status_code == status
