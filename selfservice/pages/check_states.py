"""The life of a check as one table: every allowed move, who makes it and under what guard. `checks` makes them."""

from __future__ import annotations

from datetime import timedelta

from selfservice.transitions import Table, Transition

STATES = ("none", "asked", "failed", "passed", "locked")
"""`none` has no row. `passed` is kept for each device; the page's own row goes back to be asked afresh."""

MOST_TRIES = 5
MOST_CODES = 3
MOST_CODES_AN_HOUR = 6
"""How many are texted to one number in an hour, whatever the pages they are for."""

CODE_LIFE = timedelta(minutes=10)
CODE_PAUSE = timedelta(seconds=30)
"""Asked for again within this time, no other code is sent: a second tap is no second text."""

IDLE = timedelta(minutes=30)
"""How long a pass of a sensitive type lasts without a sign of life."""

TRANSITIONS = Table(
    (
        Transition("none", "asked", "page", "the type or the action declares a check, or the device is a new one"),
        Transition("asked", "passed", "customer", "right, and the code not used before; for this device"),
        Transition("asked", "failed", "customer", "wrong, and tries or codes are left"),
        Transition("failed", "asked", "customer", "one more try, or another code"),
        Transition("asked", "locked", "server", "the last try of the last code was wrong, or no code is left"),
        Transition("failed", "locked", "server", "no code is left"),
        Transition("locked", "asked", "staff", "released"),
    )
)

sources_of = TRANSITIONS.sources_of
