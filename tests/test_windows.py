"""Hours of the day by the clock on the wall, also on the days on which that clock jumps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice import windows
from selfservice.courtesy import DAY
from selfservice.customers import hours
from selfservice.windows import Window


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    """A moment as the wall of a zone shows it, in UTC."""
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("zone", "at", "opens"),
    [
        ("Europe/London", (2027, 3, 28, 0, 59), (2027, 3, 28, 8, 0)),
        ("America/New_York", (2027, 3, 13, 22, 0), (2027, 3, 14, 8, 0)),
        ("America/New_York", (2026, 11, 1, 1, 30), (2026, 11, 1, 8, 0)),
        ("Asia/Kolkata", (2027, 1, 5, 3, 10), (2027, 1, 5, 8, 0)),
        ("Australia/Lord_Howe", (2026, 10, 3, 21, 0), (2026, 10, 4, 8, 0)),
        ("Australia/Lord_Howe", (2027, 4, 3, 23, 59), (2027, 4, 4, 8, 0)),
    ],
)
def test_the_night_ends_at_eight_by_the_wall_whatever_the_clock_did(
    zone: str, at: tuple[int, ...], opens: tuple[int, ...]
) -> None:
    assert windows.next_open(local(zone, *at), (zone,), (DAY,)) == local(zone, *opens)


@pytest.mark.parametrize(
    ("zone", "window", "before", "first"),
    [
        # The wall goes from 1:00 to 2:00, from 2:00 to 3:00 and from 2:00 to 2:30.
        ("Europe/London", "01:30-04:00", (2027, 3, 28, 0, 30), (2027, 3, 28, 2, 0)),
        ("America/New_York", "02:30-04:00", (2027, 3, 14, 1, 0), (2027, 3, 14, 3, 0)),
        ("Australia/Lord_Howe", "02:15-04:00", (2026, 10, 4, 1, 0), (2026, 10, 4, 2, 30)),
    ],
)
def test_an_hour_that_the_wall_skips_is_not_waited_for(
    zone: str, window: str, before: tuple[int, ...], first: tuple[int, ...]
) -> None:
    assert windows.next_open(local(zone, *before), (zone,), (windows.read(window),)) == local(zone, *first)


@pytest.mark.parametrize(
    ("zone", "opens", "when"),
    [
        ("Europe/London", "01:30-04:00", (2026, 10, 25, 1, 30)),
        ("America/New_York", "01:30-04:00", (2026, 11, 1, 1, 30)),
        ("Australia/Lord_Howe", "01:45-04:00", (2027, 4, 4, 1, 45)),
    ],
)
def test_an_hour_that_comes_twice_begins_the_first_time(zone: str, opens: str, when: tuple[int, ...]) -> None:
    first, second = local(zone, *when), local(zone, *when, fold=1)

    assert first < second
    assert windows.next_open(first - timedelta(hours=1), (zone,), (windows.read(opens),)) == first
    assert windows.is_open(second, (zone,), (windows.read(opens),))


def test_windows_and_days_have_to_agree() -> None:
    friday = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
    weekdays = Window(9 * 60, 18 * 60, frozenset(range(5)))

    assert windows.next_open(friday, ("UTC",), (DAY, weekdays)) == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert windows.next_open(friday, ("UTC",), (windows.read("08:00-09:00"), weekdays)) is None


@pytest.mark.parametrize(
    "text", ["", "8-21", "8:00-21:00", "08:00-08:00", "21:00-08:00", "08:10-21:00", "08:00-24:15", "08:75-21:00"]
)
def test_hours_that_are_none_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^The hours .*\.$"):
        windows.read(text)


def test_hours_read_as_they_are_written() -> None:
    assert [str(windows.read(text)) for text in ("08:00-21:00", "00:00-24:00")] == ["08:00-21:00", "00:00-24:00"]


REGIONS = sorted(hours._zones())
moments = st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(at=moments, region=st.sampled_from(REGIONS), wish=st.sampled_from(("", *hours.CHOICES)))
def test_nobody_is_woken_wherever_they_may_be_and_everybody_is_reached(at: datetime, region: str, wish: str) -> None:
    zones = hours._zones()[region]

    moment = hours.next_moment(at, DAY, zones=zones, phone=None, message_class="service", wish=wish)

    assert at <= moment <= at + windows.HORIZON
    assert all(8 <= moment.astimezone(ZoneInfo(zone)).hour < 21 for zone in zones)
    assert hours.next_moment(moment, DAY, zones=zones, phone=None, message_class="service", wish=wish) == moment


@given(
    at=moments,
    region=st.sampled_from(REGIONS),
    opens=st.integers(0, 92),
    length=st.integers(1, 96),
)
def test_whatever_an_organisation_allows_itself_the_night_stays_quiet(
    at: datetime, region: str, opens: int, length: int
) -> None:
    own = Window(opens * 15, min(24 * 60, (opens + length) * 15))
    zones = hours._zones()[region]

    moment = hours.next_moment(at, own, zones=zones, phone=None, message_class="service")

    assert at <= moment <= at + windows.HORIZON
    held = [own.holds(moment.astimezone(ZoneInfo(zone))) for zone in zones]
    assert all(held) or all(DAY.holds(moment.astimezone(ZoneInfo(zone))) for zone in zones)


def test_every_country_that_numbers_have_has_zones() -> None:
    import phonenumbers  # noqa: PLC0415 - heavy

    assert set(phonenumbers.SUPPORTED_REGIONS) <= set(REGIONS)
    assert {zone for zones in hours._zones().values() for zone in zones} <= available_timezones()


def test_what_a_country_asks_of_advertisers_narrows_its_numbers_alone() -> None:
    sunday = local("America/New_York", 2026, 11, 29, 12, 0)

    def moment(phone: str, message_class: str) -> datetime:
        zones = ("America/New_York",)
        return hours.next_moment(sunday, DAY, zones=zones, phone=phone, message_class=message_class)

    assert moment("+12025550123", "marketing") == local("America/New_York", 2026, 11, 30, 10, 0)
    assert moment("+12025550123", "service") == sunday
    assert moment("+447700900123", "marketing") == sunday


def test_every_country_row_says_where_it_comes_from_and_leaves_hours_of_our_own() -> None:
    for message_class, rows in hours._rules().items():
        for region, row in rows.items():
            window = windows.read(row["hours"], frozenset(row["days"]))
            assert {"hours", "days", "source"} == set(row), region
            assert re.search(r"https://|CFR|Regulations", row["source"]), region
            for at in (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)):
                assert windows.next_open(at, hours._zones()[region], (DAY, window)) is not None, (
                    message_class,
                    region,
                )


def test_a_number_tells_the_zones_unless_the_zone_is_known() -> None:
    def utc() -> str:
        return "UTC"

    assert hours.possible_zones("Asia/Kolkata", "+12025550123", utc) == ("Asia/Kolkata",)
    assert len(hours.possible_zones(None, "+12025550123", utc)) > 20
    assert hours.possible_zones(None, "+447700900123", utc) == ("Europe/London",)
    assert hours.possible_zones(None, "+8835100000000", lambda: "Europe/Paris") == ("Europe/Paris",)
    assert hours.possible_zones(None, None, lambda: "Europe/Paris") == ("Europe/Paris",)
