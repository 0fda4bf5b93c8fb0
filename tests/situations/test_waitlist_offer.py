"""The waiting list offer: a place for whoever is the first, given back in time, with nothing said that is past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from selfservice.kit import CalendarEntry, Case, Claim, Outcome
from selfservice.situations.registry import Registry
from tests.situations.conftest import NOW, ZONE, Complaints, Play

KEY = "waitlist_offer"
AT = datetime(2026, 11, 22, 10, 20, tzinfo=UTC)
Playing = Callable[..., Play]


def test_first_takes_one_of_the_places_until_it_begins(play: Playing) -> None:
    outcome = play(KEY, "earlier_appointment").perform("accept")

    claim = Claim("waitlist:okafor-earlier", capacity=1)
    assert outcome == Outcome(shows="accepted", claims=(claim,), says=("accepted",), changeable_until=AT)


def test_it_can_be_given_back_as_long_as_is_said(play: Playing) -> None:
    outcome = play(KEY, "course").perform("accept")

    assert outcome.changeable_until == datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    assert [claim.capacity for claim in outcome.claims] == [3]


def test_no_takes_nothing(play: Playing) -> None:
    assert play(KEY, "course").perform("decline") == Outcome(shows="declined")


def test_same_offer_is_the_same_however_its_number_is_written(play: Playing, registry: Registry) -> None:
    offers = registry.get(KEY).situation.offers
    assert offers is not None

    made = [offers(play(KEY, "course", offer=offer).facts, Case(NOW, ZONE)) for offer in ("Course-7", "COURSE-7")]

    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("sample", "changes", "field"),
    [
        ("earlier_appointment", {"at": "2026-11-21T08:00:00Z"}, "at"),
        ("course", {"keep_until": "2027-01-01T08:00:00Z"}, "keep_until"),
        ("course", {"places": 0}, "places"),
    ],
)
def test_offer_that_cannot_be_kept_is_not_made(
    complaints: Complaints, sample: str, changes: dict[str, Any], field: str
) -> None:
    assert list(complaints(KEY, sample, **changes)) == [field]


def test_page_ends_and_the_calendar_says_when_it_is(play: Playing, registry: Registry) -> None:
    situation, facts = registry.get(KEY).situation, play(KEY, "earlier_appointment").facts
    assert situation.calendar is not None

    assert situation.expires(facts, NOW) == AT
    assert situation.calendar(facts, {}) == CalendarEntry(AT, timedelta(minutes=15), "14 Harbour Street")
