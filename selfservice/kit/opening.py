"""Opening hours: when people are there, by the clock on the wall of one zone; pure.

As in `windows`, an hour that the wall skips in spring is nobody's, and one that comes twice in autumn is open both
times.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from selfservice import windows
from selfservice.windows import Window

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=400)
"""How far is looked ahead for the next opening: further than a year, for a place that opens in summer alone."""

Windows = tuple[Window, ...]

# Every zone's distance from UTC, every change of it and the bounds of windows are multiples of this.
_STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Opening:
    """The windows of each weekday, Monday first, in order, and those of the days that differ (`exceptions`, in order).

    No windows on a day: closed.
    """

    zone: ZoneInfo
    week: tuple[Windows, ...]
    exceptions: tuple[tuple[date, Windows], ...] = ()

    @classmethod
    def read(cls, data: Mapping[str, Any], zone: ZoneInfo) -> Opening | None:
        """What `as_data` gave, in the zone whose wall counts; None for nothing. Raises ValueError with a sentence.

        `{"week": {"mon": ["08:00-12:00", "14:00-18:30"]}, "exceptions": {"2026-12-25": []}}`; a weekday that is not
        named is closed.
        """
        week, exceptions = data.get("week") or {}, data.get("exceptions") or {}
        unknown = sorted(set(week) - set(WEEKDAYS))
        if unknown:
            raise ValueError(f"There is no weekday called {unknown[0]}; use {', '.join(WEEKDAYS)}.")
        read = cls(
            zone,
            tuple(read_windows(week.get(name, ())) for name in WEEKDAYS),
            tuple(sorted((date.fromisoformat(day), read_windows(spelt)) for day, spelt in exceptions.items())),
        )
        return read if any(read.week) or read.exceptions else None

    def as_data(self) -> dict[str, Any]:
        """The same as JSON keeps it; the zone is kept elsewhere."""
        week = {name: _spelt(found) for name, found in zip(WEEKDAYS, self.week, strict=True) if found}
        return {"week": week, "exceptions": {day.isoformat(): _spelt(found) for day, found in self.exceptions}}

    def on(self, day: date) -> Windows:
        """The windows of one day."""
        return dict(self.exceptions).get(day, self.week[day.weekday()])

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody is there at this moment (aware)."""
        local = moment.astimezone(self.zone)
        minutes = local.hour * 60 + local.minute
        return any(window.opens <= minutes < window.closes for window in self.on(local.date()))

    def next_opening(self, moment: datetime) -> datetime | None:
        """The first moment from this one on at which somebody is there, in UTC, `moment` itself if that is now.

        None if nobody comes within 400 days.
        """
        if self.is_open(moment):
            return moment
        later = moment.astimezone(UTC) + _STEP
        return _first_open(self, later - (later - datetime.min.replace(tzinfo=UTC)) % _STEP)

    def starts(self, day: date, *, every: timedelta) -> tuple[datetime, ...]:
        """The moments, in UTC, at which something that takes `every` can begin on a day and end within one window.

        They are counted from each opening. A time that the wall skips is left out, one that comes twice is the first.
        """
        step = int(every / timedelta(minutes=1))
        if step < 1:
            raise ValueError("What begins every so often takes a minute at least.")
        walls = (wall for window in self.on(day) for wall in range(window.opens, window.closes - step + 1, step))
        return tuple(found for wall in walls if (found := _moment(day, wall, self.zone)) is not None)


def work_days(zone: ZoneInfo) -> Opening:
    """Monday to Friday from nine to five: what is meant where nobody said."""
    return Opening(zone, tuple(read_windows(["09:00-17:00"] if number < 5 else []) for number in range(len(WEEKDAYS))))


def read_windows(spelt: Any) -> Windows:
    """Windows of one day, in order; raises ValueError with a sentence where they are misspelt or overlap."""
    if isinstance(spelt, str) or not all(isinstance(one, str) for one in spelt):
        raise ValueError("The hours of a day are a list such as 08:00-12:00 and 14:00-18:30.")
    found = tuple(sorted((windows.read(one) for one in spelt), key=lambda window: window.opens))
    for before, after in itertools.pairwise(found):
        if after.opens < before.closes:
            raise ValueError(f"The hours {before} and {after} overlap; write them as one.")
    return found


def _spelt(found: Windows) -> list[str]:
    return [str(window) for window in found]


@lru_cache(maxsize=1024)
def _first_open(opening: Opening, start: datetime) -> datetime | None:
    first = start.astimezone(opening.zone).date()
    days = (first + timedelta(days=number) for number in range(HORIZON.days))
    steps = (step for day in days if opening.on(day) for step in _steps(day, opening.zone) if step >= start)
    return next((step for step in steps if opening.is_open(step)), None)


def _steps(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Every quarter of an hour of a day, in UTC."""
    step = datetime.combine(day, time(), zone).astimezone(UTC)
    while step.astimezone(zone).date() <= day:
        yield step
        step += _STEP


def _moment(day: date, wall: int, zone: ZoneInfo) -> datetime | None:
    """The first moment at which the wall shows so many minutes after midnight; None where it never does."""
    shown = datetime.combine(day, time(wall // 60, wall % 60), zone)
    moment = shown.astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None) else None
