"""The waiting list offer: a place for whoever is the first, given back in time, with nothing said that is past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from selfservice.kit import CalendarEntry, Case, Claim, Outcome
from selfservice.kit.formats import Reader
from selfservice.situations.contract.specimens import LINK
from selfservice.situations.registry import Registry
from selfservice.text import measure
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


def test_what_cannot_be_given_back_any_more_is_not_promised(play: Playing, registry: Registry) -> None:
    late = replace(play(KEY, "course"), now=datetime(2026, 11, 28, 12, 0, tzinfo=UTC))
    ask = registry.get(KEY).situation.steps[0]

    assert late.perform("accept").says == ("accepted_final",)
    assert ask.hero(late.facts, {}, late.now).words == "steps.ask.final"
    assert ask.hero(late.facts, {}, late.now - timedelta(seconds=1)).words == "steps.ask"


@pytest.mark.parametrize("language", ["en", "es", "ar", "pl", "zh", "hi"])
def test_text_of_what_is_final_fits_where_the_other_does(play: Playing, registry: Registry, language: str) -> None:
    words, facts = registry.get(KEY).words[language], play(KEY, "course").facts
    reader = Reader(language, ZONE, NOW)
    said = {"at": facts.at, "brand": "Harbour Street Practice", "link": LINK}

    one, other = (measure(words.say(f"texts.{key}", said, reader)) for key in ("accepted", "accepted_final"))

    assert (other.encoding, other.segments) == (one.encoding, one.segments)


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
        ("course", {"keep_until": NOW.isoformat()}, "keep_until"),
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
