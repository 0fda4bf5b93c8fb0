"""The disk is full: nothing is saved by half and everybody is told; with room, everything goes on by itself."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from selfservice import tokens
from selfservice.web.room import FULL
from tests.faults.judge import Verdict, judge
from tests.faults.provider import ProviderProcess
from tests.faults.working import Job, working
from tests.harness.application import make_app, make_settings
from tests.harness.databases import migrate
from tests.harness.server import FLASK, ROOT, LiveServer
from tests.harness.small_disk import SmallDisk
from tests.harness.waiting import wait_until
from tests.messages.scenes import accept_many

BOOKED = "selfservice/situations/appointment_reminder/samples/booked.json"
ISSUE = ("page", "issue", "appointment_reminder", "--facts", BOOKED, "--to")


@pytest.fixture
def server(tmp_path: Path, small_disk: SmallDisk) -> Iterator[LiveServer]:
    """A server and its worker, with the database on the small disk and everything else beside it."""
    server = LiveServer(tmp_path, DATABASE_URL=f"sqlite:///{small_disk.database}")
    server.flask("db", "upgrade")
    server.start()
    yield server
    assert server.stop() == 0


def ask(server: LiveServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Origin": server.url, **named})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def read(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        return connection.execute(query).fetchall()


def states(database: Path) -> list[str]:
    return [state for (state,) in read(database, "SELECT state FROM messages ORDER BY created_at, id")]


@pytest.mark.long  # Its short version, without processes, is in tests/web/test_room.py.
@pytest.mark.timeout(150)
def test_who_answers_is_told_and_can_do_so_again(server: LiveServer, small_disk: SmallDisk, tmp_path: Path) -> None:
    page = server.flask_json(*ISSUE, "+12025550123")
    path = page["url"].removeprefix(server.url)
    keys = json.loads((tmp_path / "instance" / "keys.json").read_text())["SECRET_KEYS"].split(":")
    token = tokens.Keyring([tokens.Key(*keys)]).sign_answer(tokens.decode_id(page["id"]), "confirm")
    answer = {"body": json.dumps({"input": {}, "revision": 1}), "Content_Type": "application/json"}
    answer["Idempotency_Key"] = str(uuid.uuid4())
    form = {"body": "revision=1", "Content_Type": "application/x-www-form-urlencoded"}
    wait_until(lambda: states(small_disk.database) == ["delivered"])
    before = read(small_disk.database, "SELECT id, revision, state, answers FROM pages")
    small_disk.fill()

    from_script = ask(server, "POST", f"/a/{token}", **answer)
    from_form = ask(server, "POST", f"{path}/confirm", **form)
    looked = ask(server, "GET", path)
    ready = ask(server, "GET", "/readyz")
    issued = subprocess.run(
        [*FLASK, *ISSUE, "+12025550124"], cwd=ROOT, env=server.environ, capture_output=True, text=True, check=False
    )

    assert (from_script[0], json.loads(from_script[1])["code"]) == (503, "unavailable")
    assert "Perhaps this was saved and perhaps not: send the same again." in from_script[1]
    assert from_script[2]["retry-after"] == "5"
    assert from_form[0] == 503
    assert "It shows whether we have what you sent." in from_form[1]
    assert looked[0] == 200
    assert (ready[0], json.loads(ready[1])["problems"][0]) == (503, FULL)
    assert (issued.returncode, issued.stdout) == (1, "")
    assert len(issued.stderr.splitlines()) == 1
    small_disk.empty()
    assert read(small_disk.database, "SELECT id, revision, state, answers FROM pages") == before
    assert read(small_disk.database, "SELECT count(*) FROM answers") == [(0,)]

    again = ask(server, "POST", f"/a/{token}", **answer)
    second = server.flask_json(*ISSUE, "+12025550124")

    assert (again[0], json.loads(again[1])["status"]) == (200, "applied")
    assert read(small_disk.database, "SELECT count(*) FROM answers") == [(1,)]
    wait_until(lambda: states(small_disk.database).count("delivered") >= 2, told=second["id"])
    wait_until(lambda: ask(server, "GET", "/readyz")[0] == 200)
    assert read(small_disk.database, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("channel", "message_class"), [("sms", "service"), ("fax", "urgent")])
def test_a_message_whose_end_cannot_be_written_is_not_sent_again(
    small_disk: SmallDisk, tmp_path: Path, channel: str, message_class: str
) -> None:
    """Taken while the disk is full, which it stays until the lease is over: also by a provider who cannot be asked."""
    url = f"sqlite:///{small_disk.database}"
    migrate(url)
    settings = make_settings(url, tmp_path)
    app = make_app(settings)
    with app.app_context(), ProviderProcess(held=True) as provider:
        references = [tokens.encode_id(one) for one in accept_many(3, channel=channel, message_class=message_class)]
        with working(settings, Job(provider.port, lease=1.0)):
            wait_until(lambda: provider.total() == 3)
            small_disk.fill()
            provider.release()
            time.sleep(3)  # Longer than a lease, so that whoever had room now would count them as lost.
            assert set(states(small_disk.database)) == {"sending"}
            small_disk.empty()
            wait_until(
                lambda: set(states(small_disk.database)) == {"submitted"}, told=lambda: states(small_disk.database)
            )

        found = dict(zip(references, states(small_disk.database), strict=True))
        assert provider.counts() == Counter(references)
        assert judge(found, provider.counts()) == Verdict(lost=0, duplicates=0, in_doubt=0)


@pytest.mark.timeout(150)
def test_nothing_leaves_that_cannot_be_noted_first(small_disk: SmallDisk, tmp_path: Path) -> None:
    url = f"sqlite:///{small_disk.database}"
    migrate(url)
    settings = make_settings(url, tmp_path)
    app = make_app(settings)
    with app.app_context(), ProviderProcess() as provider:
        accept_many(5)
        small_disk.fill()
        with working(settings, Job(provider.port)):
            time.sleep(3)
            assert provider.total() == 0
            small_disk.empty()
            wait_until(lambda: set(states(small_disk.database)) == {"submitted"})

        assert provider.total() == 5
