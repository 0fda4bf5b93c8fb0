"""The service ticket: where it stands, fixed or not, and notes that leave it open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from selfservice.kit import HandOff, Outcome
from selfservice.kit.forms import EXAMPLE_PHOTO
from selfservice.situations.registry import Registry
from tests.situations.conftest import NOW, ZONE, Complaints, Play

KEY = "service_ticket"
Playing = Callable[..., Play]


def said(play: Play, now: datetime = NOW) -> str:
    return play.loaded.situation.steps[0].hero(play.facts, {}, now).words


@pytest.mark.parametrize(
    ("sample", "words"),
    [("outage", "steps.track.expected"), ("late", "steps.track.late"), ("repaired", "steps.track.over")],
)
def test_page_says_where_it_stands(play: Playing, sample: str, words: str) -> None:
    assert said(play(KEY, sample)) == words


def test_it_is_late_once_the_time_has_passed(play: Playing) -> None:
    outage = play(KEY, "outage")

    assert said(outage, outage.facts.fixed_by) == "steps.track.expected"
    assert said(outage, outage.facts.fixed_by + timedelta(seconds=1)) == "steps.track.late"


def test_time_that_nobody_gave_is_not_said(play: Playing) -> None:
    assert said(play(KEY, "outage", fixed_by=None)) == "steps.track"


def test_fixed_ends_it(play: Playing, registry: Registry) -> None:
    assert play(KEY, "outage").perform("fixed") == Outcome(shows="fixed")
    assert [(action.key, action.closing) for action in registry.get(KEY).situation.actions] == [
        ("fixed", True),
        ("broken", False),
        ("note", False),
        ("send_again", False),
    ]


def test_not_fixed_is_urgent_with_or_without_words(play: Playing) -> None:
    urgent = Outcome(shows="told", hand_off=HandOff("support", "The customer says that it is not fixed.", urgent=True))

    assert play(KEY, "repaired").perform("broken") == urgent
    assert play(KEY, "repaired").perform("broken", still="Water on the floor") == urgent


def test_note_goes_to_the_team(play: Playing) -> None:
    outcome = play(KEY, "outage").perform("note", note="The cellar is dark.")

    assert outcome == Outcome(shows="noted", hand_off=HandOff("support", "The customer added a note to a ticket."))


def test_photos_sent_again_need_no_words(play: Playing) -> None:
    outcome = play(KEY, "outage").perform("send_again", again=EXAMPLE_PHOTO)

    reason = "The customer sent photos for a ticket again."
    assert outcome == Outcome(shows="sent", hand_off=HandOff("support", reason))


def test_example_is_of_a_fault_that_is_being_seen_to(registry: Registry, play: Playing) -> None:
    stages = next(field for field in registry.get(KEY).fields() if field.name == "stages")
    now = datetime(2026, 11, 24, 15, tzinfo=UTC)

    facts = {**play(KEY, "outage").facts.model_dump(), "stages": stages.kind.from_text(stages.example, ZONE)}

    assert not registry.get(KEY).situation.accept(facts, now).is_over  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("action", "raw", "problems"),
    [
        ("note", {}, {"note": "note_missing"}),
        ("note", {"note": "x" * 501}, {"note": "note_long"}),
        ("broken", {"still": "x" * 501}, {"still": "still_long"}),
    ],
)
def test_what_cannot_be_read_is_refused(
    play: Playing, action: str, raw: dict[str, str], problems: dict[str, str]
) -> None:
    assert play(KEY, "outage").refuse(action, **raw) == problems


@pytest.mark.parametrize(
    "stages",
    [
        [{"label": "You reported it"}],
        [{"at": "2026-11-21T08:00:00Z", "label": "You reported it"}],
        [{"at": "2026-11-21T08:00:00Z", "label": "You reported it"}, {"at": "2026-11-21T10:00:00Z", "label": "Fixed"}],
    ],
    ids=["never began", "over at once", "still to come"],
)
def test_stages_that_cannot_be_so_are_not_accepted(complaints: Complaints, stages: Any) -> None:
    assert list(complaints(KEY, "outage", stages=stages)) == ["stages"]


def test_page_ends_two_weeks_after_it_should_work(play: Playing, registry: Registry) -> None:
    expires = registry.get(KEY).situation.expires

    assert expires(play(KEY, "outage").facts, NOW) == NOW + timedelta(days=14, hours=3)
    assert expires(play(KEY, "late").facts, NOW) == NOW + timedelta(days=14)
