"""Times and names as staff read them: short, in the organisation's zone, the day left out when it is today."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from selfservice import clock
from selfservice.kit import formats
from selfservice.kit.formats import Reader
from selfservice.windows import Window

_RELATIVE = ("Tomorrow", "Yesterday")


class Times:
    """Writes moments for staff in one zone."""

    def __init__(self, timezone: str) -> None:
        self._reader = Reader("en", ZoneInfo(timezone), clock.now())

    def short(self, moment: datetime) -> str:
        """9:41 am today; Yesterday, 9:41 am; Tue 24 Nov, 10:20 am; with the year when it is not this one."""
        time = formats.time(moment, self._reader)
        day = self._day(moment)
        return f"{day}, {time}" if day else time

    def within(self, moment: datetime) -> str:
        """The same within a sentence: tomorrow, 10:20 am."""
        text = self.short(moment)
        return text[0].lower() + text[1:] if text.startswith(_RELATIVE) else text

    def exact(self, moment: datetime) -> str:
        """The same, today's to the second: 9:41:52 am."""
        if self._day(moment):
            return self.short(moment)
        local = moment.astimezone(self._reader.zone)
        return f"{local.hour % 12 or 12}:{local:%M:%S} {'am' if local.hour < 12 else 'pm'}"

    def long(self, moment: datetime) -> str:
        """Tuesday 24 November, 10:20 am."""
        return formats.moment(moment, self._reader)

    def between(self, hours: Window) -> str:
        """5:00 pm to 9:00 pm: hours of the day, wherever somebody is."""
        midnight = datetime(2000, 1, 1, tzinfo=self._reader.zone)
        opens, closes = (
            formats.time(midnight.replace(hour=minutes // 60 % 24, minute=minutes % 60), self._reader)
            for minutes in (hours.opens, hours.closes)
        )
        return f"{opens} to {closes}"

    def _day(self, moment: datetime) -> str:
        day = moment.astimezone(self._reader.zone).date()
        today: date = self._reader.now.astimezone(self._reader.zone).date()
        if day == today:
            return ""
        if abs(day - today) == timedelta(days=1):
            return _RELATIVE[day < today]
        year = f" {day.year}" if day.year != today.year else ""
        return formats.short_day(day, self._reader) + year


def initials(name: str | None) -> str:
    """MS for Maria Santos; a number sign for somebody without a name."""
    words = (name or "").split()
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper() if words else "#"
