"""The life of a conversation as one table: every allowed move, who makes it and under what guard. `service` makes them.

Nothing puts one aside yet: `snoozed` has ways out for the day that something does.
"""

from __future__ import annotations

from datetime import timedelta

from selfservice.transitions import Table, Transition, each

STATES = ("waiting", "open", "snoozed", "closed")
LIVE = ("waiting", "open", "snoozed")

REOPENS_WITHIN = timedelta(days=7)
"""How long after its end a customer's new word belongs to the same conversation."""

TRANSITIONS = Table(
    (
        Transition("waiting", "open", "staff", "the first to take it"),
        Transition("snoozed", "open", "staff", "the first to take it"),
        *each(LIVE, ("closed",), "staff", "done"),
        Transition("waiting", "closed", "customer", "settled by themselves what nobody has taken yet"),
        Transition(
            "closed", "waiting", "customer", "a new word within seven days; it is due anew, for whoever is there"
        ),
    )
)

sources_of = TRANSITIONS.sources_of
