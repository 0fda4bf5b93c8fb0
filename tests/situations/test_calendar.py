"""The calendar file as a calendar reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from selfservice.kit import CalendarEntry
from selfservice.situations.calendar import write

STAMP = datetime(2026, 11, 21, 9, 0, 30, tzinfo=UTC)
AT = datetime(2026, 7, 24, 10, 20, tzinfo=ZoneInfo("Europe/London"))
WORDS = {
    "calendar.title": "Termín; s „Dr Okafor“, \\ 10:20",
    "calendar.description": "فريق مركز هاربر ستريت الصحي في انتظارك، ويمكنك تغيير الموعد من صفحتك.\nالسطر الثاني",
}


def entry(location: str = "14 Harbour Street, second floor; lift") -> CalendarEntry:
    return CalendarEntry(starts_at=AT, duration=timedelta(minutes=15), location=location)


def written(stamp: datetime = STAMP, location: str = "14 Harbour Street, second floor; lift") -> str:
    return write(entry(location), WORDS.__getitem__, uid="1f@go.harbourstreet.example", stamp=stamp)


def event_of(text: str) -> Event:
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return event


def test_calendar_reads_what_was_meant() -> None:
    event = event_of(written())

    assert event["UID"] == "1f@go.harbourstreet.example"
    assert event.decoded("DTSTART") == datetime(2026, 7, 24, 9, 20, tzinfo=UTC)
    assert event.decoded("DTEND") == datetime(2026, 7, 24, 9, 35, tzinfo=UTC)
    assert event.decoded("DTSTAMP") == STAMP
    assert str(event["SUMMARY"]) == WORDS["calendar.title"]
    assert str(event["DESCRIPTION"]) == WORDS["calendar.description"]
    assert str(event["LOCATION"]) == "14 Harbour Street, second floor; lift"
    assert event.errors == []


def test_lines_are_folded_between_characters_and_end_in_crlf() -> None:
    text = written()

    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert text.encode().decode() == text


def test_later_file_moves_the_same_event() -> None:
    first, second = event_of(written()), event_of(written(STAMP + timedelta(minutes=1)))

    assert second["UID"] == first["UID"]
    assert second["SEQUENCE"] > first["SEQUENCE"]


def test_event_without_a_place_has_no_location() -> None:
    assert "LOCATION" not in event_of(written(location=""))


def test_values_cannot_add_lines_of_their_own() -> None:
    event = event_of(written(location="Here\r\nATTENDEE:mailto:eve@example.org"))

    assert "ATTENDEE" not in event
