"""The calendar file of a page: one event as iCalendar text (RFC 5545), from a type's CalendarEntry and its words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from selfservice.kit import CalendarEntry

_OCTETS = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def write(entry: CalendarEntry, say: Callable[[str], str], *, uid: str, stamp: datetime) -> str:
    """The text of the .ics file; `say` gives the sentences `calendar.title` and `calendar.description`.

    `uid` stays the same for a page, so that importing it again moves the event instead of doubling it (3.8.4.7); the
    time it was made serves as its SEQUENCE, which only has to grow (3.8.7.4).
    """
    event = [
        ("UID", uid),
        ("DTSTAMP", _utc(stamp)),
        ("SEQUENCE", str(int(stamp.timestamp()) - _EPOCH)),
        ("DTSTART", _utc(entry.starts_at)),
        ("DTEND", _utc(entry.starts_at + entry.duration)),
        ("SUMMARY", _escape(say("calendar.title"))),
        ("DESCRIPTION", _escape(say("calendar.description"))),
        *([("LOCATION", _escape(entry.location))] if entry.location else []),
        ("STATUS", "CONFIRMED"),
        ("TRANSP", "OPAQUE"),
    ]
    lines = [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//selfservice//page//EN"),
        ("METHOD", "PUBLISH"),
        ("BEGIN", "VEVENT"),
        *event,
        ("END", "VEVENT"),
        ("END", "VCALENDAR"),
    ]
    return "".join(_fold(f"{name}:{value}") + "\r\n" for name, value in lines)


# SEQUENCE is a 32-bit integer in some calendars; seconds since 2026 fit until 2094.
_EPOCH = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _fold(line: str) -> str:
    """Lines of at most 75 octets, continued after CRLF and a space, never inside a character (section 3.1)."""
    lines = [""]
    room = _OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            lines.append("")
            room = _OCTETS - 1
        lines[-1] += character
        room -= size
    return "\r\n ".join(lines)
