"""How values read, in three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.kit import Money, Span
from selfservice.kit.formats import FORMATS, Reader

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LONDON)


def said(form: str, value: Any, language: str, *, country: str = "GB", zone: ZoneInfo = LONDON) -> str:
    return FORMATS[form](value, Reader(language, zone, NOW, country))


@pytest.mark.parametrize(
    ("form", "value", "en", "es", "ar"),
    [
        ("weekday", AT, "Tuesday", "martes", "الثلاثاء"),
        ("day", AT, "Tuesday 24 November", "martes 24 de noviembre", "الثلاثاء 24 نوفمبر"),
        ("short_day", AT, "Tue 24 Nov", "mar 24 nov", "الثلاثاء 24 نوفمبر"),
        ("month", AT, "NOV", "NOV", "نوفمبر"),
        ("number", AT, "24", "24", "24"),
        ("time", AT, "10:20 am", "10:20", "10:20 ص"),
        ("moment", AT, "Tuesday 24 November, 10:20 am", "martes 24 de noviembre, 10:20", "الثلاثاء 24 نوفمبر، 10:20 ص"),
        ("distance", AT, "in 3 days", "dentro de 3 días", "خلال 3 أيام"),
        ("distance", NOW + timedelta(hours=5), "in 5 hours", "dentro de 5 horas", "خلال 5 ساعات"),
        ("when", NOW, "today", "hoy", "اليوم"),
        ("when", NOW + timedelta(days=1), "tomorrow", "mañana", "غدًا"),
        ("when", NOW - timedelta(days=1), "yesterday", "ayer", "أمس"),
        ("when", AT, "on Tuesday", "el martes", "يوم الثلاثاء"),
        ("when", date(2026, 12, 1), "on Tuesday 1 December", "el martes 1 de diciembre", "يوم الثلاثاء 1 ديسمبر"),
        ("minutes", 15, "15 minutes", "15 minutos", "15 دقيقة"),
        ("minutes", 5, "5 minutes", "5 minutos", "5 دقائق"),
        ("", "as it is", "as it is", "as it is", "as it is"),
    ],
)
def test_value_reads_as_people_say_it(form: str, value: Any, en: str, es: str, ar: str) -> None:
    assert [said(form, value, language) for language in ("en", "es", "ar")] == [en, es, ar]


@pytest.mark.parametrize(
    ("start", "end", "en", "es"),
    [
        (at(21, 13), at(21, 15), "today, 1 to 3 pm", "hoy, de 13:00 a 15:00"),
        (
            at(22, 11),
            at(22, 13, 30),
            "tomorrow, 11 am to 1:30 pm",
            "mañana, de 11:00 a 13:30",
        ),
        (at(22, 20), at(23, 0), "tomorrow, 8 pm to 12 am", "mañana, de 20:00 a 0:00"),
        (at(22, 9), at(23, 8, 30), "tomorrow, 9 am to 8:30 am", "mañana, de 9:00 a 8:30"),
        (at(22, 9), at(23, 9), "Sun 22 Nov to Mon 23 Nov", "del dom 22 nov al lun 23 nov"),
        (
            at(24, 8),
            at(26, 18),
            "Tue 24 Nov to Thu 26 Nov",
            "del mar 24 nov al jue 26 nov",
        ),
    ],
)
def test_span_says_each_thing_once(start: datetime, end: datetime, en: str, es: str) -> None:
    span = Span(start, end)

    assert [said("span", span, language) for language in ("en", "es")] == [en, es]


@pytest.mark.parametrize(
    ("language", "evening", "night"),
    [
        ("hi", "कल, शाम 6:00 से रात 8:00 तक", "कल, रात 8:00 से मध्यरात्रि 12:00 तक"),
        ("ar", "غدًا، من 6:00 م إلى 8:00 م", "غدًا، من 8:00 م إلى 12:00 ص"),
    ],
)
def test_span_past_midnight_keeps_its_hours(language: str, evening: str, night: str) -> None:
    spans = [Span(at(22, 18), at(22, 20)), Span(at(22, 20), at(23, 0))]

    assert [said("span", span, language) for span in spans] == [evening, night]


def test_day_is_counted_where_the_reader_is() -> None:
    late = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)

    assert said("when", late, "en", zone=ZoneInfo("Asia/Tokyo")) == "tomorrow"


@pytest.mark.parametrize(
    ("currency", "symbol"),
    [("GBP", "UK£\u200e\u200f"), ("PLN", "PLN\u200e\u200f"), ("EUR", "€"), ("SAR", "ر.س.\u200f")],
)
def test_sign_of_money_stays_beside_its_amount_from_right_to_left(currency: str, symbol: str) -> None:
    """A sign in Latin letters is closed off: what stands behind it in such letters would be shown before it."""
    money = Money(amount=Decimal(428), currency=currency)

    assert said("money", money, "ar") == f"\u200f428.00 {symbol}"


def test_money_has_its_sign_and_no_costly_spaces() -> None:
    money = Money(amount=Decimal("1284.50"), currency="GBP")

    assert said("money", money, "en") == "£1,284.50"
    assert "\xa0" not in said("money", money, "es", country="ES")


@pytest.mark.parametrize("language", ["en", "es", "ar", "fr", "cy"])
@pytest.mark.parametrize("country", ["", "GB", "US", "MX", "EG", "ZZ"])
def test_every_format_knows_every_place(language: str, country: str) -> None:
    values = {"money": Money(amount=Decimal(1), currency="EUR"), "minutes": 5, "span": Span(AT, AT), "": "x"}

    for form in FORMATS:
        text = said(form, values.get(form, AT), language, country=country)
        assert text.strip() == text != ""
        assert not set(text) & set("\xa0\u202f\u2009")
