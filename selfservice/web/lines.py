"""Lines: clients who send slowly, or no more at all, get few of the server's threads, and none of them for ever.

The server's own call waits for what a client sends, and nothing ends it but the client or the connection. So little is
asked of it at once; and a connection on which a request has begun, and then nothing has come for long, is shut.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import ClientDisconnected

from selfservice.errors import AppError, Unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PIECE = 128
"""Bytes asked for at once: whoever sends one now and then is looked at after so many."""
GRACE_SECONDS = 20.0
SLOWEST = 4096
"""Bytes a second that a body has to come with, after a grace that each has."""
SILENT_SECONDS = 20.0
"""After which a connection is shut on which a request has begun and nothing more comes."""
PATIENCE_SECONDS = 2.0
"""How long somebody waits to be read, while as many as may be are."""

_TCP_INFO = struct.Struct("8B24I")
_LAST_SENT, _LAST_RECEIVED = 8 + 9, 8 + 11
"""Places in tcp_info (linux/tcp.h): milliseconds since data was last sent, and received."""


class Slow(AppError):
    """The rest of a request does not come in time."""

    status = 408
    code = "slow"

    def __init__(self) -> None:
        super().__init__("What was sent came too slowly, so nothing was taken; send it again on a better line.")


class Source(Protocol):
    """The server's own body: gives so many bytes, and fewer where it ends."""

    def read(self, size: int, /) -> bytes: ...


class Lines:
    """The application, that reads the bodies of at most `most` requests at once."""

    def __init__(self, application: WSGIApplication, *, most: int) -> None:
        self._application = application
        self._free = threading.BoundedSemaphore(most)
        self._begun: dict[int, float] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH", "")
        if length in ("", "0") and not environ.get("HTTP_TRANSFER_ENCODING"):
            return self._application(environ, start_response)
        body = _Body(environ["wsgi.input"], int(length) if length.isdigit() else None, self)
        environ["wsgi.input"] = body
        try:
            return self._application(environ, start_response)
        finally:
            body.leave()

    def enter(self) -> None:
        """Begin to read a body; raises Unavailable while too many are read."""
        if not self._free.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable("Too much is being sent here on slow lines; wait a little, and send it again.")

    def leave(self) -> None:
        """A body is read, or will not be."""
        self._free.release()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for a piece of a body."""
        me = threading.get_ident()
        self._begun[me] = monotonic()
        try:
            yield
        finally:
            del self._begun[me]

    def watch(self, port: int) -> None:
        """Shut silent connections of this process to `port` from now on; Linux alone tells which they are."""
        if sys.platform != "linux":
            return

        def look() -> None:
            pause = threading.Event()
            while not pause.wait(SILENT_SECONDS / 4):
                if any(monotonic() - since > SILENT_SECONDS for since in tuple(self._begun.values())):
                    shut_silent(port)

        threading.Thread(target=look, name="lines", daemon=True).start()


class _Body(io.RawIOBase):
    """A body as the application reads it; raises Slow, Unavailable, and ClientDisconnected where it ends too early."""

    def __init__(self, source: Source, length: int | None, lines: Lines) -> None:
        super().__init__()
        self._source, self._left, self._lines = source, length, lines
        self._ends_at = 0.0
        self._is_held = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self._left == 0:
            return 0
        if not self._is_held:
            self._begin()
        with self._lines.waiting():
            count = self._fill(memoryview(buffer))
        if self._left == 0:
            self.leave()
        return count

    def _fill(self, buffer: memoryview) -> int:
        count = 0
        while count < len(buffer) and self._left != 0:
            piece = self._source.read(min(PIECE, len(buffer) - count, self._left or PIECE))
            if not piece:
                break
            buffer[count : count + len(piece)] = piece
            count += len(piece)
            self._ends_at += len(piece) / SLOWEST
            if monotonic() > self._ends_at:
                raise Slow
            if self._left is not None:
                self._left -= len(piece)
        if not count and self._left:
            raise ClientDisconnected
        return count

    def leave(self) -> None:
        """Let somebody else be read."""
        if self._is_held:
            self._lines.leave()
        self._is_held = False

    def _begin(self) -> None:
        self._lines.enter()
        self._is_held = True
        self._ends_at = self._ends_at or monotonic() + GRACE_SECONDS


def shut_silent(port: int) -> int:
    """Shut this process's connections to `port` on which a request has begun and nothing came for long; how many."""
    count = 0
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # Gone meanwhile, or no connection.
            count += _shut_if_silent(os.dup(int(path.name)), port)
    return count


def _shut_if_silent(handle: int, port: int) -> bool:
    try:
        with socket.socket(fileno=handle) as line:
            if line.getsockname()[1:2] != (port,) or not _is_silent(line):
                return False
            line.shutdown(socket.SHUT_RDWR)
            return True
    except OSError:
        with suppress(OSError):
            os.close(handle)
        raise


def _is_silent(line: socket.socket) -> bool:
    told = _TCP_INFO.unpack(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))
    sent, received = int(told[_LAST_SENT]), int(told[_LAST_RECEIVED])
    return SILENT_SECONDS * 1000 <= received <= sent
