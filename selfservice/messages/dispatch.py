"""The rounds of sending: claim, check, commit, call, record. No transaction is open while a provider is called."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import NamedTuple

from flask import Flask

from selfservice import clock
from selfservice.db import db
from selfservice.messages import alarms, departures, moves, queries, results, standby
from selfservice.messages.calls import Calls, call
from selfservice.messages.channels.contract import Channel
from selfservice.messages.channels.registry import Channels
from selfservice.messages.departures import Departure
from selfservice.messages.models import Message
from selfservice.messages.moves import Claimed
from selfservice.messages.results import Result
from selfservice.messages.routing import Routing

LEASE = timedelta(seconds=60)
"""Twice the longest call: a worker that is late is dead."""

BATCH = 200
_ROUNDS_AHEAD = 8
_SECONDS_AHEAD = 10
_PATIENCE = 0.05
_BOUND_WAITS = timedelta(seconds=10)


class _Plan(NamedTuple):
    """What a round takes of what is claimed for one channel, and what waits for room."""

    chosen: list[tuple[Claimed, Channel | None]]
    bound: list[Claimed]
    left: list[Claimed]


class Dispatcher:
    """Sends what is ready, in one transaction a round: results of the last calls in, attempt rows of the next out."""

    def __init__(
        self, app: Flask, channels: Channels, *, owner: str, lease: timedelta = LEASE, told: Event | None = None
    ) -> None:
        self._app = app
        self._channels = channels
        self._owner = owner
        self._lease = lease
        self._told = told or Event()
        self._calls = Calls(channels.lanes)
        self._routing = Routing(channels)
        self._claimed: dict[str, list[Claimed]] = {channel: [] for channel in channels.names}
        self._unrecorded: list[Result] = []
        self._is_again = False

    def tick(self) -> bool:
        """One round; False when there was nothing to do, or when it was told to stop: then nothing more begins.

        After an exception the same round may be tried again.
        """
        self._collect(_PATIENCE)
        if self._told.is_set():
            return False
        with self._app.app_context():
            self._routing.look()
            room = self._routing.room(self._calls.free)
            if self._unrecorded or any(self._has_more(channel, room) for channel in self._claimed):
                self._work(room)
                return True
        return self._calls.in_flight > 0

    def seconds_left(self) -> float:
        """How long a provider's limit keeps back what is claimed; 0 when nothing waits for that."""
        waits = [self._routing.seconds_left(channel) for channel, those in self._claimed.items() if those]
        return min((wait for wait in waits if wait), default=0.0)

    def stop(self, seconds: float) -> None:
        """Begin nothing more, wait for the calls in flight, record them, and give the rest back.

        What has not answered in time stays as it is: its lease ends and the reaper finds it.
        """
        end = monotonic() + seconds
        while self._calls.in_flight and monotonic() < end:
            self._collect(min(_PATIENCE, max(0.0, end - monotonic())))
        self._calls.close()
        with self._app.app_context():
            self._record(apart=True)
            self._give_back(one for those in self._claimed.values() for one in those)
            self._let_go([])
            db.session.commit()
        self._unrecorded.clear()
        self._claimed = {channel: [] for channel in self._claimed}

    def _collect(self, seconds: float) -> None:
        for result in self._calls.collect(seconds):
            self._routing.end(result)
            self._unrecorded.append(result)

    def _has_more(self, channel: str, room: dict[str, int]) -> bool:
        """Whether something may begin to leave, or be claimed for a provider that has room."""
        plan = self._plan(channel, self._claimed[channel], dict(room))
        if plan.chosen or plan.bound:
            return True
        return len(plan.left) < self._room_of(channel, room) and queries.is_anything_ready(channel)

    def _room_of(self, channel: str, room: dict[str, int]) -> int:
        return sum(room[provider.name] for provider in self._channels.of(channel))

    def _work(self, room: dict[str, int]) -> None:
        is_again, self._is_again = self._is_again, True
        self._record(apart=is_again)
        plans: dict[str, _Plan] = {}
        for channel, those in self._claimed.items():
            claimed = [*those, *self._claim(channel, len(those), room)]
            plans[channel] = self._plan(channel, claimed, room)
        chosen = [one for plan in plans.values() for one in plan.chosen]
        providers = {claimed.id: provider for claimed, provider in chosen}
        ready = departures.clear(
            [claimed for claimed, _ in chosen],
            owner=self._owner,
            channels=self._channels,
            lease=self._lease,
            route=lambda message: providers[message.id],
        )
        self._give_back((one for plan in plans.values() for one in plan.bound), wait=_BOUND_WAITS)
        pushes = plans.get("push")
        self._let_go(claimed.id for claimed, _ in (pushes.chosen if pushes else []))
        db.session.commit()
        # Only now: a round that failed is tried again with the same results and the same claims.
        self._is_again = False
        self._unrecorded.clear()
        self._claimed = {channel: plan.left for channel, plan in plans.items()}
        for departure in ready:
            self._start(departure)

    def _record(self, *, apart: bool) -> None:
        results.record_all(self._unrecorded, apart=apart)
        alarms.settle(self._unrecorded)

    def _let_go(self, push_ids: Iterable[int]) -> None:
        """Look whether pushes have come to nothing; the last thing in a transaction."""
        ended = [result.departure.message_id for result in self._unrecorded if result.departure.is_push]
        standby.let_go([*ended, *push_ids])

    def _claim(self, channel: str, count: int, room: dict[str, int]) -> list[Claimed]:
        """Claim more where fewer are claimed than calls may begin, no more than a slow provider takes in time."""
        if count >= self._room_of(channel, room) or not queries.is_anything_ready(channel):
            return []
        those = self._channels.of(channel)
        batch = sum(min(provider.parallel * _ROUNDS_AHEAD, self._most_of(provider)) for provider in those)
        return moves.claim(min(BATCH, batch), owner=self._owner, lease=self._lease, channel=channel)

    def _most_of(self, provider: Channel) -> int:
        rate = self._channels.rates.get(provider.name)
        return BATCH if rate is None else max(1, int(rate * _SECONDS_AHEAD))

    def _plan(self, channel: str, claimed: Iterable[Claimed], room: dict[str, int]) -> _Plan:
        """Give each message that may leave now its provider, and take its place out of `room`."""
        plan = _Plan([], [], [])
        waiting = iter(claimed)
        for one in waiting:
            provider = self._routing.choose(channel, one, room)
            if provider is None:
                plan.chosen.append((one, None))
            elif room[provider.name] > 0:
                room[provider.name] -= 1
                plan.chosen.append((one, provider))
            else:
                (plan.bound if one.is_bound else plan.left).append(one)
                if not self._room_of(channel, room):
                    break
        plan.left.extend(waiting)
        return plan

    def _give_back(self, claimed: Iterable[Claimed], wait: timedelta = timedelta()) -> None:
        """Let others have what was claimed. What waits for one provider alone does not wait in front of the rest."""
        ids = [one.id for one in claimed]
        moves.move_all(ids, "ready", sources=("leased",), owner=self._owner, next_look_at=clock.now() + wait)

    def _start(self, departure: Departure) -> None:
        self._routing.begin(departure.lane, (departure.message_id, departure.fence))
        self._calls.start(departure)


def send_all(channels: Channels, *, owner: str) -> int:
    """Send all that is ready on the calling thread, one after the other; returns how many were called for. Commits.

    For demo data and single steps: what `clock.at` says holds for it, since no other thread takes part.
    """
    called = 0
    routing = Routing(channels)

    def route(message: Message) -> Channel | None:
        claimed = Claimed(message.id, message.fence, message.provider, message.resends)
        return routing.choose(message.channel, claimed, channels.lanes)

    while claimed := moves.claim(BATCH, owner=owner, lease=LEASE):
        ready = departures.clear(claimed, owner=owner, channels=channels, lease=LEASE, route=route)
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
