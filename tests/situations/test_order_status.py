"""The order status: every answer leaves the page open for the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.kit import Form, HandOff, Hero, Outcome, Span
from selfservice.kit.words import values_of
from selfservice.situations.registry import Registry
from tests.situations.conftest import NOW, ZONE, Complaints, Play

KEY = "order_status"
Playing = Callable[..., Play]


def hero(play: Play, now: datetime = NOW, answers: dict[str, Form] | None = None) -> Hero:
    return play.loaded.situation.steps[0].hero(play.facts, answers or {}, now)


def buttons(play: Play, step: str = "track") -> list[str]:
    found = play.loaded.situation.step(step)
    assert found is not None
    return [button.words for button in play.loaded.situation.visible(found, play.facts)]


def test_no_action_closes_the_page(registry: Registry) -> None:
    assert [action.closing for action in registry.get(KEY).situation.actions] == [False, False, False]


def test_another_day_goes_to_the_team(play: Playing) -> None:
    outcome = play(KEY, "out_for_delivery").perform("change_day", day="2026-11-23")

    assert outcome == Outcome(
        shows="day_changed", hand_off=HandOff("deliveries", "The customer chose another delivery day.")
    )


def test_safe_place_goes_to_the_team(play: Playing) -> None:
    outcome = play(KEY, "out_for_delivery").perform("leave_safe", place="In the porch")

    assert outcome == Outcome(shows="safe_set", hand_off=HandOff("deliveries", "The customer chose a safe place."))


@pytest.mark.parametrize(
    ("action", "raw", "problems"),
    [
        ("change_day", {"day": "2026-11-24"}, {"day": "day_wrong"}),
        ("change_day", {}, {"day": "day_missing"}),
        ("leave_safe", {"place": "On the roof"}, {"place": "place_wrong"}),
        ("report", {"problem": "rude"}, {"problem": "problem_wrong"}),
        ("report", {"text": "It is broken."}, {"problem": "problem_missing"}),
        ("report", {"problem": "other"}, {"text": "text_needed"}),
        ("report", {"problem": "late", "text": "x" * 501}, {"text": "text_long"}),
    ],
)
def test_what_was_not_offered_is_refused(
    play: Playing, action: str, raw: dict[str, str], problems: dict[str, str]
) -> None:
    assert play(KEY, "out_for_delivery").refuse(action, **raw) == problems


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("late", "The customer says that an order has not come."),
        ("damaged", "The customer says that an order came damaged."),
        ("missing", "The customer says that an order which counts as delivered is not there."),
        ("wrong", "The customer says that the wrong thing came."),
        ("other", "The customer reports a problem with an order, in words of their own."),
    ],
)
def test_report_reaches_the_team_with_what_it_is_about(play: Playing, problem: str, reason: str) -> None:
    outcome = play(KEY, "delivered").perform("report", problem=problem, text="By the door.")

    is_urgent = problem == "missing"
    assert outcome == Outcome(shows="reported", hand_off=HandOff("deliveries", reason, urgent=is_urgent))


def test_words_follow_what_has_happened(play: Playing) -> None:
    under_way, delivered = play(KEY, "out_for_delivery"), play(KEY, "delivered")

    assert hero(under_way) == Hero("steps.track", "brand")
    assert hero(under_way, NOW + timedelta(hours=4)) == Hero("steps.track.late", "brand")
    assert hero(delivered) == Hero("steps.track.delivered", "good")


@pytest.mark.parametrize(
    ("hours", "words"), [(0, "steps.track.moved"), (24 + 14, "steps.track.moved"), (24 + 16, "steps.track.moved_late")]
)
def test_a_chosen_day_counts_until_it_is_over(play: Playing, hours: int, words: str) -> None:
    """It is nine in the morning, and tomorrow was chosen."""
    order = play(KEY, "out_for_delivery")
    action = order.loaded.situation.action("change_day")
    assert action is not None

    assert hero(order, NOW + timedelta(hours=hours), {"change_day": action.form(day="2026-11-22")}).words == words


def test_what_can_no_longer_be_arranged_is_not_offered(play: Playing) -> None:
    assert buttons(play(KEY, "out_for_delivery")) == ["go_safe", "go_day", "go_problem"]
    assert buttons(play(KEY, "packed")) == ["go_day", "go_problem"]
    assert buttons(play(KEY, "delivered", delivery_days=["2026-11-24"], safe_places=["Porch"])) == ["go_problem"]


def test_facts_worked_out_from_others_can_be_said(play: Playing) -> None:
    values = values_of(play(KEY, "out_for_delivery").facts)

    assert values["current_stage"] == "Out for delivery"
    assert values["window"] == Span(NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    assert values["is_delivered"] is False


def test_page_ends_a_week_after_the_expected_time(play: Playing) -> None:
    packed = play(KEY, "packed", delivery_days=[])

    assert packed.loaded.situation.expires(packed.facts, NOW) == datetime(2026, 12, 3, 18, 0, tzinfo=UTC)


def test_page_outlives_every_day_that_may_be_chosen(play: Playing) -> None:
    packed = play(KEY, "packed", delivery_days=["2026-11-30", "2026-12-03"])
    there = NOW.astimezone(ZoneInfo("America/New_York"))

    assert packed.loaded.situation.expires(packed.facts, there) == datetime(2026, 12, 11, tzinfo=there.tzinfo)


def test_example_is_of_an_order_on_its_way(registry: Registry, play: Playing) -> None:
    stages = next(field for field in registry.get(KEY).fields() if field.name == "stages")
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    facts = {**play(KEY, "packed").facts.model_dump(), "stages": stages.kind.from_text(stages.example, ZONE)}
    facts["delivery_days"] = []

    assert not registry.get(KEY).situation.accept(facts, now).is_delivered  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"window_from": "2026-11-22T13:00:00Z", "window_to": "2026-11-22T13:00:00Z"},
            {"window_to": "Expected until is not after Expected from; correct one of them."},
        ),
        (
            {"window_from": "2026-11-13T13:00:00Z", "window_to": "2026-11-14T09:00:00Z"},
            {"window_to": "Expected until is more than a week ago; write when the order is expected now."},
        ),
        (
            {"stages": [{"at": "2026-11-21T09:01:00Z", "label": "Packed"}]},
            {"stages": "Stages has a time that is still to come; leave it out until it has happened."},
        ),
        (
            {"stages": [{"at": "2026-11-21T08:00:00Z", "label": "Out for delivery"}]},
            {
                "stages": "Stages has one line, and that has happened, so the page would say Delivered; "
                "write what is still to come below it, without a time."
            },
        ),
        ({"stages": []}, {"stages": "Stages has too few entries; give at least 1."}),
        (
            {"delivery_days": ["2026-11-20"]},
            {"delivery_days": "Other days to offer has an entry that has passed; take it out."},
        ),
        (
            {"delivery_days": ["2026-11-24"] * 2},
            {"delivery_days": "Other days to offer has an entry that stands there twice; take one out."},
        ),
        (
            {"safe_places": ["Porch", "Porch "]},
            {"safe_places": "Safe places to offer has an entry that stands there twice; take one out."},
        ),
    ],
)
def test_facts_that_make_no_sense_are_refused(
    complaints: Complaints, changes: dict[str, Any], problems: dict[str, str]
) -> None:
    assert complaints(KEY, "out_for_delivery", **changes) == problems


def test_days_offered_are_days(play: Playing) -> None:
    assert play(KEY, "packed").facts.delivery_days == [date(2026, 11, 28)]
