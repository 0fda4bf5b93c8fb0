"""Calling providers from several threads at once; no database, no decisions."""

from __future__ import annotations

from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic, sleep

import structlog

from selfservice.messages.channels.contract import Refused, Submitted, Uncertain
from selfservice.messages.departures import Departure
from selfservice.messages.results import Result

_GATHER_SECONDS = 0.005


class Calls:
    """Each provider has threads of its own, at most as many as `lanes` says: one that hangs holds up no other.

    They are daemons, so that it does not keep a worker alive either.
    """

    def __init__(self, lanes: Mapping[str, int]) -> None:
        self._done: SimpleQueue[Result] = SimpleQueue()
        self._lanes = {name: _Lane(name, size, self._done) for name, size in lanes.items()}

    @property
    def in_flight(self) -> int:
        """How many calls have begun and not been collected."""
        return sum(lane.taken for lane in self._lanes.values())

    @property
    def free(self) -> dict[str, int]:
        """How many more calls may begin for each provider."""
        return {name: lane.size - lane.taken for name, lane in self._lanes.items()}

    def start(self, departure: Departure) -> None:
        """Call the provider for `departure` on another thread."""
        self._lanes[departure.lane].start(departure)

    def collect(self, seconds: float) -> list[Result]:
        """The results that are there, after waiting up to `seconds` for the first if any call is in flight.

        And a moment for those that come with it: to write ten down costs little more than one.
        """
        results: list[Result] = []
        end = monotonic() + seconds
        while self.in_flight:
            try:
                left = 0.0 if results else max(0.0, end - monotonic())
                results.append(self._done.get(timeout=left) if left else self._done.get_nowait())
            except Empty:
                break
            self._lanes[results[-1].departure.lane].taken -= 1
            if len(results) == 1 and self.in_flight:
                sleep(_GATHER_SECONDS)
        return results

    def close(self) -> None:
        """Let the threads end when they have nothing left to do."""
        for lane in self._lanes.values():
            lane.close()


class _Lane:
    """The threads of one provider, started as they are needed."""

    def __init__(self, name: str, size: int, done: SimpleQueue[Result]) -> None:
        self.size = size
        self.taken = 0
        self._name = name
        self._done = done
        self._waiting: SimpleQueue[Departure | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def start(self, departure: Departure) -> None:
        self.taken += 1
        if len(self._threads) < min(self.taken, self.size):
            thread = Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._waiting.put(departure)

    def close(self) -> None:
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
