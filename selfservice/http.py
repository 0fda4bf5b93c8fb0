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
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from selfservice.errors import AppError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 10.0
BODY_SECONDS = 5.0
"""From the first byte of an answer's body to its last; each byte may take ANSWER_SECONDS at most."""

MOST_PLACES = 2
"""With a slow name server before them, two places that do not answer still end within 30 seconds."""

KEPT_SECONDS = 60.0
LONGEST_ANSWER = 16 * 1024
_PORTS = {"http": 80, "https": 443}
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
        self.places = places
        self.good_until = monotonic() + KEPT_SECONDS
        parts = urlsplit(url)
        self._host = parts.netloc
        self._pools = [_pool(parts.scheme, parts.hostname or "", place, parallel) for place in places]

    def send(self, request: Request, longest: int) -> Reply:
        # Loaded here: processes that only judge addresses need not carry it.
        from urllib3 import exceptions  # noqa: PLC0415

        # A pool is closed when its server has moved meanwhile; what it lent out before still works.
        nobody = (exceptions.NewConnectionError, exceptions.ConnectTimeoutError, exceptions.ClosedPoolError)
        for pool in self._pools:
            try:
                return self._send(pool, request, longest)
            except nobody:
                continue
            except (exceptions.HTTPError, OSError) as error:
                if _is_about_certificate(error):
                    raise NotSent("The server's certificate is not its own; nothing was sent.") from None
                raise Lost("The request went out, and its answer did not come.") from None
        raise NotSent("The server cannot be reached at the moment; try again later.")

    def _send(self, pool: HTTPConnectionPool, request: Request, longest: int) -> Reply:
        parts = urlsplit(request.url)
        response = pool.urlopen(
            request.method,
            f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
            body=request.body or None,
            headers={**request.headers, "Host": self._host},
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            content = _read(response, longest)
        finally:
            response.close()  # Read to its end it has given its connection back, else that one is not worth the rest.
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, content)

    def close(self) -> None:
        for pool in self._pools:
            pool.close()


def _read(response: BaseHTTPResponse, longest: int) -> bytes:
    """The body, or its first `longest` bytes; one that drips ends in time like one that stops."""
    content = bytearray()
    end = monotonic() + BODY_SECONDS
    while len(content) < longest and (part := response.read1(longest - len(content))):
        content += part
        if monotonic() > end:
            raise Lost("The request went out, and its answer did not come to an end.")
    return bytes(content)


def _is_about_certificate(error: Exception) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in (*error.args, error.__cause__))


def _pool(scheme: str, host: str, place: Place, parallel: int) -> HTTPConnectionPool:
    # Loaded here: only who sends needs it.
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout  # noqa: PLC0415

    timeout = Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    if scheme == "http":
        return HTTPConnectionPool(place.address, place.port, timeout=timeout, maxsize=parallel)
    return HTTPSConnectionPool(
        place.address,
        place.port,
        timeout=timeout,
        maxsize=parallel,
        ssl_context=ssl.create_default_context(),
        server_hostname=host,  # And that is what its certificate has to name, not the address.
    )
