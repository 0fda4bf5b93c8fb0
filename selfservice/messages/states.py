"""The life of a message as one table: every allowed move, who makes it and under what guard. `moves` makes them."""

from __future__ import annotations

from selfservice.transitions import Table, Transition, each

STATES = (
    "accepted",
    "held",
    "ready",
    "leased",
    "sending",
    "submitted",
    "carrier_accepted",
    "no_receipt",
    "undelivered_temporary",
    "undelivered_permanent",
    "delivered",
    "uncertain",
    "needs_human",
    "failed",
    "suppressed",
    "cancelled",
    "expired",
    "dead",
)
WAITING = ("accepted", "held", "ready")
UNSENT = (*WAITING, "leased")
"""Nothing has left us yet."""

REPLAYABLE = ("dead", "needs_human")
"""What staff may give another life."""

MAY_WAIT_AGAIN = ("leased", "sending", "uncertain", *REPLAYABLE)
"""Not waiting now, and perhaps again: a worker gives it back, a provider refuses it for now or never had it, staff
replay it. Who takes such a message back marks it (`Message.stopping`), and policy finds that out before it leaves.
"""

RECEIPTS = (
    "submitted",
    "carrier_accepted",
    "no_receipt",
    "undelivered_temporary",
    "undelivered_permanent",
    "delivered",
)
"""What providers say, lowest first: receipts join to the highest, whatever their order and number."""


_STEPS = (
    *each(("accepted", "held"), ("ready",), "policy", "consent, hours, caps and approval all allow"),
    *each(("accepted", "ready"), ("held",), "policy", "the reason and the next look are stored"),
    *each(WAITING, ("suppressed",), "customer", "they stopped the texts, or it is not their number"),
    *each(WAITING, ("cancelled",), "page", "the page closed, or staff said so"),
    *each(WAITING, ("expired",), "clock", "not_after has passed"),
    Transition("ready", "leased", "worker", "claimed in a batch, under a lease with a fencing number"),
    Transition("leased", "ready", "reaper", "the lease is over, or given back; no attempt row"),
    *each(("leased",), ("suppressed", "held", "cancelled", "expired"), "worker", "found at the last check"),
    Transition("leased", "sending", "worker", "the last check passed; the attempt row is in the same transaction"),
    Transition("sending", "submitted", "worker", "the provider took it; its reference is stored"),
    Transition("sending", "ready", "worker", "refused for now: nothing was taken"),
    Transition("sending", "failed", "worker", "refused for good"),
    Transition("sending", "uncertain", "worker", "nobody knows whether it was taken, or the worker died"),
    *each(("uncertain",), ("submitted", "failed"), "reconciler", "asked, told by a receipt, or by a late worker"),
    Transition("uncertain", "ready", "reconciler", "it was never taken, or may be sent again, flagged"),
    Transition("uncertain", "needs_human", "reconciler", "nobody can say"),
    *each((*UNSENT, "needs_human"), ("submitted",), "receipt", "in doubt before, and the provider took it after all"),
    *each(("submitted", "carrier_accepted"), ("no_receipt",), "clock", "72 hours without a word"),
    *each(UNSENT, ("dead",), "worker", "the same exception five times"),
    *each(REPLAYABLE, ("accepted",), "staff", "replayed: policy looks at everything again"),
)
_JOINS = tuple(
    Transition(source, target, "receipt", "higher in the join")
    for place, source in enumerate(RECEIPTS)
    for target in RECEIPTS[place + 1 :]
    if target != "no_receipt"
)
TRANSITIONS = Table(_STEPS + _JOINS)

sources_of = TRANSITIONS.sources_of
