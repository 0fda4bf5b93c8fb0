"""How values read in Polish, Chinese and Hindi, and in one language in several countries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date

from selfservice.kit import Money, Span
from selfservice.kit.formats import FORMATS, Reader
from selfservice.kit.locales import locale, tag

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)


def said(form: str, value: Any, language: str, country: str) -> str:
    return FORMATS[form](value, Reader(language, LONDON, NOW, country))


@pytest.mark.parametrize(
    ("form", "value", "pl", "zh", "hi"),
    [
        ("weekday", AT, "wtorek", "星期二", "मंगलवार"),
        ("day", AT, "wtorek, 24 listopada", "11月24日星期二", "मंगलवार, 24 नवंबर"),
        ("short_day", AT, "wt. 24 lis", "11月24日周二", "मंगल 24 नवंबर"),
        ("month", AT, "LIS", "11月", "नव"),
        ("number", AT, "24", "24", "24"),
        ("time", AT, "10:20", "10:20", "सुबह 10:20"),
        ("time", AFTERNOON, "15:05", "15:05", "दोपहर 3:05"),
        ("moment", AT, "wtorek, 24 listopada, 10:20", "11月24日星期二 10:20", "मंगलवार, 24 नवंबर, सुबह 10:20"),
        ("when", NOW, "dziś", "今天", "आज"),
        ("when", NOW + timedelta(days=1), "jutro", "明天", "कल"),
        ("when", NOW - timedelta(days=1), "wczoraj", "昨天", "कल"),
        ("when", AT, "we wtorek", "星期二", "मंगलवार को"),
        ("when", date(2026, 11, 25), "w środę", "星期三", "बुधवार को"),
        ("when", date(2026, 12, 1), "we wtorek, 1 grudnia", "12月1日星期二", "मंगलवार, 1 दिसंबर को"),
        ("when_exactly", NOW, "dziś, 09:00", "今天 09:00", "आज, सुबह 9:00"),
        ("distance", AT, "za 3 dni", "3天后", "3 दिन में"),
        ("distance", NOW + timedelta(hours=5), "za 5 godzin", "5小时后", "5 घंटे में"),
        ("minutes", 1, "1 minuta", "1分钟", "1 मिनट"),
        ("minutes", 22, "22 minuty", "22分钟", "22 मिनट"),
        ("minutes", 15, "15 minut", "15分钟", "15 मिनट"),
        ("money", Money(amount=Decimal("128400.50"), currency="INR"), "128 400,50 INR", "₹128,400.50", "₹1,28,400.50"),
        ("money", Money(amount=Decimal("1284.50"), currency="PLN"), "1 284,50 zł", "PLN1,284.50", "PLN1,284.50"),
        ("money", Money(amount=Decimal(428), currency="CNY"), "428,00 CNY", "¥428.00", "CN¥428.00"),
    ],
)
def test_value_reads_as_people_say_it(form: str, value: Any, pl: str, zh: str, hi: str) -> None:
    places = (("pl", "PL"), ("zh", "CN"), ("hi", "IN"))

    assert [said(form, value, language, country) for language, country in places] == [pl, zh, hi]


@pytest.mark.parametrize(
    ("language", "one_day", "another_part", "two_days"),
    [
        ("pl", "dziś, od 13:00 do 15:00", "jutro, od 11:00 do 13:30", "od wt. 24 lis do czw. 26 lis"),
        ("zh", "今天 13:00至15:00", "明天 11:00至13:30", "11月24日周二至11月26日周四"),
        ("hi", "आज, दोपहर 1:00 से 3:00 तक", "कल, सुबह 11:00 से दोपहर 1:30 तक", "मंगल 24 नवंबर से गुरु 26 नवंबर तक"),
        (
            "ar",
            "اليوم، من 1:00 م إلى 3:00 م",
            "غدًا، من 11:00 ص إلى 1:30 م",
            "من الثلاثاء 24 نوفمبر إلى الخميس 26 نوفمبر",
        ),
    ],
)
def test_span_says_each_thing_once(language: str, one_day: str, another_part: str, two_days: str) -> None:
    spans = [
        Span(NOW.replace(hour=13), NOW.replace(hour=15)),
        Span(datetime(2026, 11, 22, 11, tzinfo=UTC), datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        Span(AT, AT + timedelta(days=2)),
    ]

    assert [said("span", span, language, "GB") for span in spans] == [one_day, another_part, two_days]


@pytest.mark.parametrize(
    ("language", "country", "time"),
    [
        ("en", "GB", "3:05 pm"),
        ("en", "US", "3:05 pm"),
        ("es", "ES", "15:05"),
        ("es", "US", "3:05 p.m."),
        ("es", "MX", "3:05 p.m."),
        ("es", "GB", "15:05"),
        ("ar", "EG", "3:05 م"),
        ("ar", "MA", "15:05"),
        ("zh", "TW", "15:05"),
        ("pl", "GB", "15:05"),
    ],
)
def test_clock_goes_to_twelve_or_twenty_four_as_in_the_country(language: str, country: str, time: str) -> None:
    assert said("time", AFTERNOON, language, country) == time


@pytest.mark.parametrize("country", ["CN", "TW", "HK", "GB", ""])
def test_chinese_is_simplified_wherever_the_brand_is(country: str) -> None:
    assert said("short_day", AT, "zh", country) == "11月24日周二"


def test_digits_are_those_that_sites_of_the_country_use() -> None:
    for language, country in (("hi", "IN"), ("ar", "EG"), ("ar", "")):
        assert "24" in said("day", AT, language, country)


@pytest.mark.parametrize(
    ("language", "written"), [("en", "en"), ("ar", "ar"), ("pl", "pl"), ("hi", "hi"), ("zh", "zh-Hans")]
)
def test_language_is_called_in_a_page_what_browsers_call_it(language: str, written: str) -> None:
    assert tag(language) == written


def test_one_language_never_speaks_in_the_words_of_another() -> None:
    # Babel's own locales remember what they share with others: asked after Chinese, Hindi says 11月.
    locales = [locale(language) for language in ("zh", "hi", "pl", "ar")]

    assert [format_date(AT, "LLL", made) for made in locales] == ["11月", "नव॰", "lis", "نوفمبر"]
    assert [format_date(AT, "LLL", made) for made in reversed(locales)] == ["نوفمبر", "lis", "नव॰", "11月"]
