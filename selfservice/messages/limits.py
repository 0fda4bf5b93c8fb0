"""How fast a provider may be called: so many messages a second, and not at all while it asks for a pause; pure.

Nobody sleeps here: who wants to call asks how many calls may begin now, and otherwise how long that takes.
"""

from __future__ import annotations

_TICK_SECONDS = 0.05


class Limit:
    """The limit of one provider in one process. `rate` is in messages a second, None is no limit.

    Times are seconds of a clock that never jumps. At once begins what a twentieth of a second
    brings, and at least one.
    """

    def __init__(self, rate: float | None, now: float) -> None:
        self._rate = rate
        self._sharers = 1
        self._left = self._most_at_once
        self._at = now
        self._paused_until = now

    def share(self, sharers: int) -> None:
        """Keep to an equal part of the rate: so many processes call the same provider."""
        self._sharers = max(1, sharers)

    def pause(self, until: float) -> None:
        """Let nothing begin before `until`; a pause that lasts longer already stays."""
        self._paused_until = max(self._paused_until, until)

    def allows(self, wanted: int, now: float) -> int:
        """How many of `wanted` calls may begin now."""
        if now < self._paused_until:
            return 0
        if self._rate is None:
            return wanted
        self._refill(now)
        return min(wanted, int(self._left))

    def take(self, count: int, now: float) -> None:
        """Count calls that begin now."""
        if self._rate is not None:
            self._refill(now)
            self._left -= count

    def seconds_left(self, now: float) -> float:
        """How long until a call may begin; 0 when one may now."""
        pause = max(0.0, self._paused_until - now)
        if self._rate is None:
            return pause
        self._refill(now)
        return max(pause, (1.0 - self._left) / self._own_rate if self._left < 1.0 else 0.0)

    @property
    def _own_rate(self) -> float:
        return (self._rate or 0.0) / self._sharers

    @property
    def _burst(self) -> float:
        return self._most_at_once + self._own_rate * _TICK_SECONDS  # What is left over between two looks is not lost.

    @property
    def _most_at_once(self) -> float:
        return max(1.0, self._own_rate * _TICK_SECONDS)

    def _refill(self, now: float) -> None:
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._own_rate)
        self._at = now
