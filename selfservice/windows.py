"""Windows: the hours of a day in which something may happen, in one zone or in several at once; pure.

What a clock on the wall says decides. An hour that the wall skips in spring is not waited for: the first moment
after it that is inside counts. An hour that comes twice in autumn is inside both times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))
HORIZON = timedelta(days=8)
"""How far is looked ahead: a window that does not open in a week never does."""

# Every zone's distance from UTC, and every change of it, is a multiple of this; so are the bounds of windows.
_STEP = timedelta(minutes=15)
_SPELLING = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True)
class Window:
    """From `opens` until just before `closes`, in minutes after midnight, on `days` (Monday is 0)."""

    opens: int
    closes: int
    days: frozenset[int] = EVERY_DAY

    def holds(self, local: datetime) -> bool:
        """Whether a moment, as the wall shows it, is inside."""
        return local.weekday() in self.days and self.opens <= local.hour * 60 + local.minute < self.closes

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{_clock(self.closes)}"


def read(text: str, days: frozenset[int] = EVERY_DAY) -> Window:
    """A window spelt like "08:00-21:00"; raises ValueError with a sentence."""
    found = _SPELLING.fullmatch(text.strip())
    if found is None:
        raise ValueError("The hours are not spelt like 08:00-21:00: write two times of the day.")
    hour, minute, last_hour, last_minute = map(int, found.groups())
    opens, closes = hour * 60 + minute, last_hour * 60 + last_minute
    if minute % 15 or last_minute % 15 or minute > 45 or last_minute > 45:
        raise ValueError("The hours begin and end at a quarter of an hour: write like 08:00-21:00.")
    if not opens < closes <= 24 * 60:
        raise ValueError("The hours end before they begin: write the earlier time first, within one day.")
    return Window(opens, closes, days)


def is_open(at: datetime, zones: Sequence[str], windows: Sequence[Window]) -> bool:
    """Whether all windows hold at this moment in all zones."""
    walls = [at.astimezone(_zone(zone)) for zone in zones]
    return all(window.holds(wall) for wall in walls for window in windows)


def next_open(at: datetime, zones: tuple[str, ...], windows: tuple[Window, ...]) -> datetime | None:
    """The first moment from `at` on at which all windows hold in all zones; None if there is none within a week."""
    step = at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % _STEP
    found = _scan(step, zones, windows)
    return at if found == step else found  # Within a step nothing opens or closes.


@lru_cache(maxsize=4096)
def _scan(start: datetime, zones: tuple[str, ...], windows: tuple[Window, ...]) -> datetime | None:
    steps = range(HORIZON // _STEP)
    return next((moment for step in steps if is_open(moment := start + step * _STEP, zones, windows)), None)


@cache
def _zone(name: str) -> ZoneInfo:
    """`ZoneInfo` itself remembers eight: where a person may be in thirty, each look would read thirty files."""
    return ZoneInfo(name)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
