"""Which of a channel's providers takes a message: by what was tried before, and by how each does.

Each process judges by its own calls (`health`); what one finds holds for all, through the table of providers that are
not well (docs/decisions/0016-providers-in-order.md).
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from selfservice import clock
from selfservice.db import db
from selfservice.messages import health, queries
from selfservice.messages.channels.contract import Channel, Refused, Uncertain, Unrecognised
from selfservice.messages.channels.registry import Channels
from selfservice.messages.health import Call, Tally, Verdict
from selfservice.messages.limits import Limit
from selfservice.messages.models import ProviderHealth
from selfservice.messages.moves import Claimed
from selfservice.messages.results import Result

LOOK_SECONDS = 1.0
LONGEST_WAIT = 5.0
"""A provider that asks for a longer pause is passed over where there is another."""

_WELL = 100


@dataclass(frozen=True)
class _Standing:
    """A provider's share, how often it fell, and since when this process has known."""

    share: int
    falls: int
    since: float


class Routing:
    """Chooses providers and learns from their calls. For one thread; `now` never jumps."""

    def __init__(self, channels: Channels, *, now: Callable[[], float] = monotonic) -> None:
        self._channels = channels
        self._now = now
        self._limits = {name: Limit(channels.rates.get(name), now()) for name in channels.lanes}
        self._tallies = {name: Tally(parallel) for name, parallel in channels.lanes.items()}
        self._under_way: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
        self._standings: dict[str, _Standing] = {}
        self._tried_at: dict[str, float] = {}
        self._looks_at = now()

    def choose(self, channel: str, claimed: Claimed, room: Mapping[str, int]) -> Channel | None:
        """The provider for a message of `channel`; None when the one that it is bound to is configured no more.

        `room` says how many calls each may begin now: whoever waits for a provider without room waits for the one
        that is returned. Raises ConfigError when the channel has no provider.
        """
        those = self._channels.of(channel)
        if claimed.is_bound:
            return next((provider for provider in those if provider.name == claimed.provider), None)
        if len(those) == 1:
            return those[0]
        for provider in _after(those, claimed.provider):
            if self._share(provider.name) == _WELL and room.get(provider.name, 0) > 0:
                return provider  # The next in the order, because that one took nothing.
        for provider in those:
            share = self._share(provider.name)
            if share == _WELL:
                return provider
            if room.get(provider.name, 0) > 0 and self._tries(provider.name, share, claimed.id):
                return provider
        return max(those, key=lambda provider: self._share(provider.name))  # The first of those that do best.

    def room(self, free: Mapping[str, int]) -> dict[str, int]:
        """How many calls each provider may begin now, of those that `free` has threads for."""
        now = self._now()
        return {name: self._limits[name].allows(count, now) for name, count in free.items()}

    def seconds_left(self, channel: str) -> float:
        """How long until a limit lets a call of this channel begin; 0 when none is in the way."""
        now = self._now()
        return min(self._limits[provider.name].seconds_left(now) for provider in self._channels.of(channel))

    def begin(self, provider: str, key: tuple[int, int]) -> None:
        """Note a call that begins now: of which message, under which fence."""
        now = self._now()
        self._limits[provider].take(1, now)
        self._under_way[provider][key] = now
        self._tried_at[provider] = now

    def end(self, result: Result) -> None:
        """Learn from a call that has ended."""
        departure, outcome, now = result.departure, result.outcome, self._now()
        name = departure.lane
        began = self._under_way[name].pop((departure.message_id, departure.fence), now)
        asks_for_pause = isinstance(outcome, Refused) and outcome.retry_after is not None
        if isinstance(outcome, Refused) and outcome.retry_after is not None and not departure.is_push:
            self._limits[name].pause(now + outcome.retry_after.total_seconds())  # Push services ask for themselves.
        failed = isinstance(outcome, Uncertain | Unrecognised) or (
            isinstance(outcome, Refused) and not outcome.permanent and not asks_for_pause
        )
        self._tallies[name].note(Call(now, now - began, failed))

    def look(self) -> None:
        """Learn what other processes found, and tell them what this one did; once a second at most. Commits.

        Needs an application context, and no transaction may be open.
        """
        now = self._now()
        if now < self._looks_at:
            return
        self._looks_at = now + LOOK_SECONDS
        self._read(now)
        for name in self._tallies:
            self._judge(name, now)

    def _read(self, now: float) -> None:
        told = {row.provider: row for row in queries.list_unwell()}
        workers = queries.count_workers()
        for name, limit in self._limits.items():
            limit.share(workers)
            row, known = told.get(name), self._standings.get(name)
            if row is None:
                self._standings.pop(name, None)
            elif known is None or (known.share, known.falls) != (row.share, row.falls):
                self._set(name, row.share, row.falls, now)

    def _judge(self, name: str, now: float) -> None:
        standing, tally = self._standings.get(name), self._tallies[name]
        if standing is None:
            verdict = tally.verdict(now, self._under_way[name].values(), on_trial=False)
            if verdict:
                self._fall(name, verdict, None, now)
            return
        waited = now - standing.since
        if standing.share == 0:
            if waited >= health.rest_after(standing.falls):
                self._rise(name, standing, now)
            return
        recent = [began for began in self._under_way[name].values() if began >= standing.since]
        verdict = tally.verdict(now, recent, on_trial=True)
        if verdict:
            self._fall(name, verdict, standing, now)
        elif waited >= health.STEP_SECONDS and tally.has_succeeded():
            self._rise(name, standing, now)

    def _fall(self, name: str, verdict: Verdict, standing: _Standing | None, now: float) -> None:
        falls = standing.falls + 1 if standing else 1
        values = {"share": 0, "reason": verdict, "falls": falls, "since": clock.now()}
        is_first = _insert(name, values) if standing is None else _change(name, standing, values)
        self._set(name, 0, falls, now)
        if is_first:
            structlog.get_logger().warning("provider.rests", provider=name, reason=verdict, falls=falls)

    def _rise(self, name: str, standing: _Standing, now: float) -> None:
        share = health.next_step(standing.share)
        is_first = (
            _remove(name, standing)
            if share == _WELL
            else _change(name, standing, {"share": share, "since": clock.now()})
        )
        if share == _WELL:
            self._standings.pop(name, None)
            self._tallies[name].begin_again()
        else:
            self._set(name, share, standing.falls, now)
        if is_first:
            structlog.get_logger().info("provider.returns", provider=name, share=share)

    def _set(self, name: str, share: int, falls: int, now: float) -> None:
        self._standings[name] = _Standing(share, falls, now)
        self._tallies[name].begin_again()

    def _share(self, name: str) -> int:
        if self._limits[name].seconds_left(self._now()) > LONGEST_WAIT:
            return 0
        standing = self._standings.get(name)
        return standing.share if standing else _WELL

    def _tries(self, name: str, share: int, message_id: int) -> bool:
        """Whether a message is one of the share: always the same ones, and one now and then where there are few."""
        if share == 0:
            return False
        return zlib.crc32(message_id.to_bytes(8)) % 100 < share or (
            self._now() - self._tried_at.get(name, 0.0) >= health.TRIAL_SECONDS
        )


def _after(those: Sequence[Channel], name: str | None) -> list[Channel]:
    """The providers after the one called `name`, from the first again after the last, without that one itself."""
    places = [place for place, provider in enumerate(those) if provider.name == name]
    return [*those[places[0] + 1 :], *those[: places[0]]] if places else []


def _insert(name: str, values: Mapping[str, object]) -> bool:
    try:
        db.session.execute(insert(ProviderHealth).values(provider=name, **values))
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False  # Another worker has said so already.
    return True


def _change(name: str, standing: _Standing, values: Mapping[str, object]) -> bool:
    changed = db.session.execute(
        update(ProviderHealth)
        .where(
            ProviderHealth.provider == name,
            ProviderHealth.share == standing.share,
            ProviderHealth.falls == standing.falls,
        )
        .values(**values)
        .returning(ProviderHealth.provider)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return bool(changed)


def _remove(name: str, standing: _Standing) -> bool:
    removed = db.session.execute(
        delete(ProviderHealth)
        .where(ProviderHealth.provider == name, ProviderHealth.share == standing.share)
        .returning(ProviderHealth.provider)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return bool(removed)
