"""Follow-ups: what is done about a page that nobody answers. A type declares them, `pages` does each once; pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from selfservice.kit.channels import CHANNELS

Kind = Literal["remind", "escalate", "next_channel"]

APART = timedelta(hours=4)
"""What lies at least between two messages about a page, unless a follow-up is declared for a shorter time."""
ROOM = timedelta(minutes=10)
"""What a customer has at least to answer a message: one that would come later than that does not go."""

_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=400)
_LONGEST_REASON = 200


@dataclass(frozen=True)
class FollowUp(ABC):
    """What all follow-ups share; `span` is their time, which `counts_from_end` or else from when the page went out."""

    kind: ClassVar[Kind]
    room: ClassVar[timedelta] = ROOM

    @property
    @abstractmethod
    def span(self) -> timedelta:
        """How long after the page went out, or before its end."""

    @property
    def counts_from_end(self) -> bool:
        """Whether its time moves when the page's end does."""
        return False

    @property
    def name(self) -> str:
        """What a page remembers it by, whatever else its type comes to declare: `remind before_end 86400`."""
        return f"{self.kind} {'before_end' if self.counts_from_end else 'after'} {round(self.span.total_seconds())}"

    @property
    def apart(self) -> timedelta:
        """How long after the last message about a page it may come."""
        return min(APART, self.span)

    def due(self, went_out: datetime, ends_at: datetime) -> datetime | None:
        """When it is time on a page that went out and ends then; None on one too short for it."""
        moment = ends_at - self.span if self.counts_from_end else went_out + self.span
        return moment if went_out + self.apart <= moment < ends_at and moment <= ends_at - self.room else None

    @property
    def ignores_notes(self) -> bool:
        """Whether it is done all the same after an answer that leaves the page open; any other answer silences it."""
        return False


@dataclass(frozen=True, kw_only=True)
class Remind(FollowUp):
    """Tell of the page once more, in the words `reminder` of `[sms]`, `[email]` and `[push]`.

    Either so long `after` the page went out or so long `before_end`. It goes on `channels` as an invitation does:
    pushes first, and of a text and an e-mail the first for which there is an address; on those of the page if empty.
    """

    kind: ClassVar[Kind] = "remind"

    after: timedelta | None = None
    before_end: timedelta | None = None
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.after is None) == (self.before_end is None):
            raise ValueError("Remind takes one of after and before_end, and not both")
        _refuse(self, least=ROOM if self.counts_from_end else _SHORTEST)
        unknown = [channel for channel in self.channels if channel not in CHANNELS]
        if unknown:
            raise ValueError(f"Remind names the channel {unknown[0]!r}; use {', '.join(CHANNELS)}")

    @property
    def span(self) -> timedelta:
        """How long after the page went out, or before its end."""
        return self.after or self.before_end or timedelta()

    @property
    def counts_from_end(self) -> bool:
        """Whether its time moves when the page's end does."""
        return self.before_end is not None


@dataclass(frozen=True, kw_only=True)
class Escalate(FollowUp):
    """Put the page before staff so long `after` it went out, because nobody has answered.

    `reason` is a sentence for staff without personal data; `team` is the type's own if empty. `only_closing`: a note,
    or another answer that leaves the page open, is no answer to this.
    """

    kind: ClassVar[Kind] = "escalate"
    room: ClassVar[timedelta] = timedelta()

    after: timedelta
    reason: str
    team: str = ""
    urgent: bool = False
    only_closing: bool = False

    def __post_init__(self) -> None:
        _refuse(self)
        if not 0 < len(self.reason.strip()) <= _LONGEST_REASON:
            raise ValueError(f"Escalate needs a reason for staff, a sentence of at most {_LONGEST_REASON} characters")

    @property
    def span(self) -> timedelta:
        """How long after the page went out."""
        return self.after

    @property
    def ignores_notes(self) -> bool:
        """Whether it is done all the same after an answer that leaves the page open; any other answer silences it."""
        return self.only_closing


@dataclass(frozen=True, kw_only=True)
class NextChannel(FollowUp):
    """Send the invitation once more so long `after` the page went out, on the next of the type's channels.

    That is the first for which there is an address and on which nothing of the page has gone: in the order that the
    customer chose, else in theirs.
    """

    kind: ClassVar[Kind] = "next_channel"

    after: timedelta

    def __post_init__(self) -> None:
        _refuse(self)

    @property
    def span(self) -> timedelta:
        """How long after the page went out."""
        return self.after


def _refuse(follow_up: FollowUp, least: timedelta = _SHORTEST) -> None:
    if not least <= follow_up.span <= _LONGEST:
        name = type(follow_up).__name__
        raise ValueError(f"{name} is for {follow_up.span}; write a time from {least} (h:m:s) to {_LONGEST.days} days")
