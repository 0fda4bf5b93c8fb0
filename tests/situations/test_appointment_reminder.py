"""The appointment reminder: what each answer leads to, and what facts it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.kit import CalendarEntry, Case, Claim, Do, HandOff, Outcome, Refused
from tests.situations.conftest import NOW, Complaints, Play

KEY = "appointment_reminder"
OFFERED = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
Playing = Callable[..., Play]


def buttons(play: Play, step: str) -> list[str]:
    found = play.loaded.situation.step(step)
    assert found is not None
    return [button.words for button in play.loaded.situation.visible(found, play.facts)]


def test_confirming_shows_it_and_offers_the_calendar_first(play: Playing) -> None:
    booked = play(KEY, "booked")

    assert booked.perform("confirm") == Outcome(shows="confirmed")
    assert buttons(booked, "confirmed") == ["calendar", "change"]


def test_moving_claims_the_slot_and_lives_until_it_starts(play: Playing) -> None:
    outcome = play(KEY, "booked").perform("move", slot="2026-11-25T14:30:00Z")

    assert outcome == Outcome(
        shows="moved",
        claims=(Claim("slot:dr amina okafor/14 harbour street:2026-11-25T14:30Z"),),
        says=("moved",),
        expires_at=OFFERED,
    )


def test_same_slot_of_the_same_person_is_one_claim_whatever_the_page(play: Playing) -> None:
    one = play(KEY, "booked")
    other = play(KEY, "booked", person="DR  Amina Okafor ", offered=["2026-11-25T16:30:00+02:00"])
    elsewhere = play(KEY, "booked", place="1 Quay Street")

    claims = [page.perform("move", slot="2026-11-25T14:30:00Z").claims for page in (one, other, elsewhere)]

    assert claims[0] == claims[1] != claims[2]


def test_longest_names_still_make_a_claim_that_can_be_stored(play: Playing) -> None:
    page = play(KEY, "booked", person="ß" * 60, place="ß" * 80)

    (claim,) = page.perform("move", slot="2026-11-25T14:30:00Z").claims

    assert len(claim.name) <= 200


@pytest.mark.parametrize(
    ("raw", "word"),
    [({}, "slot_missing"), ({"slot": "2026-11-25T14:31:00Z"}, "slot_wrong"), ({"slot": "now"}, "slot_wrong")],
)
def test_only_an_offered_slot_can_be_taken(play: Playing, raw: dict[str, Any], word: str) -> None:
    assert play(KEY, "booked").refuse("move", **raw) == {"slot": word}


def test_slot_that_has_passed_meanwhile_cannot_be_taken(play: Playing) -> None:
    booked = play(KEY, "booked")
    late = Play(booked.loaded, booked.facts, now=OFFERED)

    with pytest.raises(Refused):
        late.perform("move", slot="2026-11-25T14:30:00Z")


def test_calling_off_keeps_both_ways_back(play: Playing) -> None:
    booked = play(KEY, "booked")

    assert booked.perform("cancel") == Outcome(shows="cancelled")
    assert buttons(booked, "cancelled") == ["go_rebook", "undo"]
    assert booked.loaded.situation.allows("move", "cancelled", booked.facts)
    assert not booked.loaded.situation.allows("confirm", "cancelled", booked.facts)


def test_note_goes_to_the_team_and_leaves_the_question_open(play: Playing) -> None:
    booked = play(KEY, "booked")
    action = booked.loaded.situation.action("note")

    outcome = booked.perform("note", note="I use a wheelchair.")

    assert outcome == Outcome(
        shows="noted", hand_off=HandOff("reception", "The customer added a note to an appointment.")
    )
    assert action is not None
    assert not action.closing
    assert buttons(booked, "noted") == ["confirm", "go_choose", "go_sure", "note_again"]


@pytest.mark.parametrize(("note", "word"), [("", "note_missing"), (" \r\n ", "note_missing"), ("x" * 301, "note_long")])
def test_note_has_to_say_something_short(play: Playing, note: str, word: str) -> None:
    assert play(KEY, "booked").refuse("note", note=note) == {"note": word}


def test_page_without_other_times_offers_none(play: Playing) -> None:
    bare = play(KEY, "no_other_times")

    assert buttons(bare, "ask") == ["confirm", "go_sure", "go_note"]
    assert buttons(bare, "sure") == ["cancel", "keep_it"]
    assert buttons(bare, "cancelled") == ["undo"]
    assert not bare.loaded.situation.allows("move", "ask", bare.facts)


def test_red_is_only_where_something_is_lost_at_once(play: Playing) -> None:
    steps = play(KEY, "booked").loaded.situation.steps
    buttons = [(step.key, button) for step in steps for button in step.buttons if isinstance(button, Do)]

    assert [(key, button.action) for key, button in buttons if button.tone == "danger"] == [("sure", "cancel")]


def test_page_ends_when_the_appointment_starts(play: Playing) -> None:
    booked = play(KEY, "booked")

    assert booked.loaded.situation.expires(booked.facts, NOW) == datetime(2026, 11, 24, 10, 20, tzinfo=UTC)


def test_calendar_has_the_time_that_counts(play: Playing) -> None:
    booked = play(KEY, "booked")
    situation = booked.loaded.situation
    move = situation.action("move")
    assert situation.calendar is not None
    assert move is not None
    form = situation.read(move, booked.facts, {"slot": OFFERED.isoformat()}, Case(NOW, ZoneInfo("UTC")))

    as_booked = situation.calendar(booked.facts, {})
    as_moved = situation.calendar(booked.facts, {"move": form})

    assert as_booked == CalendarEntry(booked.facts.at, timedelta(minutes=15), "14 Harbour Street")
    assert as_moved == CalendarEntry(OFFERED, timedelta(minutes=15), "14 Harbour Street")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"at": "2026-11-21T09:00:00Z"}, {"at": "When has passed; write a time to come."}),
        (
            {"offered": ["2026-11-20T09:00:00Z"]},
            {"offered": "Other times to offer has an entry that has passed; take it out."},
        ),
        (
            {"offered": ["2026-11-24T11:20:00+01:00"]},
            {"offered": "One of the other times is the appointment itself; take it out."},
        ),
        (
            {"offered": ["2026-11-25T10:00:00Z", "2026-11-25T11:00:00+01:00"]},
            {"offered": "Other times to offer has an entry that stands there twice; take one out."},
        ),
        ({"duration_minutes": False}, {"duration_minutes": "Minutes: Write a whole number such as 15."}),
        ({"duration_minutes": 0}, {"duration_minutes": "Minutes is too small; write 1 or more."}),
        (
            {"map_url": "http://maps.example/"},
            {"map_url": "Link to a map: Write a web address that begins with https://."},
        ),
        ({"person": None}, {"person": "With whom is missing; fill it in."}),
    ],
)
def test_facts_that_make_no_sense_are_refused(
    complaints: Complaints, changes: dict[str, Any], problems: dict[str, str]
) -> None:
    assert complaints(KEY, "booked", **changes) == problems
