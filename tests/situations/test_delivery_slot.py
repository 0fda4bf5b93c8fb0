"""The delivery slot: one of the times with room in the round, or a wish that a person reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from selfservice.kit import CalendarEntry, Case, Claim, HandOff, Outcome, Span
from selfservice.situations.registry import Registry
from tests.situations.conftest import NOW, ZONE, Complaints, Play

KEY = "delivery_slot"
SLOT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Playing = Callable[..., Play]


def test_time_is_taken_out_of_the_rounds_room(play: Playing) -> None:
    outcome = play(KEY, "washing_machine").perform("take", slot=SLOT.isoformat())

    assert outcome == Outcome(
        shows="taken",
        claims=(Claim("delivery:north, van 4:2026-11-23T08:00Z", capacity=4),),
        says=("taken",),
        changeable_until=SLOT - timedelta(hours=12),
        expires_at=SLOT + timedelta(hours=2),
    )


def test_text_promises_no_change_of_a_time_that_is_too_near_for_one(play: Playing) -> None:
    outcome = play(KEY, "last_room").perform("take", slot=(SLOT - timedelta(hours=23)).isoformat())

    assert outcome.says == ("taken_final",)
    assert outcome.changeable_until == NOW


@pytest.mark.parametrize(
    ("notice_hours", "slots", "words"),
    [
        (12, (12, 48), "steps.ask.final"),
        (12, (13, 48), "steps.ask"),
        (12, (-1, 48), "steps.ask"),
        (0, (1, 48), "steps.ask"),
    ],
)
def test_page_says_first_that_a_near_time_cannot_be_changed(
    registry: Registry, notice_hours: int, slots: tuple[int, ...], words: str
) -> None:
    loaded = registry.get(KEY)
    known = loaded.samples["last_room"].facts(zone=ZONE, now=NOW)
    times = [(NOW + timedelta(hours=hours)).isoformat() for hours in slots]
    facts = loaded.situation.restore({**known, "slots": times, "notice_hours": notice_hours}, 1)

    assert loaded.situation.steps[0].hero(facts, {}, NOW).words == words


def test_pages_of_one_round_share_its_room_however_it_is_written(play: Playing, registry: Registry) -> None:
    offers = registry.get(KEY).situation.offers
    assert offers is not None
    slot = [SLOT.isoformat()]

    made = [
        offers(play(KEY, "washing_machine", round=name, slots=slot).facts, Case(NOW, ZONE))
        for name in ("North, van 4", "north,  VAN 4", "South")
    ]

    assert made[0] == made[1] != made[2]


def test_wish_goes_to_the_team_and_the_times_stay(play: Playing, registry: Registry) -> None:
    outcome = play(KEY, "washing_machine").perform("ask_other", wish="Any Friday")

    reason = "None of the delivery times suits the customer."
    assert outcome == Outcome(shows="asked", hand_off=HandOff("deliveries", reason))
    asked = registry.get(KEY).situation.action("ask_other")
    assert asked is not None
    assert not asked.closing


@pytest.mark.parametrize(
    ("action", "raw", "problems"),
    [
        ("take", {}, {"slot": "slot_missing"}),
        ("take", {"slot": "2026-11-23T09:00:00Z"}, {"slot": "slot_wrong"}),
        ("ask_other", {}, {"wish": "wish_missing"}),
        ("ask_other", {"wish": "x" * 301}, {"wish": "wish_long"}),
    ],
)
def test_what_was_not_offered_is_refused(
    play: Playing, action: str, raw: dict[str, str], problems: dict[str, str]
) -> None:
    assert play(KEY, "washing_machine").refuse(action, **raw) == problems


@pytest.mark.parametrize(
    "slots",
    [
        ["2026-11-21T08:00:00Z", "2026-11-24T08:00:00Z"],
        ["2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z"],
        [],
    ],
    ids=["past", "twice", "none"],
)
def test_times_that_nobody_can_have_are_not_offered(complaints: Complaints, slots: Any) -> None:
    assert list(complaints(KEY, "washing_machine", slots=slots)) == ["slots"]


def test_page_works_until_the_last_time_begins(play: Playing, registry: Registry) -> None:
    assert registry.get(KEY).situation.expires(play(KEY, "washing_machine").facts, NOW) == datetime(
        2026, 11, 26, 10, 0, tzinfo=UTC
    )


def test_only_a_taken_time_goes_into_the_calendar(play: Playing, registry: Registry) -> None:
    situation, facts = registry.get(KEY).situation, play(KEY, "washing_machine").facts
    form = situation.read(situation.actions[0], facts, {"slot": SLOT.isoformat()}, Case(NOW, ZONE))
    assert situation.calendar is not None

    assert situation.calendar(facts, {}) is None
    assert situation.calendar(facts, {"take": form}) == CalendarEntry(SLOT, timedelta(hours=2), "Flat 3, 9 Mill Lane")
    assert facts.span_from(SLOT) == Span(SLOT, SLOT + timedelta(hours=2))
