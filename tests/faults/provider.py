"""A provider as a process of its own: it counts by our reference what it was handed, and answers when told to.

`python -m tests.faults.provider PORT MILLISECONDS` serves; `ProviderProcess` starts it, `Line` is how it is called.
POST /send/REFERENCE counts and answers after so many milliseconds, POST /hang/REFERENCE counts and never answers,
GET /find/REFERENCE says whether it has one, GET /counts how often each came, GET /total how often all.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from selfservice import http
from selfservice.messages.channels.contract import Found, Outgoing, Refused, Submitted, Uncertain
from tests.harness.server import end_with_the_run, find_free_port

ROOT = Path(__file__).resolve().parents[2]


class ProviderProcess:
    """The provider while a test runs: `with ProviderProcess(milliseconds=50) as provider:`."""

    def __init__(self, *, milliseconds: int) -> None:
        self.port = find_free_port()
        self._milliseconds = milliseconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.provider", str(self.port), str(self._milliseconds)]
        self._process = subprocess.Popen(command, cwd=ROOT, preexec_fn=end_with_the_run)
        for _ in range(200):
            try:
                self.counts()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("The provider did not start.")

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def counts(self) -> Counter[str]:
        """How often each reference came."""
        return Counter(self._ask("/counts"))

    def total(self) -> int:
        """How often anything came."""
        return int(self._ask("/total"))

    def _ask(self, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
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


async def _serve(port: int, seconds: float) -> None:
    counts: Counter[str] = Counter()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                _, path, *_ = head.decode().split(" ", 2)
                await reader.readexactly(_length(head))
                status, body = await act(*path.strip("/").split("/"))
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def act(what: str, reference: str = "") -> tuple[int, bytes]:
        if what == "counts":
            return 200, json.dumps(counts).encode()
        if what == "total":
            return 200, json.dumps(counts.total()).encode()
        if what == "find":
            return (200 if counts[reference] else 404), b""
        counts[reference] += 1
        await asyncio.sleep(seconds if what == "send" else 600)
        return 201, b""

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=500)
    await server.serve_forever()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]) / 1000))
