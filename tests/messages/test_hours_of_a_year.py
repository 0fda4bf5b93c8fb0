"""Every zone that numbers have, every day of a year: what is held goes once, at the first moment that its reader's wall
clock allows, and never at night. Judged by a table of days that is made without the code under test.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice import clock, courtesy, windows
from selfservice.config import Settings
from selfservice.customers import hours
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages import dispatch, queries, upkeep
from tests.harness.application import make_settings
from tests.messages.scenes import Provider, accept, only

LONDON = "+447700900123"
DAY = windows.read("08:00-21:00")
BEGINS = date(2026, 11, 22)
YEAR = 366
REGIONS = sorted(hours._zones())
ZONES = sorted({zone for zones in hours._zones().values() for zone in zones})

Span = tuple[datetime, datetime]


@cache
def days_in(zone: str) -> tuple[Span, ...]:
    """From eight to nine in the evening by the wall of a zone, each day of the year and some around it."""
    place = ZoneInfo(zone)
    days = (BEGINS + timedelta(days=number) for number in range(-3, YEAR + 14))
    return tuple(
        (datetime(at.year, at.month, at.day, 8, tzinfo=place).astimezone(UTC),
         datetime(at.year, at.month, at.day, 21, tzinfo=place).astimezone(UTC))
        for at in days
    )  # fmt: skip


@cache
def days_everywhere(zones: tuple[str, ...]) -> tuple[Span, ...]:
    """When it is day in all of some zones."""
    found = days_in(zones[0])
    for zone in zones[1:]:
        found = tuple(_overlaps(found, days_in(zone)))
    return found


def _overlaps(some: tuple[Span, ...], others: tuple[Span, ...]) -> Iterator[Span]:
    ends = [end for _, end in others]
    for begin, end in some:
        for other_begin, other_end in others[bisect_right(ends, begin) :]:
            if other_begin >= end:
                break
            yield max(begin, other_begin), min(end, other_end)


def first_by_the_table(at: datetime, zones: tuple[str, ...]) -> datetime:
    spans = days_everywhere(zones)
    place = bisect_right([end for _, end in spans], at)
    return max(at, spans[place][0])


def moments() -> Iterator[datetime]:
    """One moment of each day, at another hour each time."""
    for number in range(YEAR):
        yield datetime(BEGINS.year, BEGINS.month, BEGINS.day, tzinfo=UTC) + timedelta(
            days=number, hours=number * 7 % 24, minutes=number * 13 % 60, seconds=number % 60
        )


def jumps(zone: str) -> list[datetime]:
    """The days of the year on which the wall clock jumps, at noon in UTC."""
    place = ZoneInfo(zone)
    noons = [datetime(BEGINS.year, BEGINS.month, BEGINS.day, 12, tzinfo=UTC) + timedelta(days=n) for n in range(YEAR)]
    offsets = [noon.astimezone(place).utcoffset() for noon in noons]
    return [noon for noon, before, after in zip(noons[1:], offsets, offsets[1:], strict=False) if before != after]


def wrong(pairs: Iterable[tuple[tuple[str, ...], datetime]]) -> list[tuple[tuple[str, ...], datetime, datetime]]:
    """Where the code and the table say differently, or the code would hold what it has just let go."""
    found = []
    for zones, at in pairs:
        moment = hours.next_moment(at, DAY, zones=zones, phone=None, message_class="service")
        again = hours.next_moment(moment, DAY, zones=zones, phone=None, message_class="service")
        if moment != first_by_the_table(at, zones) or again != moment:
            found.append((zones, at, moment))
    return found


def test_around_every_jump_of_every_clock() -> None:
    """Half an hour by half an hour, from the evening before to the morning after."""
    steps = [timedelta(minutes=30 * step) for step in range(-48, 48)]
    first_jumps = {(zone, noon) for zone in ZONES for noon in jumps(zone)}

    assert len(first_jumps) > 100
    assert wrong(((zone,), noon + step) for zone, noon in sorted(first_jumps) for step in steps[::4]) == []


def test_some_countries_on_every_day_of_a_year() -> None:
    some = {hours._zones()[region] for region in (*REGIONS[::60], "AU")}

    assert wrong((zones, at) for zones in some for at in moments()) == []
    assert wrong((hours._zones()["US"], at) for at in list(moments())[::9]) == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_zone_and_every_country_on_every_day_of_a_year() -> None:
    all_of_them = {hours._zones()[region] for region in REGIONS} | {(zone,) for zone in ZONES}

    assert wrong((zones, at) for zones in all_of_them for at in moments()) == []


class TestTheOutbox:
    """The whole way: accepted at night, looked at by a worker every half hour, counted at the provider."""

    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        return make_settings(database_url, tmp_path, COURTESY=str(courtesy.DEFAULT))

    def test_a_night_with_a_jump_is_slept_through_once(self, session: Any) -> None:
        one_of_each = {ZoneInfo(zone).utcoffset(noon): (zone, noon) for zone in ZONES[::9] for noon in jumps(zone)[:1]}

        self.see(sorted(one_of_each.values())[:6])

    @pytest.mark.long
    @pytest.mark.timeout(900)
    def test_every_night_with_a_jump_is_slept_through_once(self, session: Any) -> None:
        self.see([(zone, noon) for zone in ZONES for noon in jumps(zone)])

    def see(self, nights: list[tuple[str, datetime]]) -> None:
        assert nights
        for number, (zone, noon) in enumerate(nights):
            phone = f"{LONDON[:-3]}{number:03d}"  # Of their own: a person gets so many a day, whatever their zone.
            evening = datetime(noon.year, noon.month, noon.day, 23, 30, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            evening -= timedelta(days=1)
            opens = first_by_the_table(evening, (zone,))
            provider = Provider()
            customers.find_or_make(phone=phone, timezone=zone)
            with clock.at(evening):
                message = accept(phone=phone, is_asked_for=False, not_after=opens + timedelta(days=2))
                assert (message.state, message.next_look_at) == ("held", opens), (zone, noon)
            looks = [evening + timedelta(minutes=30 * step) for step in range(1, 26)]
            for moment in (*(look for look in looks if look < opens), opens - timedelta(seconds=1)):
                assert self.look_and_send(moment, provider) == 0, (zone, moment)
            assert self.look_and_send(opens, provider) == 1, (zone, opens)
            assert self.look_and_send(opens + timedelta(days=1), provider) == 0
            assert (provider.count(message.id), queries.get(message.id).state) == (1, "submitted")

    def look_and_send(self, moment: datetime, provider: Provider) -> int:
        with clock.at(moment):
            upkeep.review_due()
            db.session.commit()
            return dispatch.send_all(only(provider), owner="worker")
