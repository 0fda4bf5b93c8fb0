"""Whether a message may leave, decided from what is known of it; pure. Who asked is `service` or the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PUSH_FIRST = "push_first"
"""Why a text that stands by is held."""

QUIET = "quiet_hours"
CAPPED = "enough_for_now"
"""Why a message is held that comes at a bad hour, or on top of enough others."""

ANSWER_FOR = timedelta(minutes=10)
"""How long a message counts as the answer to what its recipient did: they are awake, and wait for it."""

Verdict = Literal["ready", "held", "suppressed", "cancelled", "expired"]


HEAD_START = {"urgent": timedelta(seconds=20), "service": timedelta(seconds=60), "marketing": timedelta(seconds=300)}
"""How long pushes have, by class, to reach somebody before the text that stands by is sent as well.

Long enough for a phone in a pocket to be woken and to say so; short beside what the message is about.
"""


@dataclass(frozen=True)
class Manners:
    """What consent, the hour and the caps say of one message. `refusal`: its recipient does not want this class."""

    refusal: str | None = None
    quiet_until: datetime | None = None
    capped_until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What the decision about one message rests on. `pushes_until`: it stands by, while pushes go ahead of it."""

    not_after: datetime
    stopping: str | None
    is_suppressed: bool
    not_before: datetime | None = None
    pushes_until: datetime | None = None
    manners: Manners = Manners()


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
    if standing.manners.refusal is not None:
        return Decision("suppressed", standing.manners.refusal)
    if now >= standing.not_after:
        return Decision("expired", "too_late")
    return _hold(standing, now) or Decision("ready")


def _hold(standing: Standing, now: datetime) -> Decision | None:
    """Why it waits, and until when: for its own time, for a better hour, for room, for the pushes ahead of it."""
    manners = standing.manners
    if standing.not_before is not None and now < standing.not_before:
        return Decision("held", "scheduled", standing.not_before)
    if manners.quiet_until is not None:
        return Decision("held", QUIET, manners.quiet_until)
    if manners.capped_until is not None:
        return Decision("held", CAPPED, manners.capped_until)
    if standing.pushes_until is not None and now < standing.pushes_until:
        return Decision("held", PUSH_FIRST, standing.pushes_until)
    return None
