"""Opening hours: who is there when, also on holidays and on the days on which the clock jumps, and how they read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice.kit.formats import FORMATS, Reader
from selfservice.kit.opening import WEEKDAYS, Opening
from selfservice.kit.opening_lines import line

LONDON = ZoneInfo("Europe/London")
QUARTER = timedelta(minutes=15)
OFFICE: dict[str, Any] = {"week": {key: ["08:00-18:30"] for key in WEEKDAYS[:5]}}
# Clocks that jump by an hour, by half of one, at midnight, and over a whole day.
JUMPING = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut", "Asia/Kolkata")


def opening(data: dict[str, Any], zone: ZoneInfo = LONDON) -> Opening:
    read = Opening.read(data, zone)
    assert read is not None
    return read


def local(*parts: int, zone: ZoneInfo = LONDON, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("at", "is_open", "next_at"),
    [
        ((2026, 11, 20, 7, 59), False, (2026, 11, 20, 8, 0)),
        ((2026, 11, 20, 8, 0), True, (2026, 11, 20, 8, 0)),
        ((2026, 11, 20, 18, 29), True, (2026, 11, 20, 18, 29)),
        ((2026, 11, 20, 18, 30), False, (2026, 11, 23, 8, 0)),
        ((2026, 11, 22, 12, 0), False, (2026, 11, 23, 8, 0)),
        # Christmas Eve ends at noon, Christmas and the day after are off, and 2026 has a Sunday behind them.
        ((2026, 12, 24, 11, 59), True, (2026, 12, 24, 11, 59)),
        ((2026, 12, 24, 12, 0), False, (2026, 12, 27, 10, 0)),
        # A Sunday on which somebody is there all the same.
        ((2026, 12, 27, 10, 0), True, (2026, 12, 27, 10, 0)),
    ],
)
def test_somebody_is_there_as_the_week_and_its_exceptions_say(
    at: tuple[int, ...], is_open: bool, next_at: tuple[int, ...]
) -> None:
    office = opening(
        {
            **OFFICE,
            "exceptions": {
                "2026-12-24": ["08:00-12:00"],
                "2026-12-25": [],
                "2026-12-27": ["10:00-12:00"],
            },
        }
    )

    assert office.is_open(local(*at)) is is_open
    assert office.next_opening(local(*at)) == local(*next_at)


def test_a_place_that_opens_on_one_day_of_the_year_is_waited_for_and_one_that_never_does_is_not() -> None:
    summer = opening({"exceptions": {"2027-07-01": ["09:00-10:00"]}})

    assert summer.next_opening(local(2026, 11, 20)) == local(2027, 7, 1, 9)
    assert summer.next_opening(local(2027, 7, 2)) is None


def test_times_to_offer_begin_and_end_while_somebody_is_there() -> None:
    office = opening({"week": {"tue": ["08:00-09:15", "14:00-15:00"]}, "exceptions": {"2026-12-01": []}})

    tuesday = office.starts(date(2026, 11, 24), every=timedelta(minutes=30))

    assert tuesday == tuple(local(2026, 11, 24, *at) for at in ((8, 0), (8, 30), (14, 0), (14, 30)))
    assert office.starts(date(2026, 11, 25), every=timedelta(minutes=30)) == ()
    assert office.starts(date(2026, 12, 1), every=timedelta(minutes=30)) == ()


def test_a_time_that_the_wall_skips_is_not_offered_and_one_that_comes_twice_is_offered_once() -> None:
    always = opening({"week": {key: ["00:00-04:00"] for key in WEEKDAYS}})

    spring = always.starts(date(2027, 3, 28), every=timedelta(hours=1))
    autumn = always.starts(date(2027, 10, 31), every=timedelta(hours=1))

    assert spring == tuple(local(2027, 3, 28, hour) for hour in (0, 2, 3))
    assert autumn == tuple(local(2027, 10, 31, hour) for hour in (0, 1, 2, 3))


@given(
    zone=st.sampled_from(JUMPING),
    month=st.sampled_from((3, 4, 10, 11)),
    day=st.integers(1, 28),
    minutes=st.integers(0, 24 * 60),
    bounds=st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda pair: pair[0] < pair[1]),
)
def test_next_opening_is_the_first_open_moment_whatever_the_clock_does(
    zone: str, month: int, day: int, minutes: int, bounds: tuple[int, int]
) -> None:
    spelt = "{:02}:{:02}-{:02}:{:02}".format(*(part for bound in bounds for part in divmod(bound * 15, 60)))
    place = opening({"week": {key: [spelt] for key in WEEKDAYS}}, ZoneInfo(zone))
    start = datetime(2026, month, day, tzinfo=UTC) + timedelta(minutes=minutes)

    found = place.next_opening(start)

    assert found is not None
    assert place.is_open(found)
    before = start
    while before < found:
        assert not place.is_open(before)
        before += timedelta(minutes=5)
    for at in place.starts(found.astimezone(place.zone).date(), every=QUARTER):
        assert place.is_open(at)
        assert at.astimezone(place.zone).minute % 15 == 0


def test_what_is_kept_is_read_back_the_same() -> None:
    kept = {
        "week": {"mon": ["08:00-12:00", "14:00-24:00"], "sun": ["00:00-02:00"]},
        "exceptions": {"2026-12-24": ["08:00-12:00"], "2026-12-25": []},
    }

    assert opening(kept).as_data() == kept
    assert Opening.read({}, LONDON) is None
    assert Opening.read({"week": {"mon": []}}, LONDON) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"week": {"monday": ["08:00-12:00"]}}, "There is no weekday called monday"),
        ({"week": {"mon": ["8-12"]}}, "not spelt like"),
        ({"week": {"mon": "08:00-12:00"}}, "are a list"),
        ({"week": {"mon": ["20:00-02:00"]}}, "end before they begin"),
        ({"week": {"mon": ["08:00-12:00", "11:00-13:00"]}}, "08:00-12:00 and 11:00-13:00 overlap"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Opening.read(data, LONDON)


LINES = {
    "en": (
        "Monday to Friday, 8 am to 6:30 pm",
        "Monday to Friday, 8 am to 6:30 pm; Saturday, 9 am to 1 pm",
        "Every day, 24 hours",
        "Sunday to Thursday, 8 am to 12 pm, 2 to 6 pm",
        "on Monday at 8 am",
    ),
    "es": (
        "De lunes a viernes, de 8:00 a 18:30",
        "De lunes a viernes, de 8:00 a 18:30; sábado, de 9:00 a 13:00",
        "Todos los días, 24 horas",
        "De domingo a jueves, de 8:00 a 12:00, de 14:00 a 18:00",
        "el lunes a las 8:00",
    ),
    "ar": (
        "من الاثنين إلى الجمعة، من 8:00 ص إلى 6:30 م",
        "من الاثنين إلى الجمعة، من 8:00 ص إلى 6:30 م؛ السبت، من 9:00 ص إلى 1:00 م",
        "كل يوم، على مدار 24 ساعة",
        "من الأحد إلى الخميس، من 8:00 ص إلى 12:00 م، من 2:00 م إلى 6:00 م",
        "يوم الاثنين الساعة 8:00 ص",
    ),
    "pl": (
        "Od poniedziałku do piątku, od 08:00 do 18:30",
        "Od poniedziałku do piątku, od 08:00 do 18:30; sobota, od 09:00 do 13:00",
        "Codziennie, całą dobę",
        "Od niedzieli do czwartku, od 08:00 do 12:00, od 14:00 do 18:00",
        "w poniedziałek o 08:00",
    ),
    "zh": (
        "星期一至星期五 08:00至18:30",
        "星期一至星期五 08:00至18:30；星期六 09:00至13:00",
        "每天 24小时",
        "星期日至星期四 08:00至12:00，14:00至18:00",
        "星期一 08:00",
    ),
    "hi": (
        "सोमवार से शुक्रवार, सुबह 8:00 से शाम 6:30 तक",
        "सोमवार से शुक्रवार, सुबह 8:00 से शाम 6:30 तक; शनिवार, सुबह 9:00 से दोपहर 1:00 तक",
        "हर दिन, 24 घंटे",
        "रविवार से गुरुवार, सुबह 8:00 से दोपहर 12:00 तक, दोपहर 2:00 से शाम 6:00 तक",
        "सोमवार को सुबह 8:00 बजे",
    ),
}


@pytest.mark.parametrize("language", LINES)
def test_opening_hours_read_as_people_say_them(language: str) -> None:
    reader = Reader(language, LONDON, local(2026, 11, 21, 9), "GB")
    sunday_on = {key: ["08:00-12:00", "14:00-18:00"] for key in ("sun", "mon", "tue", "wed", "thu")}
    weeks = (
        OFFICE["week"],
        {**OFFICE["week"], "sat": ["09:00-13:00"]},
        {key: ["00:00-24:00"] for key in WEEKDAYS},
        sunday_on,
    )

    lines = [line(opening({"week": week}), reader) for week in weeks]
    at = FORMATS["when_at"](opening(OFFICE).next_opening(reader.now), reader)

    assert (*lines, at) == LINES[language]


def test_one_o_clock_has_its_own_word_in_spanish() -> None:
    reader = Reader("es", LONDON, local(2026, 11, 21, 9), "MX")

    assert FORMATS["when_at"](local(2026, 11, 21, 13), reader).startswith("hoy a la 1:00")
    assert FORMATS["when_at"](local(2026, 11, 21, 14), reader).startswith("hoy a las 2:00")
