"""Texts of a page in the words staff read: what it is, how far it came, and why not further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from selfservice.messages.models import Message
from selfservice.web.console.wording import Condition, Tone


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One text of a page."""

    body: str
    locale: str
    purpose: str
    condition: Condition
    at: datetime
    parts: str


def tell(messages: Iterable[Message]) -> list[Sending]:
    """The texts of a page, oldest first."""
    return [
        Sending(
            body=message.body,
            locale=message.locale,
            purpose=_PURPOSES.get(message.purpose, "Follow-up"),
            condition=condition(message),
            at=message.submitted_at or message.created_at,
            parts="1 text" if message.segments == 1 else f"{message.segments} texts",
        )
        for message in messages
    ]


def condition(message: Message) -> Condition:
    """How far a text came."""
    return _CONDITIONS[message.state]


_PURPOSES = {"invitation": "Invitation", "update": "Change"}
_ON_ITS_WAY = Condition("On its way", Tone.QUIET)
_SENT = Condition("Sent", Tone.GOOD)
_CONDITIONS = {
    "accepted": _ON_ITS_WAY,
    "ready": _ON_ITS_WAY,
    "leased": _ON_ITS_WAY,
    "sending": _ON_ITS_WAY,
    "held": Condition("Waits for its time", Tone.QUIET),
    "submitted": _SENT,
    "carrier_accepted": _SENT,
    "delivered": Condition("Delivered", Tone.GOOD),
    "no_receipt": Condition("Sent, no word from the network", Tone.WARN),
    "undelivered_temporary": Condition("Not delivered so far", Tone.WARN),
    "undelivered_permanent": Condition("Could not be delivered", Tone.BAD),
    "uncertain": Condition("Nobody knows yet if it left", Tone.WARN),
    "needs_human": Condition("Nobody can say if it left", Tone.BAD),
    "failed": Condition("Refused by the provider", Tone.BAD),
    "suppressed": Condition("Not sent: asked for no texts", Tone.BAD),
    "cancelled": Condition("Taken back", Tone.QUIET),
    "expired": Condition("Not sent: too late", Tone.BAD),
    "dead": Condition("Not sent: a fault of ours", Tone.BAD),
}
