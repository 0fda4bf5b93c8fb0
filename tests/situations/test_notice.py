"""The notice: blocks as staff write them, a choice if there are any, and else that it was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from selfservice.kit import HandOff, Outcome
from tests.situations.conftest import NOW, Complaints, Play

KEY = "notice"
Playing = Callable[..., Play]


def buttons(play: Play, step: str = "ask") -> list[str]:
    found = play.loaded.situation.step(step)
    assert found is not None
    return [button.words for button in play.loaded.situation.visible(found, play.facts)]


def test_buttons_follow_the_blocks(play: Playing) -> None:
    assert buttons(play(KEY, "moving")) == ["read", "more_named"]
    assert buttons(play(KEY, "short")) == ["read", "more_plain"]
    assert buttons(play(KEY, "question")) == ["choose"]
    assert buttons(play(KEY, "question"), "chosen") == ["change"]
    assert buttons(play(KEY, "short"), "read") == ["more_plain"]


@pytest.mark.parametrize(("give_on", "is_given"), [("yes", True), ("no", False)])
def test_a_choice_is_given_to_the_team_if_wanted(play: Playing, give_on: str, is_given: bool) -> None:
    outcome = play(KEY, "question", give_on=give_on).perform("choose", choice="Monday morning")

    handed = HandOff("care", "A customer answered a notice.")
    assert outcome == Outcome(shows="chosen", hand_off=handed if is_given else None)


@pytest.mark.parametrize(
    ("choice", "problem"), [("Sunday night", "choice_wrong"), ("", "choice_missing"), (None, "choice_missing")]
)
def test_what_is_not_among_the_choices_is_refused(play: Playing, choice: str | None, problem: str) -> None:
    raw = {} if choice is None else {"choice": choice}

    assert play(KEY, "question").refuse("choose", **raw) == {"choice": problem}


def test_page_ends_when_they_say_or_after_two_weeks(play: Playing) -> None:
    moving, short = play(KEY, "moving"), play(KEY, "short")

    assert moving.loaded.situation.expires(moving.facts, NOW) == NOW + timedelta(days=14)
    assert short.loaded.situation.expires(short.facts, NOW) == short.facts.shown_until


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"choices": ["Yes", "Yes"]}, {"choices": "Choices has an entry that stands there twice; take one out."}),
        ({"choices": ["Yes"]}, {"choices": "One choice alone is none; write another, or leave them out."}),
        (
            {"more_url": None},
            {"more_url": "The link has a name and no address; write the address, or take the name out."},
        ),
        ({"shown_until": "2026-11-21T08:00:00Z"}, {"shown_until": "Show until has passed; write a time to come."}),
    ],
)
def test_facts_that_make_no_sense_are_refused(
    complaints: Complaints, changes: dict[str, Any], problems: dict[str, str]
) -> None:
    assert complaints(KEY, "moving", **changes) == problems
