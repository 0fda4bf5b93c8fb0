"""Whether a message may leave, decided from what is known of it; pure. Who asked is `service` or the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["ready", "held", "suppressed", "cancelled", "expired"]


@dataclass(frozen=True)
class Standing:
    """What the decision about one message rests on."""

    not_after: datetime
    stopping: str | None
    is_suppressed: bool
    not_before: datetime | None = None


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
    return Decision("ready")
