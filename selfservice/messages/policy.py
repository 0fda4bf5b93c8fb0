"""Whether a message may leave, decided from what is known of it; pure. Who asked is `service` or the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PUSH_FIRST = "push_first"
"""Why a text that stands by is held."""

Verdict = Literal["ready", "held", "suppressed", "cancelled", "expired"]


HEAD_START = {"urgent": timedelta(seconds=20), "service": timedelta(seconds=60), "marketing": timedelta(seconds=300)}
"""How long pushes have, by class, to reach somebody before the text that stands by is sent as well.

Long enough for a phone in a pocket to be woken and to say so; short beside what the message is about.
"""


@dataclass(frozen=True)
class Standing:
    """What the decision about one message rests on. `pushes_until`: it stands by, while pushes go ahead of it."""

    not_after: datetime
    stopping: str | None
    is_suppressed: bool
    not_before: datetime | None = None
    pushes_until: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What becomes of a message. `reason` is a word of ours; a held one is looked at again at `next_look_at`."""

    verdict: Verdict
    reason: str | None = None
    next_look_at: datetime | None = None


def decide(standing: Standing, now: datetime) -> Decision:
    """Decide at acceptance, at each later look, and once more in the transaction that begins the sending."""
    if standing.stopping is not None:
        return Decision("cancelled", standing.stopping)
    if standing.is_suppressed:
        return Decision("suppressed", "stopped")
    if now >= standing.not_after:
        return Decision("expired", "too_late")
    if standing.not_before is not None and now < standing.not_before:
        return Decision("held", "scheduled", standing.not_before)
    if standing.pushes_until is not None and now < standing.pushes_until:
        return Decision("held", PUSH_FIRST, standing.pushes_until)
    return Decision("ready")
