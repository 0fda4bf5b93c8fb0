"""One connection to a server, kept between calls, over which http.client speaks; whom it may lead to, `http` says.

One request at a time; its answer is read to the end or cut. Nothing is tried again here.
"""

from __future__ import annotations

import io
import re
import select
import socket
import ssl
import weakref
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from time import monotonic
from typing import Any, NamedTuple, cast

_SENT = re.compile(r"[^\x00-\x1f\x7f]*")
_TARGET = re.compile(r"[!-~]+")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Broken(Exception):
    """What came is no whole answer: it stopped, took too long, or is not HTTP."""


class Limits(NamedTuple):
    """`part`: the seconds until an answer's first byte; `whole`: those from there to its last; `longest`: how many
    bytes of its body are read.
    """

    part: float
    whole: float
    longest: int


class Answer(NamedTuple):
    """A status, headers by their names in small letters, and as much of the body as was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A connection that is open. After Broken, or any OSError, it is good for nothing but to be closed."""

    def __init__(self, opened: socket.socket) -> None:
        self._line = _Line(opened)
        self._hang_up = weakref.finalize(self, opened.close)  # Also when whoever kept it is gone.
        self._http = HTTPConnection("")  # Whom it leads to is settled: it is never to connect by itself.
        self._http.auto_open = 0
        self._http.sock = cast(socket.socket, self._line)
        self.is_kept = True

    @classmethod
    def open(cls, address: str, port: int, *, seconds: float, tls: ssl.SSLContext | None, name: str) -> Connection:
        """Connect, and with TLS shake hands with whoever has a certificate for `name`; raises OSError."""
        end = monotonic() + seconds
        opened = socket.create_connection((address, port), seconds)
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                opened.settimeout(max(0.1, end - monotonic()))
                opened = tls.wrap_socket(opened, server_hostname=name)
        except BaseException:
            opened.close()
            raise
        return cls(opened)

    def is_quiet(self) -> bool:
        """Whether nothing has come since the last answer: if something has, the server has hung up."""
        return not self._line.has_come()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes, limits: Limits) -> Answer:
        """Send a request and read its answer. Raises Broken, OSError, and ValueError before anything is sent."""
        self._write(method, target, headers, body, limits)
        try:
            response = self._http.getresponse()
            with response:
                content = _content(response, limits.longest)
                self.is_kept = not response.will_close and response.isclosed()
        except (HTTPException, ValueError, TimeoutError):  # ValueError: the size of a chunk that is none.
            raise Broken from None
        said: dict[str, str] = {}
        for name, value in response.headers.items():
            key = name.lower()
            plain = " ".join(value.split())
            said[key] = f"{said[key]}, {plain}" if key in said else plain
        return Answer(response.status, said, content)

    def close(self) -> None:
        """Hang up."""
        self._hang_up()

    def _write(self, method: str, target: str, headers: Mapping[str, str], body: bytes, limits: Limits) -> None:
        lengths = {"Content-Length": str(len(body))} if body or method in _WITH_BODY else {}
        if not _TARGET.fullmatch(target) or not all(_SENT.fullmatch(part) for pair in headers.items() for part in pair):
            raise ValueError("A line break or a blank would make another request of this one.")
        self._http.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {**headers, **lengths}.items():
            self._http.putheader(name, value)
        self._http.endheaders(body or None)
        with suppress(BrokenPipeError, ConnectionResetError):  # It may have answered before it hung up.
            self._line.send(limits)


class _Line:
    """A socket as http.client uses one, with an end to all waiting: at `limits` after what came last, and after all."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._request = b""
        self._limits = Limits(0.0, 0.0, 0)
        self._ends_at: float | None = None

    def sendall(self, data: bytes) -> None:
        """Part of a request, which leaves as one."""
        self._request += data

    def send(self, limits: Limits) -> None:
        """Send the request; from here on its answer is waited for."""
        self._limits, self._ends_at = limits, None
        self._socket.settimeout(limits.part)
        request, self._request = self._request, b""
        self._socket.sendall(request)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Coming(self))

    def read_into(self, buffer: Any) -> int:
        """Wait for the next bytes; none when the server has hung up. Raises TimeoutError."""
        now = monotonic()
        if self._ends_at is not None:
            if now >= self._ends_at:
                raise TimeoutError
            self._socket.settimeout(self._ends_at - now)
        count = self._socket.recv_into(buffer)
        if self._ends_at is None:
            self._ends_at = monotonic() + self._limits.whole
        return count

    def has_come(self) -> bool:
        """Whether a read would not wait: `poll` where there is one, for `select` knows small descriptors alone."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Nothing: http.client lets go of a line that is not kept before it has read the answer."""


class _Coming(io.RawIOBase):
    """What comes over a line, as the file that http.client reads an answer from."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.read_into(buffer)


def _content(response: HTTPResponse, longest: int) -> bytes:
    """The body, or its first `longest` bytes: the rest is not read, and the connection not kept then."""
    content = response.read(longest)
    if response.length and not response.chunked and len(content) < longest:
        raise IncompleteRead(content)
    if len(content) == longest:
        response.read(0)  # If that was all, it is over.
    return content
