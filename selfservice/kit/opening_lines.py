"""Opening lines: opening hours as customers read them, in one line; the days that differ are not in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from selfservice.kit.formats import Reader, hours, weekday
from selfservice.kit.opening import Opening, Windows

_DAYS = 7
_WHOLE_DAY = 24 * 60
_MONDAY = date(2001, 1, 1)


def line(opening: Opening, reader: Reader) -> str:
    """Monday to Friday, 8 am to 6:30 pm; Saturday, 9 am to 1 pm

    Empty for a place that is closed all week.
    """
    customs = reader.customs
    said = customs.stop.join(
        customs.moment.format(_days(first, count, reader), customs.comma.join(_hours(found, reader)))
        for first, count, found in _runs(opening.week)
    )
    return said[:1].upper() + said[1:]


def _runs(week: tuple[Windows, ...]) -> Iterator[tuple[int, int, Windows]]:
    """Days in a row with the same windows: the first (Monday is 0), how many, and the windows."""
    begins = [day for day in range(_DAYS) if week[day] != week[day - 1]] or [0]
    # A week from Sunday to Thursday is said in that order.
    begins = begins[-1:] + begins[:-1] if week[0] == week[-1] else begins
    for place, first in enumerate(begins):
        if week[first]:
            yield first, (begins[(place + 1) % len(begins)] - first - 1) % _DAYS + 1, week[first]


def _days(first: int, count: int, reader: Reader) -> str:
    customs = reader.customs
    if count == _DAYS and customs.every_day:
        return customs.every_day
    last = (first + count - 1) % _DAYS
    if count == 1:
        return _name(first, reader)
    if customs.weekday_names:
        return customs.weekdays.format(customs.weekday_names[first], customs.weekday_names[last])
    return customs.weekdays.format(_name(first, reader), _name(last, reader))


def _hours(found: Windows, reader: Reader) -> Iterator[str]:
    for window in found:
        is_whole = window.opens == 0 and window.closes == _WHOLE_DAY
        yield reader.customs.all_day if is_whole else hours(window.opens, window.closes, reader)


def _name(day: int, reader: Reader) -> str:
    return weekday(_MONDAY + timedelta(days=day), reader)
