"""Calling providers from several threads at once; no database, no decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

import structlog

from selfservice.messages.channels.contract import Refused, Submitted, Uncertain
from selfservice.messages.departures import Departure
from selfservice.messages.results import Result


class Calls:
    """At most so many calls in flight for each channel, as `lanes` says.

    Its threads are daemons: a provider that hangs does not keep a worker alive.
    """

    def __init__(self, lanes: Mapping[str, int]) -> None:
        self.lanes = dict(lanes)
        self._size = sum(lanes.values())
        self._taken: Counter[str] = Counter()
        self._waiting: SimpleQueue[Departure | None] = SimpleQueue()
        self._done: SimpleQueue[Result] = SimpleQueue()
        self._threads: list[Thread] = []

    @property
    def in_flight(self) -> int:
        """How many calls have begun and not been collected."""
        return self._taken.total()

    def free(self, channel: str) -> int:
        """How many more calls may begin for a channel."""
        return self.lanes[channel] - self._taken[channel]

    def start(self, departure: Departure) -> None:
        """Call the provider for `departure` on another thread."""
        self._taken[departure.lane] += 1
        if len(self._threads) < min(self.in_flight, self._size):
            thread = Thread(target=self._work, name=f"call-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._waiting.put(departure)

    def collect(self, seconds: float) -> list[Result]:
        """The results that are there, after waiting up to `seconds` for the first if any call is in flight."""
        results: list[Result] = []
        end = monotonic() + seconds
        while self.in_flight:
            try:
                left = 0.0 if results else max(0.0, end - monotonic())
                results.append(self._done.get(timeout=left) if left else self._done.get_nowait())
            except Empty:
                break
            self._taken[results[-1].departure.lane] -= 1
        return results

    def close(self) -> None:
        """Let the threads end when they have nothing left to do."""
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self) -> None:
        while (departure := self._waiting.get()) is not None:
            self._done.put(Result(departure, call(departure)))


def call(departure: Departure) -> Submitted | Refused | Uncertain:
    """Call the provider and wait for what it says. Never raises; no transaction may be open."""
    try:
        return departure.channel.send(departure.outgoing)
    except (Refused, Uncertain) as outcome:
        return outcome
    except Exception as error:  # noqa: BLE001 - nobody can say how far it came, so it counts as uncertain
        structlog.get_logger().exception("channel.failed", provider=departure.channel.name)
        return Uncertain(f"The provider's code failed: {type(error).__name__}.")
