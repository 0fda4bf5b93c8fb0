"""What a client sends on a slow line, or not at all: it gets few threads, and is given up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from werkzeug.exceptions import ClientDisconnected

from selfservice.errors import Unavailable
from selfservice.web import lines
from selfservice.web.lines import Lines, Slow
from tests.harness.waiting import wait_until

LENGTH = 10_000


class Client:
    """Somebody who sends a request's body on a socket, and what the application made of it."""

    def __init__(self, application: Any, length: int) -> None:
        self.line, self._theirs = socket.socketpair()
        self._source = self._theirs.makefile("rb")
        self.outcome: Any = None
        self._thread = threading.Thread(target=self._ask, args=(application, length), daemon=True)
        self._thread.start()

    def _ask(self, application: Any, length: int) -> None:
        environ = {"wsgi.input": self._source, "CONTENT_LENGTH": str(length), "REQUEST_METHOD": "POST"}
        try:
            self.outcome = b"".join(application(environ, None))
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            self.outcome = error

    def end(self) -> Any:
        """What became of the request."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.outcome

    def hang_up(self) -> None:
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._source.close()
        self._theirs.close()
        self.line.close()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """`call(application)` sends a request to it."""
    monkeypatch.setattr(lines, "PATIENCE_SECONDS", 0.05)
    clients: list[Client] = []

    def make(application: Any, length: int = LENGTH) -> Client:
        clients.append(Client(application, length))
        return clients[-1]

    yield make
    for client in clients:
        client.hang_up()


def read_all(environ: Any, _start_response: Any) -> list[bytes]:
    return [environ["wsgi.input"].read()]


def test_who_sends_a_little_now_and_then_is_given_up(
    call: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "GRACE_SECONDS", 0.1)
    client = call(Lines(read_all, most=1))
    while client.outcome is None:
        client.line.sendall(b"x" * 16)
        time.sleep(0.02)

    assert isinstance(client.end(), Slow)


def test_few_are_read_at_once_and_places_are_given_back(call: Callable[..., Client]) -> None:
    application = Lines(read_all, most=2)
    clients = [call(application) for _ in range(5)]
    wait_until(lambda: [client.outcome is not None for client in clients].count(True) == 3)
    first, second = (client for client in clients if client.outcome is None)

    assert all(isinstance(client.outcome, Unavailable) for client in clients if client not in (first, second))
    first.line.sendall(b"x" * LENGTH)
    assert first.end() == b"x" * LENGTH
    third = call(application)
    third.line.sendall(b"y" * LENGTH)
    assert third.end() == b"y" * LENGTH
    second.hang_up()
    assert isinstance(second.end(), ClientDisconnected)


def test_who_was_read_holds_no_place_while_it_is_worked_on(call: Callable[..., Client]) -> None:
    may_end = threading.Event()

    def read_and_work(environ: Any, start_response: Any) -> list[bytes]:
        body = read_all(environ, start_response)
        if body == [b"1"]:
            assert may_end.wait(20)
        return body

    application = Lines(read_and_work, most=1)
    first = call(application, 1)
    first.line.sendall(b"1")
    second = call(application, 1)
    second.line.sendall(b"2")
    wait_until(lambda: second.outcome is not None)
    may_end.set()

    assert (first.end(), second.end()) == (b"1", b"2")


def test_what_is_cut_off_is_not_taken_for_whole(call: Callable[..., Client]) -> None:
    client = call(Lines(read_all, most=1))
    client.line.sendall(b"note=Please+do+not")
    client.line.shutdown(socket.SHUT_WR)

    assert isinstance(client.end(), ClientDisconnected)


def test_only_silent_lines_that_nobody_has_answered_are_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SILENT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        silent, answered = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        inside = [server.accept()[0] for _ in range(2)]
        with closing(silent), closing(answered), closing(inside[0]), closing(inside[1]):
            for line in (silent, answered):
                line.sendall(b"POST / HTTP/1.1\r\n")
            time.sleep(0.1)  # Longer than the kernel's clock takes to tell the one from the other.
            inside[1].sendall(b"HTTP/1.1 200 OK\r\n")

            wait_until(lambda: lines.shut_silent(port))

            silent.settimeout(20)
            assert silent.recv(1) == b""
            assert answered.recv(100) == b"HTTP/1.1 200 OK\r\n"
            inside[0].close()
            assert lines.shut_silent(port) == 0


def test_without_a_body_nobody_waits() -> None:
    application = Lines(lambda asked, _start: [repr(asked["wsgi.input"]).encode()], most=1)

    assert list(application({"wsgi.input": None, "REQUEST_METHOD": "GET"}, None)) == [b"None"]  # type: ignore[arg-type]
