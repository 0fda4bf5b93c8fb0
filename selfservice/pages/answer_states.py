"""What becomes of an answer, as one table: every allowed move, who makes it and under what guard.

`answering`, `late_answers` and `reopening` make them. What is refused leaves no row: the customer is told,
and whoever repeats it is told again.
"""

from __future__ import annotations

from selfservice.transitions import Table, Transition, each

STATES = ("applied", "needs_human", "undone")
"""What a row can say."""

REFUSALS = ("expired", "conflict", "changed", "locked", "lost_claim")
"""Why nothing was changed: the page has ended; another answer won; what it says is new; who asks has not shown who they
are and may not try again; what was chosen has just gone.
"""

TRANSITIONS = Table(
    (
        Transition("none", "applied", "server", "live page, check passed, revision as seen, first writer, claims won"),
        Transition("none", "already_applied", "server", "the same key, or the same words, as the answer in force"),
        *each(("none",), REFUSALS, "server", "nothing is changed, and the page says why"),
        Transition("none", "needs_human", "server", "too late, for an action that is taken late"),
        Transition("applied", "undone", "customer, worker", "taken back, replaced, or a photo in it cannot be read"),
    )
)

sources_of = TRANSITIONS.sources_of
