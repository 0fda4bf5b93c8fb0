"""The life of a page as one table: every allowed move, who makes it and under what guard. `moves` makes them."""

from __future__ import annotations

from selfservice.transitions import Table, Transition, each

STATES = ("scheduled", "open", "answered", "expired", "revoked", "superseded", "retired")
LIVE = ("scheduled", "open", "answered")


TRANSITIONS = Table(
    (
        Transition("scheduled", "open", "clock", "send_at has come"),
        *each(("scheduled", "open"), ("revoked",), "staff", "any time"),
        *each(LIVE, ("expired",), "clock", "expires_at has come"),
        *each(LIVE, ("superseded",), "newer page", "same case, same customer"),
        *each(LIVE, ("retired",), "clock", "the type is gone"),
        Transition("open", "answered", "customer", "a closing action"),
        Transition("answered", "open", "customer, worker", "the answer can be taken back; a photo in it is unreadable"),
    )
)

sources_of = TRANSITIONS.sources_of
