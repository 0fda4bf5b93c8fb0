"""The consent request: a yes and a no of equal weight, each kept in the words that were read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from selfservice.kit import Consent, Outcome
from tests.situations.conftest import NOW, Play

KEY = "consent_request"
Playing = Callable[..., Play]


@pytest.mark.parametrize(("sample", "message_class"), [("offers", "marketing"), ("service", "service")])
def test_yes_and_no_are_kept_with_what_was_read(play: Playing, sample: str, message_class: str) -> None:
    request = play(KEY, sample)

    said_yes, said_no = request.perform("agree"), request.perform("decline")

    assert said_yes == Outcome(shows="agreed", consents=(Consent(message_class, "consent.wording"),))  # type: ignore[arg-type]
    assert said_no == Outcome(shows="declined", consents=(Consent(message_class, "consent.wording", given=False),))  # type: ignore[arg-type]


@pytest.mark.parametrize(("step", "other"), [("agreed", "decline"), ("declined", "agree")])
def test_the_opposite_can_be_said_on_the_same_page(play: Playing, step: str, other: str) -> None:
    request = play(KEY, "offers")

    assert request.loaded.situation.allows(other, step, request.facts)


def test_page_ends_after_thirty_days(play: Playing) -> None:
    request = play(KEY, "offers")

    assert request.loaded.situation.expires(request.facts, NOW) == NOW + timedelta(days=30)
