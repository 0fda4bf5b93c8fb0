"""Customers of the demo who show who they are before they answer, and one who cannot."""

from __future__ import annotations

from typing import NamedTuple

from selfservice.customers import devices
from selfservice.kit import Check, Facts, Situation
from selfservice.pages import checks, sight
from selfservice.pages.check_states import MOST_TRIES
from selfservice.pages.models import Page
from selfservice.situations import registry


class _Asked(NamedTuple):
    """What is asked before an action, and what the right answer is."""

    situation: Situation
    facts: Facts
    check: Check
    right: str


def show(page: Page, action: str) -> int | None:
    """The device on which the customer has shown it, if the action asks for anything."""
    asked = _asked(page, action)
    return None if asked is None else _try(page, asked, asked.right)


def mistype(page: Page, action: str) -> None:
    """Give wrong answers until nobody is asked any more."""
    asked = _asked(page, action)
    assert asked is not None
    wrong = asked.right[:-1] + ("1" if asked.right.endswith("0") else "0")
    for _ in range(MOST_TRIES):
        _try(page, asked, wrong)


def _try(page: Page, asked: _Asked, typed: str) -> int:
    device, _secret = devices.make()
    checks.attempt(page.id, asked.situation, asked.facts, asked.check.kind, typed, device_id=device.id)
    return device.id


def _asked(page: Page, action_key: str) -> _Asked | None:
    loaded = registry.current().get(page.situation, page.version)
    facts = sight.facts_of(loaded, page.facts, page.version)
    action = loaded.situation.action(action_key)
    if action is None or action.check is None or action.check.kind_for(facts) != action.check.kind:
        return None
    return _Asked(loaded.situation, facts, action.check, str(getattr(facts, action.check.fact)))
