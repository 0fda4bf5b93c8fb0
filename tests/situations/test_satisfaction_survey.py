"""The satisfaction survey: one tap counts, and what is asked next depends on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from selfservice.kit import HandOff, Outcome
from selfservice.situations.registry import Registry
from tests.situations.conftest import Complaints, Play

KEY = "satisfaction_survey"
Playing = Callable[..., Play]


def test_the_rating_alone_closes_the_page(registry: Registry) -> None:
    assert [action.key for action in registry.get(KEY).situation.actions if action.closing] == ["rate"]


@pytest.mark.parametrize(
    ("score", "shows", "is_given"),
    [("1", "low", True), ("2", "low", True), ("3", "middle", False), ("4", "high", False), ("5", "high", False)],
)
def test_what_follows_depends_on_the_rating(play: Playing, score: str, shows: str, is_given: bool) -> None:
    outcome = play(KEY, "call").perform("rate", score=score)

    handed = HandOff("care", "A customer was not satisfied and may be waiting to hear.")
    assert outcome == Outcome(shows=shows, hand_off=handed if is_given else None)


@pytest.mark.parametrize(
    ("action", "raw"),
    [
        ("tell", {"reason": "wait", "better": "Call me sooner."}),
        ("tell", {"reason": "other"}),
        ("wish_for", {"wish": "A shorter wait."}),
        ("thank", {"liked": "friendly"}),
        ("skip", {}),
    ],
)
def test_whether_they_would_recommend_is_asked_once_if_at_all(play: Playing, action: str, raw: dict[str, str]) -> None:
    assert play(KEY, "call").perform(action, **raw) == Outcome(shows="likely")
    assert play(KEY, "delivery").perform(action, **raw) == Outcome(shows="thanks")


@pytest.mark.parametrize(("action", "raw"), [("recommend", {"likely": "0"}), ("finish", {})])
def test_the_last_question_ends_it(play: Playing, action: str, raw: dict[str, str]) -> None:
    assert play(KEY, "call").perform(action, **raw) == Outcome(shows="thanks")


@pytest.mark.parametrize(
    ("action", "raw", "problems"),
    [
        ("rate", {}, {"score": "score_missing"}),
        ("rate", {"score": "0"}, {"score": "score_wrong"}),
        ("rate", {"score": "6"}, {"score": "score_wrong"}),
        ("rate", {"score": "good"}, {"score": "score_wrong"}),
        ("tell", {"better": "All of it."}, {"reason": "reason_missing"}),
        ("tell", {"reason": "rude"}, {"reason": "reason_wrong"}),
        ("tell", {"reason": "wait", "better": "x" * 501}, {"better": "better_long"}),
        ("wish_for", {"wish": " "}, {"wish": "wish_missing"}),
        ("thank", {"liked": "friendly", "praise": "x" * 501}, {"praise": "praise_long"}),
        ("recommend", {"likely": "11"}, {"likely": "likely_wrong"}),
        ("recommend", {"likely": "-1"}, {"likely": "likely_wrong"}),
    ],
)
def test_what_is_no_answer_is_refused(
    play: Playing, action: str, raw: dict[str, str], problems: dict[str, str]
) -> None:
    assert play(KEY, "call").refuse(action, **raw) == problems


def test_what_is_still_to_come_is_not_asked_about(complaints: Complaints) -> None:
    assert complaints(KEY, "call", at="2026-11-22T09:00:00Z") == {"at": "When is still to come; ask afterwards."}
