"""The bill reminder: which days may be promised, what is given to people, and when the page ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.kit import HandOff, Hero, Outcome
from tests.situations.conftest import NOW, Complaints, Play

KEY = "bill_reminder"
Playing = Callable[..., Play]


def days(play: Play) -> list[date]:
    """The days that the page offers."""
    (field,) = play.loaded.situation.inputs("promise", play.facts, play.case)
    return [date.fromisoformat(option.value) for option in field.options]


def buttons(play: Play, step: str = "ask") -> list[str]:
    found = play.loaded.situation.step(step)
    assert found is not None
    return [button.words for button in play.loaded.situation.visible(found, play.facts)]


def test_a_day_is_promised_and_can_be_changed(play: Playing) -> None:
    outcome = play(KEY, "due", promise_days=7).perform("promise", pay_on="2026-12-02")

    assert outcome == Outcome(shows="promised")


@pytest.mark.parametrize(
    ("day", "hero"),
    [
        (date(2026, 11, 22), Hero("steps.promised", "good")),
        (date(2026, 11, 21), Hero("steps.promised.due", "brand")),
        (date(2026, 11, 20), Hero("steps.promised.due", "brand")),
    ],
)
def test_a_promise_whose_day_has_come_is_asked_about(play: Playing, day: date, hero: Hero) -> None:
    bill = play(KEY, "due")
    step, action = bill.loaded.situation.step("promised"), bill.loaded.situation.action("promise")
    assert step is not None
    assert action is not None

    assert step.hero(bill.facts, {"promise": action.form(pay_on=day)}, NOW) == hero


@pytest.mark.parametrize("pay_on", ["2026-11-21", "2026-12-03", "2027-01-01", ""])
def test_a_day_that_is_not_offered_is_refused(play: Playing, pay_on: str) -> None:
    problems = play(KEY, "due", promise_days=7).refuse("promise", pay_on=pay_on)

    assert problems == {"pay_on": "pay_on_wrong" if pay_on else "pay_on_missing"}


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({"promise_days": 7}, date(2026, 11, 22), date(2026, 12, 2)),
        ({"due_on": "2026-11-18", "promise_days": 5}, date(2026, 11, 22), date(2026, 11, 23)),
        ({"due_on": "2026-12-20", "promise_days": 28}, date(2027, 1, 4), date(2027, 1, 17)),
    ],
)
def test_days_are_to_come_and_within_what_paying_may_wait(
    play: Playing, changes: dict[str, Any], first: date, last: date
) -> None:
    offered = days(play(KEY, "due", **changes))

    assert (offered[0], offered[-1]) == (first, last)
    assert len(offered) == (last - first).days + 1


def test_a_bill_that_cannot_wait_offers_no_day(play: Playing) -> None:
    assert days(play(KEY, "no_later_day")) == []


def test_who_says_it_is_paid_is_looked_for(play: Playing) -> None:
    outcome = play(KEY, "due").perform("paid")

    reason = "The customer says that a bill is paid: look for it."
    assert outcome == Outcome(shows="said_paid", hand_off=HandOff("billing", reason))


@pytest.mark.parametrize(("parts", "urgent"), [("two", False), ("three", False), ("six", False), ("pause", True)])
def test_a_plan_reaches_the_team_without_what_was_written(play: Playing, parts: str, urgent: bool) -> None:
    outcome = play(KEY, "due").perform("plan", parts=parts, situation="I lost my job.")

    assert outcome.shows == "plan_asked"
    assert outcome.hand_off is not None
    assert (outcome.hand_off.team, outcome.hand_off.urgent) == ("billing", urgent)
    assert "job" not in outcome.hand_off.reason


def test_the_whole_bill_is_there_only_if_there_is_one(play: Playing) -> None:
    assert buttons(play(KEY, "due")) == ["follow_pay_url", "go_later", "paid", "go_hard", "follow_bill_url"]
    assert buttons(play(KEY, "overdue")) == ["follow_pay_url", "go_later", "paid", "go_hard"]
    assert buttons(play(KEY, "due"), "promised") == ["follow_pay_url", "paid", "change", "go_hard"]


def test_a_later_day_is_offered_only_where_there_is_one(play: Playing) -> None:
    assert buttons(play(KEY, "no_later_day")) == ["follow_pay_url", "paid", "go_hard"]


@pytest.mark.parametrize(("days_on", "words"), [(0, "steps.ask"), (4, "steps.ask.today"), (5, "steps.ask.overdue")])
def test_words_follow_the_day(play: Playing, days_on: int, words: str) -> None:
    bill = play(KEY, "due")

    assert bill.loaded.situation.steps[0].hero(bill.facts, {}, NOW + timedelta(days=days_on)).words == words


def test_page_ends_thirty_days_after_the_last_day_for_paying_where_it_is(play: Playing) -> None:
    bill = play(KEY, "due", due_on="2026-11-25", promise_days=3)
    there = NOW.astimezone(ZoneInfo("America/Los_Angeles"))

    assert bill.loaded.situation.expires(bill.facts, there) == datetime(2026, 12, 28, tzinfo=there.tzinfo)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"amount": {"amount": "0.00", "currency": "GBP"}},
            {"amount": "The amount is not above zero; write what is owed."},
        ),
        (
            {"due_on": "2026-10-20"},
            {"due_on": "It was due more than a month ago; take it up with the customer in another way."},
        ),
    ],
)
def test_facts_that_make_no_sense_are_refused(
    complaints: Complaints, changes: dict[str, Any], problems: dict[str, str]
) -> None:
    assert complaints(KEY, "due", **changes) == problems
