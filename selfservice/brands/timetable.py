"""Timetables: opening hours as staff write them, a line for a day or for days in a row: `mon-fri 08:00-18:30`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from selfservice.kit.opening import WEEKDAYS, read_windows

CLOSED = "closed"
_DAILY = "daily"
_LIKE = "write lines such as “mon-fri 08:00-18:30”, “sat 09:00-12:00, 14:00-17:00” or “2026-12-25 closed”"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read(lines: Iterable[str]) -> dict[str, Any]:
    """What `kit.opening.Opening` reads, of lines with days and hours; raises ValueError with a sentence.

    A later line for the same day counts. A weekday that no line names is closed.
    """
    week: dict[str, list[str]] = {}
    exceptions: dict[str, list[str]] = {}
    for line in filter(None, (line.strip().lower() for line in lines)):
        days, _, spelt = line.partition(" ")
        try:
            hours = _hours(spelt)
        except ValueError as refusal:
            raise ValueError(f"“{line}”: {refusal}") from None
        if _DATE.fullmatch(days):
            exceptions[_date(days)] = hours
        else:
            week |= dict.fromkeys(_weekdays(days), hours)
    found = {name: week[name] for name in WEEKDAYS if week.get(name)}
    return {"week": found, "exceptions": dict(sorted(exceptions.items()))} if found or exceptions else {}


def lines(data: Mapping[str, Any]) -> list[str]:
    """The lines that give `data` again."""
    week, exceptions = data.get("week") or {}, data.get("exceptions") or {}
    return [*_week_lines(week), *(f"{day} {hours_line(hours)}" for day, hours in exceptions.items())]


def hours_line(hours: Iterable[str]) -> str:
    """The hours of one day: `08:00-12:00, 14:00-18:30`, or `closed`."""
    return ", ".join(hours) or CLOSED


def _week_lines(week: Mapping[str, list[str]]) -> Iterator[str]:
    first = 0
    while first < len(WEEKDAYS):
        hours, last = week.get(WEEKDAYS[first]), first
        while last + 1 < len(WEEKDAYS) and week.get(WEEKDAYS[last + 1]) == hours:
            last += 1
        if hours:
            yield f"{_span(first, last)} {hours_line(hours)}"
        first = last + 1


def _span(first: int, last: int) -> str:
    if last - first == len(WEEKDAYS) - 1:
        return _DAILY
    return WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}-{WEEKDAYS[last]}"


def _hours(spelt: str) -> list[str]:
    text = spelt.strip()
    if not text:
        raise ValueError(f"A line has a day and no hours: {_LIKE}.")
    wanted = [] if text == CLOSED else [part.strip().replace("–", "-") for part in text.split(",")]
    return [str(window) for window in read_windows(wanted)]


def _weekdays(spelt: str) -> list[str]:
    if spelt == _DAILY:
        return list(WEEKDAYS)
    first, _, last = spelt.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        raise ValueError(f"“{spelt}” is neither a day nor days in a row: {_LIKE}.")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return [WEEKDAYS[(begin + step) % len(WEEKDAYS)] for step in range((end - begin) % len(WEEKDAYS) + 1)]


def _date(spelt: str) -> str:
    try:
        return date.fromisoformat(spelt).isoformat()
    except ValueError:
        raise ValueError(f"There is no day {spelt}; write it like 2026-12-25.") from None
