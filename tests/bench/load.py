"""Load: requests to a server on loopback over kept connections, each connection with one under way at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

CONNECTIONS = 64
_LENGTH = b"content-length: "


@dataclass(frozen=True)
class Measured:
    """What came of one round: how many answers in how many seconds, and how long each took, in order of length."""

    seconds: float
    durations: tuple[float, ...]
    bytes_read: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.durations) / self.seconds

    def percentile(self, share: float) -> float:
        """The milliseconds within which this share of the answers came."""
        return self.durations[min(len(self.durations) - 1, int(len(self.durations) * share))] * 1000


def run(port: int, paths: Sequence[str], *, coding: str, seconds: float) -> Measured:
    """One round against 127.0.0.1: every request is for the next of `paths`; AssertionError for a wrong answer."""
    return asyncio.run(_run(port, paths, coding, seconds))


async def _run(port: int, paths: Sequence[str], coding: str, seconds: float) -> Measured:
    durations: list[float] = []
    sizes: list[int] = []
    requests = cycle([_request(path, coding) for path in paths])
    started = time.perf_counter()
    ends = started + seconds
    await asyncio.gather(*(_visit(port, requests, ends, durations, sizes) for _number in range(CONNECTIONS)))
    return Measured(time.perf_counter() - started, tuple(sorted(durations)), sum(sizes))


async def _visit(port: int, requests: Iterator[bytes], ends: float, durations: list[float], sizes: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (started := time.perf_counter()) < ends:
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head.split(b"\r\n")[0]
            body = await reader.readexactly(_length(head))
            durations.append(time.perf_counter() - started)
            sizes.append(len(body))
    finally:
        writer.close()


def _request(path: str, coding: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {coding}\r\n\r\n".encode()


def _length(head: bytes) -> int:
    head = head.lower()
    at = head.index(_LENGTH) + len(_LENGTH)
    return int(head[at : head.index(b"\r", at)])
