"""A kept connection: answers are read as the standard library reads them, and nothing else is taken for one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest

from selfservice.connection import Answer, Broken, Connection, Limits
from tests.messages.scenes import run_until

LIMITS = Limits(part=5.0, whole=5.0, longest=1_000)
WHOLE = [
    (b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello", True),
    (b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi", False),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n...", False),
    (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: u\r\n\r\n", True),
    (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", True),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nhi", True),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", False),
    (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", True),
    (b"HTTP/1.1 200 OK\r\n\r\nto the end", False),
]
NO_ANSWER = [
    b"",
    b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000,
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1_000 + b"\r\n",
]


class Server:
    """The other end of a connection: it says what it is told to, and hangs up if that is the end."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        self.connection = Connection(ours)

    def say(self, answer: bytes, *, in_parts: bool = False, hangs_up: bool = True) -> None:
        def work() -> None:
            try:
                for part in [bytes([byte]) for byte in answer] if in_parts else [answer]:
                    self._theirs.sendall(part)
                if hangs_up:
                    self._theirs.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # Nobody wants to hear more.

        threading.Thread(target=work, daemon=True).start()

    def heard(self) -> bytes:
        return self._theirs.recv(65_536)

    def close(self) -> None:
        self.connection.close()
        self._theirs.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def ask(server: Server, *, method: str = "POST", limits: Limits = LIMITS) -> Answer:
    return server.connection.ask(method, "/x?y=1", {"Host": "example.com"}, b"body", limits)


def read_by_library(answer: bytes) -> tuple[int, bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        response = HTTPResponse(ours, method="POST")
        response.begin()
        return response.status, response.read()


@pytest.mark.parametrize("in_parts", [False, True])
@pytest.mark.parametrize(("answer", "is_kept"), WHOLE)
def test_an_answer_is_read_as_the_standard_library_reads_it(
    server: Server, answer: bytes, is_kept: bool, in_parts: bool
) -> None:
    server.say(answer, in_parts=in_parts)

    found = ask(server)

    assert server.heard() == b"POST /x?y=1 HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\n\r\nbody"
    assert (found.status, found.body) == read_by_library(answer)
    assert server.connection.is_kept == is_kept


@pytest.mark.parametrize(
    ("lines", "value"), [(b"A:  b \r\n", "b"), (b"a: 1\r\nA: 2\r\n", "1, 2"), (b"A: b\r\n\tc\r\n", "b c")]
)
def test_headers_are_found_in_small_letters(server: Server, lines: bytes, value: str) -> None:
    server.say(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")

    assert ask(server).headers["a"] == value


@pytest.mark.parametrize("answer", NO_ANSWER)
def test_what_is_no_whole_answer_is_broken(server: Server, answer: bytes) -> None:
    server.say(answer)

    with pytest.raises(Broken):
        ask(server)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + b"x" * 5_000 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000,
    ],
)
def test_too_long_an_answer_is_cut_and_the_connection_is_not_kept(server: Server, answer: bytes) -> None:
    server.say(answer)

    assert (len(ask(server).body), server.connection.is_kept) == (1_000, False)


def test_an_answer_to_head_has_no_body(server: Server) -> None:
    server.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", hangs_up=False)

    assert (ask(server, method="HEAD").body, server.connection.is_kept) == (b"", True)


def test_one_answer_follows_the_other_and_nothing_else_is_taken_for_one(server: Server) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    for _ in range(2):
        server.say(answer, hangs_up=False)
        assert ask(server).body == b"hi"
        assert server.connection.is_quiet()

    server.say(answer + b"HTTP/1.1 500 No\r\n\r\n", hangs_up=False)
    assert ask(server).body == b"hi"


def test_a_server_that_has_hung_up_is_noticed_before_it_is_asked(server: Server) -> None:
    assert server.connection.is_quiet()
    server.say(b"")

    assert run_until(lambda: not server.connection.is_quiet())


@pytest.mark.parametrize("headers", [{"A": "b\r\nC: d"}, {"A\r\nC": "d"}, {"A": "\x00"}])
def test_no_header_makes_another_request(server: Server, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="line break"):
        server.connection.ask("POST", "/", headers, b"", LIMITS)
    with pytest.raises(ValueError, match="line break"):
        server.connection.ask("POST", "/ HTTP/1.1\r\n\r\n", {}, b"", LIMITS)
