"""The page types, loaded once, and a way to play one as `pages` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import Invalid
from selfservice.kit import Case, Facts, Form, Outcome, Refused
from selfservice.situations.loading import Loaded
from selfservice.situations.registry import Registry

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

Complaints = Callable[..., Mapping[str, str]]


@dataclass(frozen=True)
class Play:
    """A page type with the facts of one sample at NOW, ready to be acted on."""

    loaded: Loaded
    facts: Any
    now: datetime = NOW
    answers: Mapping[str, Form] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """What an action may know beside the facts."""
        return Case(self.now, ZONE, self.answers)

    def perform(self, action_key: str, **raw: Any) -> Outcome:
        """What an action leads to, its form read as a customer's is."""
        situation = self.loaded.situation
        action = situation.action(action_key)
        assert action is not None
        return action.perform(self.facts, situation.read(action, self.facts, raw, self.case), self.case)

    def refuse(self, action_key: str, **raw: Any) -> Mapping[str, str]:
        """The words by field with which an action is refused."""
        with pytest.raises(Refused) as caught:
            self.perform(action_key, **raw)
        return caught.value.problems


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load(strict=True)


@pytest.fixture(scope="session")
def accept(registry: Registry) -> Callable[..., Facts]:
    """Facts of a type's sample at NOW, some of them replaced; raises Invalid as the door does."""

    def accepted(key: str, sample: str, **changes: Any) -> Facts:
        loaded = registry.get(key)
        raw = {**loaded.samples[sample].facts(zone=ZONE, now=NOW), **changes}
        return loaded.situation.accept({name: value for name, value in raw.items() if value is not None}, NOW)

    return accepted


@pytest.fixture(scope="session")
def complaints(accept: Callable[..., Facts]) -> Complaints:
    """The sentences by fact with which a sample's facts are refused, some of them replaced."""

    def told(key: str, sample: str, **changes: Any) -> Mapping[str, str]:
        with pytest.raises(Invalid) as caught:
            accept(key, sample, **changes)
        return caught.value.fields

    return told


@pytest.fixture(scope="session")
def play(registry: Registry, accept: Callable[..., Facts]) -> Callable[..., Play]:
    """A type and the facts of one of its samples, some of them replaced."""

    def played(key: str, sample: str, *, answers: Mapping[str, Form] | None = None, **changes: Any) -> Play:
        return Play(registry.get(key), accept(key, sample, **changes), answers=answers or {})

    return played
