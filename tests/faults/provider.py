"""A provider as a process of its own: it counts by our reference what it was handed, and answers when told to.

`ProviderProcess` starts it, `Line` is how it is called. POST /send/REFERENCE counts and answers after so many
milliseconds, or when it is released; POST /hang/REFERENCE counts and never answers; GET /find/REFERENCE says whether it
has one, GET /counts how often each came, GET /total how often all; POST /release lets all answers go.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Self

from selfservice import http
from selfservice.messages.channels.contract import Found, Outgoing, Refused, Submitted, Uncertain
from tests.faults.processes import Child
from tests.harness.server import find_free_port


@dataclass(frozen=True)
class _Manner:
    seconds: float
    held: bool
    busy: bool


class ProviderProcess:
    """The provider while a test runs: `with ProviderProcess(milliseconds=50) as provider:`.

    One that is `held` answers no call before it is released. What it is `busy` with it does not find when it is asked.
    """

    def __init__(self, *, milliseconds: int = 0, held: bool = False, busy: bool = False) -> None:
        self.port = find_free_port()
        self._manner = _Manner(milliseconds / 1000, held, busy)
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self._child = Child(serve, self.port, self._manner)
        for _ in range(600):
            self._child.require_running()
            try:
                self.counts()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("The provider did not start.")

    def __exit__(self, *_: object) -> None:
        assert self._child is not None
        self._child.close()

    def counts(self) -> Counter[str]:
        """How often each reference came."""
        return Counter(self._ask("GET", "/counts"))

    def total(self) -> int:
        """How often anything came."""
        return int(self._ask("GET", "/total"))

    def release(self) -> None:
        """Answer all that waits, and from now on at once."""
        self._ask("POST", "/release")

    def _ask(self, method: str, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


class Line:
    """The provider as the outbox calls it, over real sockets; `way` is "send" or "hang"."""

    def __init__(self, port: int, *, name: str = "stub", parallel: int = 4, way: str = "send") -> None:
        self.name = name
        self.parallel = parallel
        self._url = f"http://127.0.0.1:{port}"
        self._way = way
        self._client = http.Client(parallel=parallel)

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand it over."""
        reply = self._call(f"/{self._way}/{outgoing.id}")
        if reply.status != 201:
            raise Uncertain(f"The provider failed (HTTP {reply.status}).")
        return Submitted(outgoing.id)

    def _call(self, path: str) -> http.Reply:
        try:
            return self._client.post(self._url + path, b"{}", {}, may_be_private=True)
        except http.NotSent as refusal:
            raise Refused(refusal.message, permanent=False) from None
        except http.Lost as loss:
            raise Uncertain(loss.message) from None


class FindableLine(Line):
    """The same, where it can be asked."""

    tells_receipts = False

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        """Whether the provider has it."""
        reply = self._call(f"/find/{id}")
        return Found(id, "submitted") if reply.status == 200 else None


def serve(port: int, manner: _Manner) -> None:
    """Be the provider until killed."""
    asyncio.run(_Desk(manner).serve(port))


class _Desk:
    """What the provider knows and does."""

    def __init__(self, manner: _Manner) -> None:
        self._manner = manner
        self._counts: Counter[str] = Counter()
        self._known: set[str] = set()
        self._released = asyncio.Event()
        if not manner.held:
            self._released.set()

    async def serve(self, port: int) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", port, backlog=500)
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                _, path, *_ = head.decode().split(" ", 2)
                await reader.readexactly(_length(head))
                status, body = await self._act(*path.strip("/").split("/"))
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _act(self, what: str, reference: str = "") -> tuple[int, bytes]:
        if what == "counts":
            return 200, json.dumps(self._counts).encode()
        if what == "total":
            return 200, json.dumps(self._counts.total()).encode()
        if what == "release":
            self._released.set()
            return 200, b"true"
        if what == "find":
            return (200 if reference in self._known else 404), b""
        return await self._take(reference, hangs=what == "hang")

    async def _take(self, reference: str, *, hangs: bool) -> tuple[int, bytes]:
        self._counts[reference] += 1
        if not self._manner.busy:
            self._known.add(reference)
        await asyncio.sleep(600 if hangs else 0)
        await self._released.wait()
        await asyncio.sleep(self._manner.seconds)
        self._known.add(reference)
        return 201, b""


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0
