"""`flask serve`: its refusals, its worker beside it, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from selfservice import db
from selfservice.config import Settings
from selfservice.staff import service as staff
from tests.cli.conftest import Inside, Shell
from tests.harness.application import KEYS, make_app
from tests.harness.server import FLASK, ROOT, LiveServer, find_free_port

PASSWORD = "four words of my own"
PATIENCE = 20.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that is ready, with a worker beside it."""
    server = LiveServer(tmp_path)
    server.prepare()
    server.start()
    yield server
    server.stop()


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def list_workers(server: LiveServer) -> set[int]:
    """The processes of the workers that show signs of life; one that stops cleanly takes its sign away."""
    with closing(sqlite3.connect(server.database)) as connection:
        return {int(name.rpartition(":")[2]) for (name,) in connection.execute("SELECT name FROM worker_heartbeats")}


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def listening() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def get(port: int, path: str) -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@contextmanager
def open_stream(server: LiveServer, cookie: str) -> Iterator[int]:
    """Follow what happens as an open console does; gives the status."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", "/console/live", headers={"Cookie": cookie})
    with closing(connection), closing(connection.getresponse()) as stream:
        yield stream.status


def sign_in(server: LiveServer) -> str:
    """The cookie of somebody who is signed in to the console."""
    app = make_app(Settings.load(server.environ, strict=True))
    with app.app_context():
        user = staff.add("jo@example.org", name="Jo", password=PASSWORD)
        token = staff.start_session(user.id)
        db.db.session.commit()
        db.dispose()
    return f"staff={token}"


def test_a_taken_port_gets_a_sentence(shell: Shell) -> None:
    with listening() as port:
        done = shell("serve", "--port", str(port))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {port} is taken: stop what listens there, or choose another with --port.\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_gets_a_sentence(inside: Inside, host: str) -> None:
    done = inside("serve", "--host", host, "--port", str(find_free_port()))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{host} is not an address of this machine: write --host 127.0.0.1 or 0.0.0.0.\n"


def test_production_lists_all_that_is_missing(inside: Inside) -> None:
    done = inside("serve", ENV="production")

    assert (done.returncode, done.stdout) == (1, "")
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        f"SELFSERVICE_{name}" for name in ("SECRET_KEYS", "DATA_KEYS", "BASE_URL", "SMS")
    ]


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_production_does_not_start_with_a_broken_page_type(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "types" / "parking_fine"
    folder.mkdir(parents=True)
    (folder / "situation.py").write_text("import flask\n")
    served = {"pigeon": lambda _writer, _reader: SimpleNamespace(name="pigeon")}
    monkeypatch.setattr("selfservice.messages.channels.registry._SMS", served)
    keys = {variable.removeprefix("SELFSERVICE_"): value for variable, value in KEYS.items()}

    done = inside(
        name,
        **keys,
        ENV="production",
        BASE_URL="https://pages.example.org",
        SMS="pigeon://coop",
        SITUATIONS=str(folder.parent),
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{folder}/situation.py:1: It imports flask; ")


def test_a_provider_that_is_not_served_gets_a_sentence(inside: Inside) -> None:
    done = inside("serve", SMS="pigeon://coop")

    assert done.returncode == 1
    assert done.stderr.startswith("SELFSERVICE_SMS entry 1 names the provider pigeon://, which is not served: ")


def test_threads_leave_a_reserve_beside_open_consoles(inside: Inside) -> None:
    assert inside("serve", "--threads", "23").returncode == 2


def test_it_says_where_things_are_and_stops_cleanly(server: LiveServer) -> None:
    said = server.output_path.read_text()
    workers = list_workers(server)

    code = server.stop()

    assert said.splitlines()[0] == f"Serving on {server.url} (Ctrl+C stops it)"
    assert f"{server.url}/console" in said
    assert f"{server.url}/phone" in said
    assert len(workers) == 1
    assert (code, list_workers(server)) == (0, set())
    assert is_free(server.port)


def test_open_consoles_do_not_hold_it_up(server: LiveServer) -> None:
    cookie = sign_in(server)

    with ExitStack() as consoles:
        statuses = [consoles.enter_context(open_stream(server, cookie)) for _ in range(3)]
        began = time.monotonic()
        code = server.stop()
        took = time.monotonic() - began

    assert (statuses, code) == ([200, 200, 200], 0)
    assert took < 9  # Else its threads were waited for in vain, and killed.


def test_a_worker_that_dies_is_replaced_and_none_outlives_a_server_that_is_killed(server: LiveServer) -> None:
    assert server._process is not None
    (worker,) = list_workers(server)

    os.kill(worker, signal.SIGKILL)

    wait_for(lambda: bool(list_workers(server) - {worker}))
    assert '"event":"worker.ended"' in server.log().replace(" ", "")

    os.kill(server._process.pid, signal.SIGKILL)

    # The sign of life of the one that was killed stays.
    wait_for(lambda: is_free(server.port) and list_workers(server) == {worker})


def test_without_a_worker_beside_it_the_server_says_so(shell: Shell) -> None:
    port = find_free_port()
    process = subprocess.Popen(
        [*FLASK, "serve", "--port", str(port)],
        cwd=ROOT,
        env={**shell.environ, "SELFSERVICE_WORKER": "off"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: not is_free(port))
        status, body = get(port, "/readyz")
    finally:
        process.terminate()
        code = process.wait(PATIENCE)

    assert (status, code) == (503, 0)
    assert body["problems"] == [
        "No worker is running, so no text leaves: start one with `flask --app app worker` and leave it running."
    ]
