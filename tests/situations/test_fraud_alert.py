"""The fraud alert: protective first, never too late, and never more on the page than a stranger may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.kit import Do, Form, HandOff, Outcome
from selfservice.kit.formats import Reader
from selfservice.kit.values import Money
from selfservice.kit.words import pieces
from selfservice.situations.languages import LANGUAGES
from selfservice.situations.registry import Registry
from selfservice.text import measure
from selfservice.tokens import TOKEN_WIDTH
from tests.situations.conftest import NOW, Complaints, Play

KEY = "fraud_alert"
DIGITS = "Last digits of the card"
Playing = Callable[..., Play]


def test_no_goes_to_the_fraud_team_at_once(play: Playing) -> None:
    assert play(KEY, "online").perform("no") == Outcome(
        shows="no", hand_off=HandOff("fraud", "The customer says that a payment was not theirs.", urgent=True)
    )


def test_yes_needs_nobody(play: Playing) -> None:
    assert play(KEY, "online").perform("yes") == Outcome(shows="yes")


@pytest.mark.parametrize(
    ("before", "after", "shows", "reason"),
    [
        ("no", "yes", "yes", "The customer first said that a payment was not theirs and now says that it was."),
        ("yes", "no", "no_after_yes", "The customer first knew a payment and now says that it was not theirs."),
    ],
)
def test_changed_mind_reaches_the_team(play: Playing, before: str, after: str, shows: str, reason: str) -> None:
    outcome = play(KEY, "online", answers={before: Form()}).perform(after)

    assert outcome == Outcome(shows=shows, hand_off=HandOff("fraud", reason, urgent=True))


@pytest.mark.parametrize(
    ("shown", "action"), [("ask", "no"), ("ask", "yes"), ("no", "yes"), ("no_after_yes", "yes"), ("yes", "no")]
)
def test_each_answer_can_become_the_other(play: Playing, shown: str, action: str) -> None:
    page = play(KEY, "online")

    assert page.loaded.situation.allows(action, shown, page.facts)


def test_protective_answer_comes_first_and_is_accepted_late(registry: Registry) -> None:
    situation = registry.get(KEY).situation

    first = situation.steps[0].buttons[0]

    assert isinstance(first, Do)
    assert first.action == "no"
    assert {action.key: action.accepts_late for action in situation.actions} == {"no": True, "yes": False}
    assert situation.message_class == "urgent"


def test_page_ends_when_an_answer_is_needed_or_after_four_hours(play: Playing) -> None:
    given = play(KEY, "online", answer_by="2026-11-21T18:14:00Z")
    left = play(KEY, "bare")

    assert given.loaded.situation.expires(given.facts, NOW) == datetime(2026, 11, 21, 18, 14, tzinfo=UTC)
    assert left.loaded.situation.expires(left.facts, NOW) == NOW + timedelta(hours=4)


def test_no_text_with_a_link_names_the_payment(registry: Registry) -> None:
    for words in registry.get(KEY).words.values():
        texts = " ".join(
            sentence for key, sentence in words.items() if key.startswith(("sms.", "texts.")) and key != "sms.question"
        )
        assert [name for name in ("merchant", "amount", "card_ending", "where", "name") if f"{{{name}" in texts] == []


def test_the_question_names_what_it_asks_about_and_nothing_else(registry: Registry) -> None:
    for words in registry.get(KEY).words.values():
        named = {path[0] for _, path, _ in pieces(words["sms.question"]) if path}
        assert named == {"brand", "amount", "merchant", "card_ending"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", ["sms.question", "sms.body"])
def test_the_text_takes_two_parts_at_most_in_every_language(registry: Registry, language: str, word: str) -> None:
    """With a bank's and a merchant's long names, four digits, the money of the country and a link of ours."""
    currency = {"en": "INR", "es": "EUR", "ar": "SAR", "pl": "PLN", "zh": "CNY", "hi": "INR"}[language]
    values = {
        "brand": "Nordland Savings Bank",
        "amount": Money(amount=Decimal("12345.67"), currency=currency),
        "merchant": "GRAND PALACE HOTEL & CONFERENCE CENTRE, MARRAKESH",
        "card_ending": "8817",
        "link": f"https://pages.nordland.example/p/{'0' * TOKEN_WIDTH}",
    }
    reader = Reader(language, ZoneInfo("UTC"), NOW)

    said = registry.get(KEY).words[language].say(word, values, reader)

    measured = measure(said)
    assert measured.segments <= 2, (measured.units, said)
    assert ("GRAND PALACE HOTEL.." in said) is (word == "sms.question")
    assert ("8817" in said) is (word == "sms.question")


def test_the_text_never_names_what_the_check_asks_for(complaints: Complaints) -> None:
    assert complaints(KEY, "online", card_ending="4417", account_ending="4417") == {
        "account_ending": (
            "The account number ends like the card, which the text names: leave it empty, and we text a code instead."
        )
    }


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"card_ending": "10417"},
            {"card_ending": f"{DIGITS} is too long; write at most 4 characters."},
        ),
        (
            {"card_ending": "7"},
            {"card_ending": f"{DIGITS} is too short; write at least 2 characters."},
        ),
        ({"card_ending": 17}, {"card_ending": f"{DIGITS} cannot be read; write digits only."}),
        (
            {"amount": {"amount": "0", "currency": "GBP"}},
            {"amount": "The amount is not above zero; write what was to be paid."},
        ),
        (
            {"at": "2026-11-21T09:01:00Z"},
            {"at": "When it was tried is still to come; write when it happened."},
        ),
        (
            {"answer_by": "2026-11-21T09:00:00Z"},
            {"answer_by": "Answer by must lie within the next seven days; write another moment or leave it empty."},
        ),
        (
            {"answer_by": "2026-11-28T09:00:01Z"},
            {"answer_by": "Answer by must lie within the next seven days; write another moment or leave it empty."},
        ),
    ],
)
def test_facts_that_make_no_sense_are_refused(
    complaints: Complaints, changes: dict[str, Any], problems: dict[str, str]
) -> None:
    assert complaints(KEY, "online", **changes) == problems
