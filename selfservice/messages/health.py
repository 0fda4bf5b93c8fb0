"""How well a provider does, judged from its last calls; pure. Who keeps and shares the verdict is `routing`.

Times are seconds of a clock that never jumps (`time.monotonic`); a test hands in its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import Literal, NamedTuple

STEPS = (0, 1, 5, 25, 100)
"""How many in a hundred messages a provider gets on its way back from nothing to everything."""

MOST_FAILURES = 50
WINDOW_SECONDS = 60.0
LEAST_PART = 0.1
"""Failures are too many only if they are a tenth of the calls: a busy provider has fifty a minute in good health."""

SLOW_SECONDS = 5.0
LAST_CALLS = 50
_FEWEST_CALLS = 4
REST_SECONDS = 60.0
LONGEST_REST = 900.0
STEP_SECONDS = 30.0
TRIAL_SECONDS = 10.0
_TRIAL_FAILURES = 3

Verdict = Literal["failures", "slow"]


class Call(NamedTuple):
    """One call that has ended: when, after how many seconds, and whether it was the provider that failed."""

    at: float
    seconds: float
    failed: bool


class _Count(NamedTuple):
    """The calls that ended in one second."""

    second: int
    calls: int
    failures: int


class Tally:
    """The calls of one provider in this process, of which `parallel` run at once, as far back as anybody asks."""

    def __init__(self, parallel: int) -> None:
        self._fewest = max(2, min(_FEWEST_CALLS, parallel))
        self._counts: deque[_Count] = deque()
        self._last: deque[Call] = deque(maxlen=LAST_CALLS)

    def note(self, call: Call) -> None:
        """Remember a call that has ended."""
        second = int(call.at)
        known = self._counts.pop() if self._counts and self._counts[-1].second == second else _Count(second, 0, 0)
        self._counts.append(_Count(second, known.calls + 1, known.failures + call.failed))
        self._last.append(call)
        self._forget(call.at)

    def begin_again(self) -> None:
        """Forget everything: from here on the provider is judged anew."""
        self._counts.clear()
        self._last.clear()

    def verdict(self, now: float, under_way: Iterable[float], *, on_trial: bool) -> Verdict | None:
        """What is wrong with the provider, None when nothing is; `under_way` are the moments its open calls began at.

        On trial it has few calls, so a few failures are enough.
        """
        self._forget(now)
        most = _TRIAL_FAILURES if on_trial else MOST_FAILURES
        calls, failures = self._totals()
        if failures >= most and failures >= calls * (0.5 if on_trial else LEAST_PART):
            return "failures"
        seconds = [call.seconds for call in self._last if now - call.at <= WINDOW_SECONDS]
        # A call that hangs says so long before it ends.
        seconds += [now - began for began in under_way]
        if len(seconds) >= (1 if on_trial else self._fewest) and median(seconds) > SLOW_SECONDS:
            return "slow"
        return None

    def has_succeeded(self) -> bool:
        """Whether a call has ended well since the tally was begun."""
        calls, failures = self._totals()
        return calls > failures

    def _totals(self) -> tuple[int, int]:
        return sum(count.calls for count in self._counts), sum(count.failures for count in self._counts)

    def _forget(self, now: float) -> None:
        while self._counts and now - self._counts[0].second > WINDOW_SECONDS:
            self._counts.popleft()


def rest_after(falls: int) -> float:
    """For how many seconds a provider gets nothing after it has fallen so many times: twice as long each time."""
    return float(min(LONGEST_REST, REST_SECONDS * 2 ** (falls - 1)))


def next_step(share: int) -> int:
    """The share that comes after `share` on the way back."""
    return STEPS[STEPS.index(share) + 1]
