"""One connection to a server, kept between calls, that speaks HTTP/1.1 (RFC 9112); whom it may lead to, `http` says.

One request at a time; its answer is read to the end or cut. Nothing is tried again here.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import weakref
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import NamedTuple

MOST_LINES = 200
LONGEST_LINE = 16 * 1024
_PART = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: .*)?", re.DOTALL)
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,15}")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)
_SENT = re.compile(r"[^\x00-\x1f\x7f]*")
_TARGET = re.compile(r"[!-~]+")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WITHOUT_ANSWER = frozenset({204, 304})


class Broken(Exception):
    """What came is no whole answer: it stopped, took too long, or is not HTTP."""


class Limits(NamedTuple):
    """How many seconds each part of an answer may take, and the whole from its first byte on; how long a body is."""

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
        self._socket = opened
        self._hang_up = weakref.finalize(self, opened.close)  # Also when whoever kept it is gone.
        self._come = bytearray()
        self._seconds = 0.0
        self._ends_at: float | None = None
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
        is_more = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0
        return not (self._come or is_more or _has_come(self._socket))

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes, limits: Limits) -> Answer:
        """Send a request and read its answer. Raises Broken, OSError, and ValueError before anything is sent."""
        request = _request(method, target, headers, body)
        self._socket.settimeout(limits.part)
        try:
            self._socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            self.is_kept = False  # It may have answered before it hung up.
        self._seconds, self._ends_at = limits.whole, None
        status, said = self._head()
        while status < 200:
            status, said = self._head()
        has_body = method != "HEAD" and status not in _WITHOUT_ANSWER
        return Answer(status, said, self._body(said, limits.longest) if has_body else b"")

    def close(self) -> None:
        """Hang up."""
        self._hang_up()

    def _head(self) -> tuple[int, dict[str, str]]:
        found = _STATUS.fullmatch(self._line())
        if found is None:
            raise Broken
        headers: dict[str, str] = {}
        name = ""
        for line in self._lines():
            header = _HEADER.fullmatch(line)
            if header is not None:
                name, value = header[1].decode("ascii").lower(), header[2].decode("latin-1")
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            elif name and line[:1] in b" \t":
                headers[name] += f" {line.decode('latin-1').strip()}"  # The fold of old (section 5.2).
            else:
                self.is_kept = False  # Who knows what else is meant in another way than it is read.
        words = {word.strip().lower() for word in headers.get("connection", "").split(",")}
        self.is_kept = self.is_kept and ("close" not in words if found[1] == b"1" else "keep-alive" in words)
        return int(found[2]), headers

    def _body(self, headers: Mapping[str, str], longest: int) -> bytes:
        if "transfer-encoding" in headers:
            self.is_kept = self.is_kept and "content-length" not in headers
            if headers["transfer-encoding"].lower() != "chunked":
                raise Broken
            return self._chunks(longest)
        if "content-length" not in headers:
            self.is_kept = False
            return self._rest(longest)
        length, *others = {one.strip() for one in headers["content-length"].split(",")}
        if others or not _LENGTH.fullmatch(length):
            raise Broken
        return self._take(int(length), longest)

    def _take(self, length: int, longest: int) -> bytes:
        """The next `length` bytes; if they are too many, as many as may be, and it is not kept."""
        self.is_kept = self.is_kept and length <= longest
        wanted = min(length, longest)
        while len(self._come) < wanted:
            self._more()
        taken = bytes(self._come[:wanted])
        del self._come[:wanted]
        return taken

    def _chunks(self, longest: int) -> bytes:
        content = b""
        while True:
            found = _SIZE.fullmatch(self._line())
            if found is None:
                raise Broken
            size = int(found[1], 16)
            if not size:
                break
            content += self._take(size, longest - len(content))
            if not self.is_kept and len(content) == longest:
                return content
            if self._line():
                raise Broken
        for _ in self._lines():
            pass  # What follows the last chunk is nothing that anybody here asks for.
        return content

    def _rest(self, longest: int) -> bytes:
        """Everything until the server hangs up."""
        while len(self._come) < longest and self._fill():
            pass
        return bytes(self._come[:longest])

    def _line(self) -> bytes:
        """The next line without its end, which is CRLF or, from those that are careless, LF."""
        while (end := self._come.find(b"\n")) < 0:
            if len(self._come) > LONGEST_LINE:
                raise Broken
            self._more()
        line = bytes(self._come[:end])
        del self._come[: end + 1]
        return line.removesuffix(b"\r")

    def _lines(self) -> Iterator[bytes]:
        """The lines up to an empty one."""
        for _ in range(MOST_LINES):
            line = self._line()
            if not line:
                return
            yield line
        raise Broken

    def _more(self) -> None:
        if not self._fill():
            raise Broken

    def _fill(self) -> bool:
        """Wait for the next bytes; False when the server has hung up."""
        now = monotonic()
        if self._ends_at is not None:
            if now >= self._ends_at:
                raise Broken
            self._socket.settimeout(self._ends_at - now)
        try:
            part = self._socket.recv(_PART)
        except TimeoutError:
            raise Broken from None
        if self._ends_at is None:
            self._ends_at = monotonic() + self._seconds
        self._come += part
        return bool(part)


def _request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lengths = {"Content-Length": str(len(body))} if body or method in _WITH_BODY else {}
    lines = [f"{name}: {value}" for name, value in {**headers, **lengths}.items()]
    if not _TARGET.fullmatch(target) or not all(map(_SENT.fullmatch, lines)):
        raise ValueError("A line break or a blank would make another request of this one.")
    return "\r\n".join((f"{method} {target} HTTP/1.1", *lines, "\r\n")).encode("latin-1") + body


def _has_come(opened: socket.socket) -> bool:
    """Whether a read would not wait: `poll` where there is one, for `select` knows small descriptors alone."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(opened, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([opened], [], [], 0)[0])
