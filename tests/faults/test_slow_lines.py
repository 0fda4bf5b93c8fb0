"""The server, while people on slow lines are still sending: others are served, and what they say is kept."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from selfservice.cli.serve import FEWEST_THREADS
from selfservice.config import Settings
from selfservice.db import dispose
from selfservice.web.live import MOST_STREAMS, RESERVE
from tests.factories import issue, soon
from tests.harness.application import make_app
from tests.harness.server import LiveServer
from tests.harness.waiting import wait_until

FORM = "application/x-www-form-urlencoded"
PLACES = FEWEST_THREADS - MOST_STREAMS - RESERVE // 2
MANY = PLACES - 1
PATIENCE = 40.0


@pytest.fixture(scope="module")
def server(quick_folder: Path) -> Iterator[LiveServer]:
    folder = quick_folder / "slow"
    folder.mkdir()
    server = LiveServer(folder)
    server.prepare()
    server.start()
    yield server
    assert server.stop() == 0


def page_on(server: LiveServer) -> str:
    """The path of a page that takes photos and asks nobody who they are."""
    app = make_app(Settings.load(server.environ, strict=True))
    stages = [{"at": soon(hours=-2).isoformat(), "label": "Reported"}, {"label": "Mended"}]
    with app.app_context():
        url = issue("service_ticket", {"ticket": "1", "fault": "No power", "stages": stages}).url
        dispose()
    return urlsplit(url).path


def begin(server: LiveServer, path: str, kind: str) -> socket.socket:
    """Somebody whose request begins, and then stands still."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: 100000\r\n\r\n--x\r\n"
    line.sendall(head.encode())
    return line


def ask(server: LiveServer, method: str, path: str, body: str = "") -> int:
    """The status of the answer to somebody whose line is a good one."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"Content-Type": FORM})
        return connection.getresponse().status
    finally:
        connection.close()


def test_nobody_waits_for_who_is_slow(server: LiveServer) -> None:
    path = page_on(server)
    # Another language than the page's is kept as soon as something is said in it.
    ways = ((f"{path}/note", "multipart/form-data; boundary=x"), (f"{path}/note?lang=es", FORM))
    with ExitStack() as opened:
        lines = [opened.enter_context(begin(server, *ways[place % len(ways)])) for place in range(MANY)]
        wait_until(lambda: ask(server, "GET", path) == 200)

        answer = ask(server, "POST", f"{path}/note", "note=Still+no+power&revision=1")

        assert answer == 303
        assert select.select(lines, [], [], 0)[0] == []


def test_pages_are_shown_however_many_are_slow(server: LiveServer) -> None:
    path = page_on(server)
    with ExitStack() as opened:
        lines = [opened.enter_context(begin(server, f"{path}/note", FORM)) for _ in range(2 * FEWEST_THREADS)]

        looks = [ask(server, "GET", path) for _ in range(3)]
        wait_until(lambda: len(told(lines)) == len(lines) - PLACES)

        assert looks == [200] * 3
        assert {line.recv(12) for line in told(lines)} == {b"HTTP/1.1 503"}


def told(lines: list[socket.socket]) -> list[socket.socket]:
    """Those who have got an answer, or whose line was shut."""
    return select.select(lines, [], [], 0)[0]


@pytest.mark.long
def test_who_is_silent_or_nearly_so_is_given_up(server: LiveServer) -> None:
    path = page_on(server)
    with ExitStack() as opened:
        silent, nearly = (opened.enter_context(begin(server, f"{path}/note", FORM)) for _ in range(2))
        for _ in range(3000):
            if len(told([silent, nearly])) == 2:
                break
            with suppress(OSError):
                nearly.send(b"xxxx")
            threading.Event().wait(0.05)

        assert silent.recv(12) == b""
        assert nearly.recv(12) in (b"HTTP/1.1 408", b"")
        assert ask(server, "POST", f"{path}/note", "note=Still+no+power&revision=1") == 303
