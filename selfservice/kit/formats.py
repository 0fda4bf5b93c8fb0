"""How values read on a page or in a text, by language and zone (CLDR through Babel); pure and remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency
from babel.units import format_unit

from selfservice.kit.fields import Money, Span

# Patterns of Unicode TR35. English-speaking readers know "10:20 am" everywhere; others follow their own custom. CLDR
# through Babel has no long day with its weekday, it gives the abbreviated one; so the long ones stand here.
_DAY = {"en": "EEEE d MMMM", "es": "EEEE d 'de' MMMM", "ar": "EEEE d MMMM"}
_SHORT_DAY = {"en": "EEE d MMM", "es": "EEE d MMM", "ar": "EEEE d MMMM"}
_TIME = {"en": "h:mm a"}

# What CLDR has no pattern for: a day as it stands inside a sentence ("arrives on Tuesday"), and from one to another.
_NEAR = {
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
    "es": {-1: "ayer", 0: "hoy", 1: "mañana"},
    "ar": {-1: "أمس", 0: "اليوم", 1: "غدًا"},
}
_ON = {"en": "on {}", "es": "el {}", "ar": "يوم {}"}
_HOURS = {"en": "{} to {}", "es": "de {} a {}", "ar": "من {} إلى {}"}
_DAYS = {"en": "{} to {}", "es": "del {} al {}", "ar": "من {} إلى {}"}
_COMMA = {"ar": "، "}


@dataclass(frozen=True)
class Reader:
    """Who reads: the language (`en`, `es`, `ar`), the country whose customs count, the zone, the present moment."""

    language: str
    zone: ZoneInfo
    now: datetime
    country: str = ""

    @property
    def locale(self) -> Locale:
        """The CLDR locale, the bare language where CLDR has none for the country."""
        return _locale(self.language, self.country)


def weekday(value: datetime | date, reader: Reader) -> str:
    """Tuesday"""
    return _date(_day_of(value, reader), "EEEE", reader.locale)


def day(value: datetime | date, reader: Reader) -> str:
    """Tuesday 24 November"""
    return _day(_day_of(value, reader), reader.locale, "EEEEMMMMd", _DAY.get(reader.language))


def short_day(value: datetime | date, reader: Reader) -> str:
    """Tue 24 Nov"""
    return _day(_day_of(value, reader), reader.locale, "EEEMMMd", _SHORT_DAY.get(reader.language))


def month(value: datetime | date, reader: Reader) -> str:
    """NOV, for the calendar leaf"""
    return _date(_day_of(value, reader), "LLL", reader.locale).strip(".").upper()


def number(value: datetime | date, reader: Reader) -> str:
    """24, for the calendar leaf"""
    return str(_day_of(value, reader).day)


def time(value: datetime, reader: Reader) -> str:
    """10:20 am"""
    return _time(value.astimezone(reader.zone), reader.locale, _TIME.get(reader.language, "short"))


def moment(value: datetime, reader: Reader) -> str:
    """Tuesday 24 November, 10:20 am"""
    return f"{day(value, reader)}{_comma(reader)}{time(value, reader)}"


def when(value: datetime | date, reader: Reader) -> str:
    """today, tomorrow, on Tuesday, on Tuesday 1 December: as it stands inside a sentence, for pages only.

    A text may be read on another day than it was written: use `day` or `short_day` there.
    """
    wanted = _day_of(value, reader)
    days = (wanted - reader.now.astimezone(reader.zone).date()).days
    near = _NEAR.get(reader.language, {}).get(days)
    if near is not None:
        return near
    exact = weekday(value, reader) if 1 < days < 7 else day(value, reader)
    return _ON.get(reader.language, "{}").format(exact)


def span(value: Span, reader: Reader) -> str:
    """today, 1 to 3 pm; or Tue 24 Nov to Thu 26 Nov"""
    if _day_of(value.start, reader) != _day_of(value.end, reader):
        join = _DAYS.get(reader.language, "{} – {}")
        return join.format(short_day(value.start, reader), short_day(value.end, reader))
    start, end = time(value.start, reader), time(value.end, reader)
    if reader.language == "en":
        start, end = start.replace(":00", ""), end.replace(":00", "")
        start = start.removesuffix(end[-3:])
    return f"{when(value.start, reader)}{_comma(reader)}{_HOURS.get(reader.language, '{} – {}').format(start, end)}"


def minutes(value: int, reader: Reader) -> str:
    """15 minutes"""
    return _minutes(value, reader.locale)


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
    "distance": distance,
    "money": money,
    "when": when,
    "span": span,
    "minutes": minutes,
}
"""What may stand behind the colon of a placeholder, and after the bar in a template."""


@lru_cache(maxsize=256)
def _locale(language: str, country: str) -> Locale:
    try:
        return Locale.parse(f"{language}_{country}" if country else language)
    except UnknownLocaleError:
        return Locale.parse(language)


def _comma(reader: Reader) -> str:
    return _COMMA.get(reader.language, ", ")


def _day_of(value: datetime | date, reader: Reader) -> date:
    return value.astimezone(reader.zone).date() if isinstance(value, datetime) else value


@lru_cache(maxsize=4096)
def _date(value: date, pattern: str, locale: Locale) -> str:
    return format_date(value, pattern, locale)


@lru_cache(maxsize=4096)
def _day(value: date, locale: Locale, skeleton: str, pattern: str | None) -> str:
    if pattern is not None:
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
def _minutes(value: int, locale: Locale) -> str:
    return _plain_spaces(format_unit(value, "duration-minute", "long", locale=locale))


@lru_cache(maxsize=4096)
def _money(amount: str, currency: str, locale: Locale) -> str:
    return _plain_spaces(format_currency(amount, currency, locale=locale))


def _plain_spaces(text: str) -> str:
    # CLDR's no-break spaces are not in GSM-7: one of them would double the cost of a text.
    return text.replace("\u202f", " ").replace("\xa0", " ")
