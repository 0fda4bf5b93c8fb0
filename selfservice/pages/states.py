"""The life of a page as one table: every allowed move, who makes it and under what guard. `moves` makes them."""

from __future__ import annotations

from typing import NamedTuple

STATES = ("scheduled", "open", "answered", "expired", "revoked", "superseded", "retired")
LIVE = ("scheduled", "open", "answered")


class Transition(NamedTuple):
    """One allowed move: from where, to where, who makes it, under what guard."""

    source: str
    target: str
    mover: str
    guard: str


TRANSITIONS = (
    Transition("scheduled", "open", "clock", "send_at has come"),
    Transition("scheduled", "revoked", "staff", "any time"),
    Transition("open", "revoked", "staff", "any time"),
    Transition("scheduled", "expired", "clock", "expires_at has come"),
    Transition("open", "expired", "clock", "expires_at has come"),
    Transition("answered", "expired", "clock", "expires_at has come"),
    Transition("scheduled", "superseded", "newer page", "same case, same customer"),
    Transition("open", "superseded", "newer page", "same case, same customer"),
    Transition("answered", "superseded", "newer page", "same case, same customer"),
    Transition("scheduled", "retired", "clock", "the type is gone"),
    Transition("open", "retired", "clock", "the type is gone"),
    Transition("answered", "retired", "clock", "the type is gone"),
    Transition("open", "answered", "customer", "a closing action"),
    Transition("answered", "open", "customer", "the answer can be taken back"),
)
_ALLOWED = frozenset((transition.source, transition.target) for transition in TRANSITIONS)


def sources_of(target: str) -> tuple[str, ...]:
    """The states from which a page may become `target`."""
    return tuple(source for source, goal in _ALLOWED if goal == target)
