"""What becomes of an answer, as one table: every allowed move, who makes it and under what guard.

`answering` makes them. What is refused leaves no row: the customer is told, and whoever repeats it is told again.
"""

from __future__ import annotations

from selfservice.pages.states import Transition

STATES = ("applied", "needs_human", "undone")
"""What a row can say."""

REFUSALS = ("expired", "conflict", "changed", "locked", "lost_claim")
"""Why nothing was changed: the page has ended; another answer won; what it says is new; who asks has not shown who they
are and may not try again; what was chosen has just gone.
"""

TRANSITIONS = (
    Transition("none", "applied", "server", "live page, check passed, revision as seen, first writer, claims won"),
    Transition("none", "already_applied", "server", "the same key, or the same words, as the answer in force"),
    *(Transition("none", refusal, "server", "nothing is changed, and the page says why") for refusal in REFUSALS),
    Transition("none", "needs_human", "server", "too late, for an action that is taken late"),
    Transition("applied", "undone", "customer", "taken back, or another answer given in its place"),
)


def sources_of(target: str) -> tuple[str, ...]:
    """The states from which an answer may become `target`."""
    return tuple(transition.source for transition in TRANSITIONS if transition.target == target)
