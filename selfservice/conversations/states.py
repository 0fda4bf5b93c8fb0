"""The life of a conversation as one table: every allowed move, who makes it and under what guard. `service` makes them.

Nothing puts one aside yet: `snoozed` has ways out for the day that something does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

STATES = ("waiting", "open", "snoozed", "closed")
LIVE = ("waiting", "open", "snoozed")

REOPENS_WITHIN = timedelta(days=7)
"""How long after its end a customer's new word belongs to the same conversation."""


class Transition(NamedTuple):
    """One allowed move: from where, to where, who makes it, under what guard."""

    source: str
    target: str
    mover: str
    guard: str


TRANSITIONS = (
    Transition("waiting", "open", "staff", "the first to take it"),
    Transition("snoozed", "open", "staff", "the first to take it"),
    *(Transition(state, "closed", "staff", "done") for state in LIVE),
    Transition("closed", "waiting", "customer", "a new word within seven days; it is due anew, for whoever is there"),
)


def sources_of(target: str) -> tuple[str, ...]:
    """The states from which a conversation may become `target`."""
    return tuple(transition.source for transition in TRANSITIONS if transition.target == target)
