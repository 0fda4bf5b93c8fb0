"""How values read on a page or in a text, by language and zone (CLDR through Babel); pure and remembered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency, get_currency_symbol
from babel.units import format_unit

from selfservice.kit.customs import Customs, customs
from selfservice.kit.locales import locale
from selfservice.kit.values import Money, Span

_NOWHERE = ZoneInfo("UTC")
_MIDNIGHT = datetime(2001, 1, 1, tzinfo=_NOWHERE)
BRIEF = 22
"""As much of a merchant's name as every card network carries (Mastercard's 22 of field 43 of ISO 8583; Visa has 25)."""

_LATIN = re.compile("[A-Z]")
# The marks of Unicode's bidirectional algorithm (UAX 9) that phones have known longest.
_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = "\u200e", "\u200f"


@dataclass(frozen=True)
class Reader:
    """Who reads: the language (`en`, `zh`), the country whose customs count, the zone, the present moment."""

    language: str
    zone: ZoneInfo
    now: datetime
    country: str = ""

    @property
    def locale(self) -> Locale:
        """The CLDR locale, the bare language where CLDR has none for the country."""
        return locale(self.language, self.country)

    @property
    def customs(self) -> Customs:
        """How this language puts days and times together."""
        return customs(self.language)

    def write(self, form: str, value: Any) -> str:
        """A value in one of `FORMATS`."""
        return FORMATS[form](value, self)


def weekday(value: datetime | date, reader: Reader) -> str:
    """Tuesday"""
    return _date(_day_of(value, reader), "EEEE", reader.locale)


def day(value: datetime | date, reader: Reader) -> str:
    """Tuesday 24 November"""
    return _day(_day_of(value, reader), reader.locale, "EEEEMMMMd", reader.customs.day)


def short_day(value: datetime | date, reader: Reader) -> str:
    """Tue 24 Nov"""
    return _day(_day_of(value, reader), reader.locale, "EEEMMMd", reader.customs.short_day)


def month(value: datetime | date, reader: Reader) -> str:
    """NOV, for the calendar leaf"""
    return _date(_day_of(value, reader), "LLL", reader.locale).strip(".॰").upper()


def number(value: datetime | date, reader: Reader) -> str:
    """24, for the calendar leaf"""
    return str(_day_of(value, reader).day)


def time(value: datetime, reader: Reader) -> str:
    """10:20 am"""
    return _time(value.astimezone(reader.zone), reader.locale, reader.customs.time)


def moment(value: datetime, reader: Reader) -> str:
    """Tuesday 24 November, 10:20 am"""
    return reader.customs.moment.format(day(value, reader), time(value, reader))


def dated(value: datetime, reader: Reader) -> str:
    """24 November 2026, 10:20 am: with its year, for what is kept"""
    year = format_date(_day_of(value, reader), "long", locale=reader.locale)
    return reader.customs.moment.format(_plain_spaces(year), time(value, reader))


def when(value: datetime | date, reader: Reader) -> str:
    """today, tomorrow, on Tuesday, on Tuesday 1 December: as it stands inside a sentence, for pages only.

    A text may be read on another day than it was written: use `day` or `short_day` there.
    """
    wanted = _day_of(value, reader)
    days = (wanted - reader.now.astimezone(reader.zone).date()).days
    near = reader.customs.near.get(days)
    if near is not None:
        return near
    is_this_week = 1 < days < 7
    if not reader.customs.on_weekdays:
        return reader.customs.on.format(weekday(value, reader) if is_this_week else day(value, reader))
    named = reader.customs.on_weekdays[wanted.weekday()]
    return named if is_this_week else f"{named}, {_date(wanted, 'd MMMM', reader.locale)}"


def when_exactly(value: datetime, reader: Reader) -> str:
    """today, 10:20 am; on Tuesday, 10:20 am: for pages only, as `when` is."""
    return reader.customs.moment.format(when(value, reader), time(value, reader))


def when_at(value: datetime, reader: Reader) -> str:
    """tomorrow at 8 am, on Tuesday at 9:30 am: as it stands inside a sentence, for pages only, as `when` is."""
    said = time(value, reader)
    said = said.replace(":00", "") if reader.language == "en" else said
    at = reader.customs.at
    # One o'clock alone is one in Spanish: a la 1:00.
    at = at.replace("las", "la") if reader.language == "es" and said.startswith("1:") else at
    return at.format(when(value, reader), said)


def span(value: Span, reader: Reader) -> str:
    """today, 1 to 3 pm; tomorrow, 8 pm to 12 am; or Tue 24 Nov to Thu 26 Nov, where it lasts a day or more"""
    is_one_day = _day_of(value.start, reader) == _day_of(value.end, reader)
    if not is_one_day and value.end - value.start >= timedelta(days=1):
        return reader.customs.days.format(short_day(value.start, reader), short_day(value.end, reader))
    times = _from_to(time(value.start, reader), time(value.end, reader), reader, is_one_day=is_one_day)
    return reader.customs.moment.format(when(value.start, reader), times)


def hours(opens: int, closes: int, reader: Reader) -> str:
    """8 am to 6:30 pm, from minutes after midnight by the clock on the wall"""
    reader = replace(reader, zone=_NOWHERE)
    start, end = (_MIDNIGHT + timedelta(minutes=minutes) for minutes in (opens, closes))
    return _from_to(time(start, reader), time(end, reader), reader)


def minutes(value: int, reader: Reader) -> str:
    """15 minutes"""
    return _minutes(value, reader.locale, reader.customs.unit)


def distance(value: datetime | date, reader: Reader) -> str:
    """In 3 days, counted in calendar days of the zone; hours on the day itself."""
    days = (_day_of(value, reader) - reader.now.astimezone(reader.zone).date()).days
    if days == 0 and isinstance(value, datetime):
        minutes = round((value - reader.now).total_seconds() / 60)
        return _distance(minutes * 60, "minute" if abs(minutes) < 60 else "hour", reader.locale)
    return _distance(days * 86_400, "day", reader.locale)


def money(value: Money, reader: Reader) -> str:
    """£428.00"""
    return _money(str(value.amount), value.currency, reader.locale)


def brief(value: Any, _reader: Reader, /) -> str:
    """ELECTRO-HUB ONLINE S..: at most 22 characters, as many as every card network has of a merchant's name.

    For texts, whose length must not hang on what somebody else's system calls things.
    """
    text = str(value)
    return text if len(text) <= BRIEF else f"{text[: BRIEF - 2].rstrip(' -,.&')}.."


def plain(value: Any, _reader: Reader, /) -> str:
    """The value as it is."""
    return str(value)


FORMATS: dict[str, Callable[[Any, Reader], str]] = {
    "": plain,
    "weekday": weekday,
    "day": day,
    "short_day": short_day,
    "month": month,
    "number": number,
    "time": time,
    "moment": moment,
    "dated": dated,
    "distance": distance,
    "money": money,
    "when": when,
    "when_exactly": when_exactly,
    "when_at": when_at,
    "span": span,
    "minutes": minutes,
    "brief": brief,
}
"""What may stand behind the colon of a placeholder, and after the bar in a template."""


def _from_to(start: str, end: str, reader: Reader, *, is_one_day: bool = True) -> str:
    """From one time to another, of one day without what they share: 1 to 3 pm."""
    if reader.language == "en":
        start, end = start.replace(":00", ""), end.replace(":00", "")
        start = start.removesuffix(end[-3:]) if is_one_day else start
    part, space, hour = end.rpartition(" ")
    # In Hindi the part of the day goes first.
    if reader.language == "hi" and is_one_day and start.startswith(part + space):
        end = hour
    return reader.customs.hours.format(start, end)


def _day_of(value: datetime | date, reader: Reader) -> date:
    return value.astimezone(reader.zone).date() if isinstance(value, datetime) else value


@lru_cache(maxsize=4096)
def _date(value: date, pattern: str, locale: Locale) -> str:
    return format_date(value, pattern, locale)


@lru_cache(maxsize=4096)
def _day(value: date, locale: Locale, skeleton: str, pattern: str) -> str:
    if pattern:
        return format_date(value, pattern, locale)
    return format_skeleton(skeleton, value, locale=locale)


@lru_cache(maxsize=4096)
def _time(value: datetime, locale: Locale, pattern: str) -> str:
    text = format_time(value.time(), pattern, locale=locale)
    return _plain_spaces(text.replace(" AM", " am").replace(" PM", " pm") if pattern != "short" else text)


@lru_cache(maxsize=4096)
def _distance(seconds: int, granularity: str, locale: Locale) -> str:
    return format_timedelta(seconds, granularity=granularity, threshold=10_000, add_direction=True, locale=locale)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def _minutes(value: int, locale: Locale, length: Literal["long", "short"]) -> str:
    return _plain_spaces(format_unit(value, "duration-minute", length, locale=locale))


@lru_cache(maxsize=4096)
def _money(amount: str, currency: str, locale: Locale) -> str:
    text = _plain_spaces(format_currency(amount, currency, locale=locale))
    symbol = get_currency_symbol(currency, locale=locale)
    if locale.text_direction == "rtl" and _LATIN.search(symbol):
        # Else £ is shown on the wrong side of UK, and what follows in Latin letters comes between it and its amount.
        return text.replace(symbol, f"{symbol}{_LEFT_TO_RIGHT}{_RIGHT_TO_LEFT}")
    return text


def _plain_spaces(text: str) -> str:
    # CLDR's no-break spaces are not in GSM-7: one of them would double the cost of a text.
    return text.replace("\u202f", " ").replace("\xa0", " ")
