"""The kinds of facts that are a day, or a moment of one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from selfservice.kit.kinds import Kind, Shown, read_as

if TYPE_CHECKING:
    from selfservice.kit.formats import Reader


class MomentKind(Kind):
    """A date and time of day; a text without an offset is read in the page's zone.

    What is written has no offset, so in the hour that a clock repeats in autumn it means the earlier of the two.
    """

    control = "moment"
    wants = "a date and time such as 2026-11-24 10:20"
    icon = "clock"

    def from_text(self, text: str, zone: ZoneInfo, /) -> datetime:
        if ":" not in text:  # a date alone would silently mean midnight
            raise ValueError(f"Write {self.wants}.")
        moment = read_as(datetime.fromisoformat, text.strip(), self.wants)
        if moment.tzinfo is not None:
            return moment
        local = moment.replace(tzinfo=zone)
        if 1 < moment.year < 9999 and local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
            raise ValueError("The clocks go forward then and this time is left out; write one an hour later.")
        return local

    def to_text(self, value: datetime, zone: ZoneInfo, /) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")

    def to_line(self, value: datetime, zone: ZoneInfo, /) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    def show(self, value: datetime, reader: Reader, /) -> Shown:
        return Shown(reader.write("moment", value), icon=self.icon)


class DayKind(Kind):
    """A calendar day."""

    control = "day"
    wants = "a date such as 2026-11-24"
    icon = "calendar"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> date:
        return read_as(date.fromisoformat, text.strip(), self.wants)

    def to_text(self, value: date, _zone: ZoneInfo, /) -> str:
        return value.isoformat()

    def show(self, value: date, reader: Reader, /) -> Shown:
        return Shown(reader.write("day", value), icon=self.icon)
