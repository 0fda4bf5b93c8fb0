"""The way to the server, which can be broken: closed altogether, or so that one request is lost, refused or kept.

A browser that goes this way has an origin of its own; a request that finds the way closed is refused at once, as by a
machine that is down.
"""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from tests.harness.server import find_free_port

HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Asked(NamedTuple):
    """One request that came by, and the status it was answered with; 0 for none."""

    method: str
    path: str
    headers: dict[str, str]
    status: int


class Reply(NamedTuple):
    """What the server answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Ask = Callable[[], Reply]
Fault = Callable[[Ask], Reply | None]
"""Is given the way on; answers in the server's place, or nothing, and then the connection breaks."""


def busy(_ask: Ask) -> Reply:
    """The server has no time."""
    return Reply(503, [("Content-Type", "application/problem+json")], b"{}")


def lost(ask: Ask) -> None:
    """The server takes it, and its answer is lost."""
    ask()


class Way:
    """A way from `url` to a server on loopback."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.asked: list[Asked] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.changed: dict[str, Callable[[bytes], bytes]] = {}
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.open()

    def open(self) -> None:
        """Let requests through."""
        way = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                self.close_connection = True
                if self.raw_requestline and self.parse_request():
                    way.carry(self)

            def log_message(self, *_arguments: object) -> None:
                """Nothing: what came by is in `asked`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_arguments: object) -> None:
                """A browser that went away."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Refuse every connection."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            assert self._thread is not None
            self._thread.join()
        self._server = self._thread = None

    def fail(self, start: str, *faults: Fault) -> None:
        """Meet the next requests whose path begins with `start` with these faults, one each."""
        self.faults[start] = deque(faults)

    def change(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """Answer a path with other bytes than the server's."""
        self.changed[path] = change

    def count(self, method: str, start: str) -> int:
        """How many requests of this kind came by."""
        return sum(asked.method == method and asked.path.startswith(start) for asked in self.asked)

    def carry(self, handler: BaseHTTPRequestHandler) -> None:
        """Bring one request to the server, and its answer back."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(size) if size else None
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in HOP}
        method, path = handler.command, handler.path
        reply = self._meet(path, lambda: self._ask(method, path, headers, body))
        self.asked.append(Asked(method, path, headers, reply.status if reply else 0))
        if reply is None:
            return
        handler.send_response_only(reply.status)
        for name, value in reply.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        if method != "HEAD":
            handler.wfile.write(reply.body)

    def _meet(self, path: str, ask: Ask) -> Reply | None:
        for start, faults in self.faults.items():
            if path.startswith(start) and faults:
                return faults.popleft()(ask)
        return ask()

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Reply:
        plain = path.partition("?")[0]
        if plain in self.changed:
            headers = {**headers, "Accept-Encoding": "identity"}
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP]
        if plain in self.changed:
            content = self.changed[plain](content)
        return Reply(response.status, kept, content)
