"""The callback request: times within opening hours, as many calls at once as there are callers, one call at the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice.kit import CalendarEntry, Case, HandOff, Outcome
from selfservice.kit.opening import WEEKDAYS, Opening
from selfservice.situations.callback_request.situation import Call, claims, times_to_call
from selfservice.situations.registry import Registry
from tests.situations.conftest import NOW, ZONE, Play

KEY = "callback_request"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Playing = Callable[..., Play]


def call(**changes: Any) -> Call:
    return Call.model_validate({"about": "order 20-4417", "queue": "Customer care", **changes})


def case(now: datetime = NOW, zone: ZoneInfo = ZONE, **week: list[str]) -> Case:
    """A moment at which the organisation is open so on these days of the week; without any it has said nothing."""
    return Case(now, zone, opening=Opening.read({"week": week}, zone))


def walls(times: tuple[datetime, ...], zone: ZoneInfo = ZONE) -> list[str]:
    return [f"{time.astimezone(zone):%a %H:%M}" for time in times]


def test_times_are_those_of_the_opening_hours() -> None:
    open_twice = case(mon=["09:00-10:00", "14:00-15:00"], thu=["18:00-18:45"])

    assert walls(times_to_call(call(days=2), open_twice)) == [
        "Mon 09:00",
        "Mon 09:30",
        "Mon 14:00",
        "Mon 14:30",
        "Thu 18:00",
    ]


def test_without_opening_hours_they_are_those_of_work_days() -> None:
    found = walls(times_to_call(call(days=2, minutes=120), case()))

    assert found == [f"{day} {hour}:00" for day in ("Mon", "Tue") for hour in ("09", "11", "13", "15")]


def test_what_begins_within_half_an_hour_is_too_soon() -> None:
    soon = case(MONDAY + timedelta(minutes=1), mon=["09:00-11:00"])

    assert walls(times_to_call(call(days=1), soon)) == ["Mon 10:00", "Mon 10:30"]


def test_day_that_is_over_counts_for_none() -> None:
    evening = case(MONDAY + timedelta(hours=7, minutes=40))

    assert {wall[:3] for wall in walls(times_to_call(call(days=2), evening))} == {"Tue", "Wed"}


@pytest.mark.parametrize("days", range(1, 15))
def test_there_are_24_times_at_most(days: int) -> None:
    always = case(**{key: ["00:00-24:00"] for key in WEEKDAYS})

    found = times_to_call(call(days=days, minutes=10), always)

    assert len(found) <= 24
    assert len({time.date() for time in found}) == days


def test_time_that_was_shown_stays_while_it_is_far_enough_away() -> None:
    shown = times_to_call(call(), case(MONDAY))

    later = MONDAY + timedelta(minutes=62)

    assert [time for time in shown if time >= later + timedelta(minutes=30)] == list(times_to_call(call(), case(later)))


@given(
    minute=st.integers(0, 2 * 365 * 24 * 60),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]).map(ZoneInfo),
    minutes=st.integers(10, 120),
)
def test_somebody_is_there_at_each_of_them_on_every_day_of_the_year(minute: int, zone: ZoneInfo, minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    week = {key: ["00:30-03:30", "08:00-12:00"] for key in WEEKDAYS}
    there = case(now, zone, **week)
    assert there.opening is not None

    for time in times_to_call(call(minutes=minutes), there):
        assert there.opening.is_open(time)
        assert time >= now + timedelta(minutes=30)


@pytest.mark.parametrize(("zone", "night"), [("Europe/London", (2027, 3, 28)), ("America/New_York", (2027, 3, 14))])
def test_hour_that_the_clock_skips_is_not_offered(zone: str, night: tuple[int, int, int]) -> None:
    before = datetime(*night, tzinfo=ZoneInfo(zone)) - timedelta(hours=2)
    at_night = case(before.astimezone(UTC), ZoneInfo(zone), sun=["00:00-04:00"])

    found = walls(times_to_call(call(days=1), at_night), ZoneInfo(zone))

    skipped = "01" if zone == "Europe/London" else "02"
    assert [
        f"Sun {hour}:{half}" for hour in ("00", "01", "02", "03") if hour != skipped for half in ("00", "30")
    ] == found


def test_choice_asks_for_a_call_then_and_keeps_it_until_then(play: Playing) -> None:
    at = MONDAY + timedelta(hours=1)

    outcome = play(KEY, "order").perform("choose", time=at.isoformat(), before="Ring twice")

    assert outcome == Outcome(
        shows="chosen",
        claims=outcome.claims,
        hand_off=HandOff("care", "The customer chose a time for a call.", call_at=at),
        changeable_until=at,
        expires_at=at + timedelta(minutes=30),
    )
    assert [(claim.name, claim.capacity) for claim in outcome.claims] == [
        (f"call:customer care:2026-11-23T10:{minute:02}Z", 3) for minute in (0, 5, 10, 15, 20, 25)
    ]


@pytest.mark.parametrize(
    ("minutes", "covered"),
    [
        (10, ["09:00", "09:05"]),
        (17, ["09:00", "09:05", "09:10", "09:15"]),
        (25, ["09:00", "09:05", "09:10", "09:15", "09:20"]),
    ],
)
def test_call_takes_all_of_its_time(minutes: int, covered: list[str]) -> None:
    first = next(iter(claims(call(minutes=minutes), case()).values()))

    assert [claim.name for claim in first] == [f"call:customer care:2026-11-23T{at}Z" for at in covered]


@given(one=st.integers(2, 24), other=st.integers(2, 24))
def test_calls_of_one_queue_share_a_claim_just_when_they_overlap(one: int, other: int) -> None:
    lengths = (timedelta(minutes=5 * one), timedelta(minutes=5 * other))
    calls = [claims(call(minutes=length // timedelta(minutes=1)), case()).items() for length in lengths]

    for (start, needed), (at, wanted) in product(*calls):
        overlap = start < at + lengths[1] and at < start + lengths[0]
        assert bool(set(needed) & set(wanted)) == overlap


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        ({}, {"time": "time_missing"}),
        ({"time": "2026-11-22T10:00:00Z"}, {"time": "time_wrong"}),
        ({"time": "2026-11-23T10:00:00Z", "before": "x" * 301}, {"before": "before_long"}),
    ],
)
def test_what_was_not_offered_is_refused(play: Playing, raw: dict[str, str], problems: dict[str, str]) -> None:
    assert play(KEY, "order").refuse("choose", **raw) == problems


def test_no_call_is_wanted(play: Playing) -> None:
    assert play(KEY, "order").perform("decline") == Outcome(shows="declined")


def test_only_a_chosen_time_goes_into_the_calendar(registry: Registry, play: Playing) -> None:
    situation = registry.get(KEY).situation
    facts = play(KEY, "one_day").facts
    at = MONDAY + timedelta(hours=2)
    form = situation.read(situation.actions[0], facts, {"time": at.isoformat()}, case())
    assert situation.calendar is not None

    assert situation.calendar(facts, {}) is None
    assert situation.calendar(facts, {"choose": form}) == CalendarEntry(at, timedelta(minutes=60))
