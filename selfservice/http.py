"""HTTP to the outside: a name is looked up and judged, and the very address that was judged is called; no retries.

Between a look at an address and a call to its name the answer could change (DNS rebinding), so nothing is looked up
twice. Redirects are not followed, proxies of the environment are not used, and every call ends in time.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from selfservice.connection import Broken, Connection, Limits
from selfservice.errors import AppError

CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 10.0
BODY_SECONDS = 5.0
"""From the first byte of an answer to its last; that first one may take ANSWER_SECONDS."""

MOST_PLACES = 2
"""With a slow name server before them, two places that do not answer still end within 30 seconds."""

KEPT_SECONDS = 60.0
LONGEST_ANSWER = 16 * 1024
_PORTS = {"http": 80, "https": 443}
_USUAL = {"User-Agent": "Selfservice", "Accept-Encoding": "identity"}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotSent(AppError):
    """Nothing has left this machine: the name is unknown, nobody answers there, or its certificate is not its own."""

    status = 503
    code = "unreachable"


class NotAllowed(NotSent):
    """The name leads to an address inside a private network."""

    status = 422
    code = "private_address"


class Lost(AppError):
    """The request went out, and no answer came back: nobody knows what became of it."""

    status = 503
    code = "lost"


class Place(NamedTuple):
    """Where a server is."""

    address: str
    port: int


@dataclass(frozen=True)
class Request:
    """What is sent to a server."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What a server answered: headers by their name in lower case, and as much of the body as anybody needs."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def look_up(url: str, *, may_be_private: bool = False) -> list[Place]:
    """Where the host of `url` is, in the order to try.

    Raises NotSent when there is no such name, and NotAllowed when it has none but private addresses and
    `may_be_private` does not allow them.
    """
    parts = urlsplit(url)
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent("The name of the server is not known at the moment; try again later.") from None
    places = list(dict.fromkeys(Place(str(sockaddr[0]), int(sockaddr[1])) for *_, sockaddr in found))
    allowed = [place for place in places if may_be_private or is_public(place.address)]
    if not allowed:
        raise NotAllowed("The server has an address inside a private network, where nothing is sent.")
    return allowed[:MOST_PLACES]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever it is wrapped into."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class Client:
    """Sends requests from several threads at once over connections that are kept, up to `parallel` for each server."""

    def __init__(self, *, parallel: int) -> None:
        self._parallel = parallel
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, bool], _Line] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, may_be_private: bool = False) -> Reply:
        """Send `body`; raises NotSent or Lost. A redirect is an answer like any other."""
        return self.request(Request("POST", url, headers, body), may_be_private=may_be_private)

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        longest: int = LONGEST_ANSWER,
        may_be_private: bool = False,
    ) -> Reply:
        """Ask for what is at `url`, up to `longest` bytes of it; otherwise as `post`."""
        return self.request(Request("GET", url, headers), longest=longest, may_be_private=may_be_private)

    def request(self, request: Request, *, longest: int = LONGEST_ANSWER, may_be_private: bool = False) -> Reply:
        """Send a request with any method; otherwise as `post`."""
        return self._line(request.url, may_be_private=may_be_private).send(request, longest)

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._lock:
            lines = list(self._lines.values())
            self._lines.clear()
        for line in lines:
            line.close()

    def _line(self, url: str, *, may_be_private: bool) -> _Line:
        parts = urlsplit(url)
        key = (f"{parts.scheme}://{parts.netloc}", may_be_private)
        with self._lock:
            line = self._lines.get(key)
        if line is not None and monotonic() < line.good_until:
            return line
        places = look_up(url, may_be_private=may_be_private)  # Not under the lock: a name server may be slow.
        if line is not None and line.places == places:
            line.good_until = monotonic() + KEPT_SECONDS
            return line
        fresh = _Line(url, places, self._parallel)
        with self._lock:
            old = self._lines.get(key)
            self._lines[key] = fresh
        if old is not None:
            old.close()
        return fresh


class _Line:
    """The kept connections to one server at its judged places."""

    def __init__(self, url: str, places: list[Place], parallel: int) -> None:
        parts = urlsplit(url)
        self.places = places
        self.good_until = monotonic() + KEPT_SECONDS
        self._host = parts.netloc
        self._name = parts.hostname or ""
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._parallel = parallel
        self._kept: list[Connection] = []
        self._is_closed = False

    def send(self, request: Request, longest: int) -> Reply:
        parts = urlsplit(request.url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers = {**_USUAL, **request.headers, "Host": self._host}
        limits = Limits(part=ANSWER_SECONDS, whole=BODY_SECONDS, longest=longest)
        connection = self._take()
        try:
            answer = connection.ask(request.method, target, headers, request.body, limits)
        except BaseException as error:
            connection.close()
            if isinstance(error, Broken | OSError):
                raise Lost("The request went out, and its answer did not come to an end.") from None
            raise
        self._give_back(connection)
        return Reply(answer.status, answer.headers, answer.body)

    def close(self) -> None:
        self._is_closed = True
        while self._kept:
            self._kept.pop().close()

    def _take(self) -> Connection:
        """A connection that is kept and that nothing has come over meanwhile, or a new one; raises NotSent."""
        while self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:  # Another thread has taken the last.
                break
            if connection.is_quiet():
                return connection
            connection.close()
        for place in self.places:
            try:
                return Connection.open(*place, seconds=CONNECT_SECONDS, tls=self._tls, name=self._name)
            except ssl.SSLCertVerificationError:
                raise NotSent("The server's certificate is not its own; nothing was sent.") from None
            except OSError:
                continue
        raise NotSent("The server cannot be reached at the moment; try again later.")

    def _give_back(self, connection: Connection) -> None:
        # A line is closed when its server has moved meanwhile.
        if connection.is_kept and not self._is_closed and len(self._kept) < self._parallel:
            self._kept.append(connection)
        else:
            connection.close()
