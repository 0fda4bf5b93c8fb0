"""The rounds of sending: claim, check, commit, call, record. No transaction is open while a provider is called."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from time import monotonic

from flask import Flask

from selfservice.db import db
from selfservice.messages import alarms, departures, moves, queries, results, standby
from selfservice.messages.calls import Calls, call
from selfservice.messages.channels.registry import Channels
from selfservice.messages.departures import Departure
from selfservice.messages.moves import Claimed
from selfservice.messages.results import Result

LEASE = timedelta(seconds=60)
"""Twice the longest call: a worker that is late is dead."""

BATCH = 200
_ROUNDS_AHEAD = 8
_PATIENCE = 0.05


class Dispatcher:
    """Sends what is ready, in one transaction a round: results of the last calls in, attempt rows of the next out."""

    def __init__(self, app: Flask, channels: Channels, *, owner: str, lease: timedelta = LEASE) -> None:
        self._app = app
        self._channels = channels
        self._owner = owner
        self._lease = lease
        self._calls = Calls(channels.lanes)
        self._claimed: dict[str, deque[Claimed]] = {channel: deque() for channel in channels.lanes}
        self._unrecorded: list[Result] = []

    def tick(self) -> bool:
        """One round; False when there was nothing to do. After an exception the same round may be tried again."""
        self._unrecorded += self._calls.collect(_PATIENCE)
        with self._app.app_context():
            if self._unrecorded or any(self._has_more(channel) for channel in self._claimed):
                self._work(takes_more=True)
                return True
        return self._calls.in_flight > 0

    def stop(self, seconds: float) -> None:
        """Begin nothing more, wait for the calls in flight, record them, and give the rest back.

        What has not answered in time stays as it is: its lease ends and the reaper finds it.
        """
        end = monotonic() + seconds
        while self._calls.in_flight and monotonic() < end:
            self._unrecorded += self._calls.collect(min(_PATIENCE, max(0.0, end - monotonic())))
        self._calls.close()
        with self._app.app_context():
            self._work(takes_more=False)
            left = [one.id for those in self._claimed.values() for one in those]
            moves.move_all(left, "ready", sources=("leased",), owner=self._owner)
            db.session.commit()
        self._claimed = {channel: deque() for channel in self._claimed}

    def _has_more(self, channel: str) -> bool:
        return self._calls.free(channel) > 0 and bool(self._claimed[channel] or queries.is_anything_ready(channel))

    def _work(self, *, takes_more: bool) -> None:
        ready: list[Departure] = []
        chosen: list[Claimed] = []
        claimed = {channel: list(those) for channel, those in self._claimed.items()}
        for result in self._unrecorded:
            results.record(result)
        alarms.settle([result for result in self._unrecorded if result.departure.lane == "push"])
        if takes_more:
            for channel, those in claimed.items():
                chosen += self._take(channel, those)
            ready = departures.clear(chosen, owner=self._owner, channels=self._channels, lease=self._lease)
        standby.let_go([*(result.departure.message_id for result in self._unrecorded), *(one.id for one in chosen)])
        db.session.commit()
        # Only now: a round that failed is tried again with the same results and the same claims.
        self._unrecorded.clear()
        self._claimed = {channel: deque(those) for channel, those in claimed.items()}
        for departure in ready:
            self._calls.start(departure)

    def _take(self, channel: str, claimed: list[Claimed]) -> list[Claimed]:
        """Take as many from what is claimed for a channel as calls may begin, after claiming more where it is few."""
        free = self._calls.free(channel)
        if len(claimed) < free and queries.is_anything_ready(channel):
            # A slow provider's worker does not sit on what others could send.
            batch = min(BATCH, self._calls.lanes[channel] * _ROUNDS_AHEAD)
            claimed += moves.claim(batch, owner=self._owner, lease=self._lease, channel=channel)
        chosen = claimed[:free]
        del claimed[:free]
        return chosen


def send_all(channels: Channels, *, owner: str) -> int:
    """Send all that is ready on the calling thread, one after the other; returns how many were called for. Commits.

    For demo data and single steps: what `clock.at` says holds for it, since no other thread takes part.
    """
    called = 0
    while claimed := moves.claim(BATCH, owner=owner, lease=LEASE):
        ready = departures.clear(claimed, owner=owner, channels=channels, lease=LEASE)
        standby.let_go([one.id for one in claimed])
        db.session.commit()
        for departure in ready:
            result = Result(departure, call(departure))
            results.record(result)
            alarms.settle([result])
            standby.let_go([departure.message_id])
            db.session.commit()
        called += len(ready)
    db.session.commit()
    return called
