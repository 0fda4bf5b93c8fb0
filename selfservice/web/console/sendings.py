"""Texts and notifications of a page in the words staff read: what it is, how far it came, and why not further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from selfservice import clock, phone, tokens
from selfservice.customers.models import Customer
from selfservice.messages import policy
from selfservice.messages.models import Message
from selfservice.messages.states import REPLAYABLE
from selfservice.pages import texts
from selfservice.web.console import reasons
from selfservice.web.console.wording import Condition, Tone

May = Literal["", "cancel", "replay"]


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One message of a page, ours or the customer's (`is_theirs`).

    `why` it waits or did not come, until when; `may` is what staff can do with it, empty for nothing.
    """

    id: str
    body: str
    purpose: str
    condition: Condition
    at: datetime
    locale: str = ""
    subject: str = ""
    parts: str = ""
    why: str = ""
    until: datetime | None = None
    may: May = ""
    is_theirs: bool = False


def tell(messages: Iterable[Message]) -> list[Sending]:
    """The texts of a page, oldest first."""
    return [
        Sending(
            id=tokens.encode_id(message.id),
            subject=str((message.payload or {}).get("subject", "")),
            body=_body(message),
            locale=message.locale,
            purpose=_purpose(message),
            condition=condition(message),
            at=message.submitted_at or message.created_at,
            parts=_parts(message),
            why=_why(message),
            until=message.next_look_at if message.state == "held" else None,
            may=_may(message),
        )
        for message in messages
    ]


def condition(message: Message) -> Condition:
    """How far a text or a notification came."""
    special = _BY_REASON.get((message.state, message.reason or ""))
    return special or _CONDITIONS[message.state]


def places(messages: Iterable[Message], customer: Customer) -> list[str]:
    """Where messages of a page went, as much of it as tells staff which; where they would go if none did yet."""
    channels = {message.channel for message in messages} - {"push"} or {"sms" if customer.phone else "email"}
    phones = [f"ending {phone.ending(customer.phone)}"] if "sms" in channels and customer.phone else []
    return phones + ([_masked(customer.email)] if "email" in channels and customer.email else [])


def _masked(address: str) -> str:
    """An address with the first letter of its name alone."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}"


def outcome(message: Message) -> str:
    """What staff are told who have just sent this: a key of `detail`'s sentences; empty if a text is on its way."""
    if message.state == "suppressed":
        return "unsent"
    if message.state == "held" and message.reason != policy.PUSH_FIRST:
        return "held"
    return "mailed" if message.channel == "email" else ""


def _purpose(message: Message) -> str:
    purpose = _PURPOSES.get(message.purpose, "After the answer")
    how = _WAYS.get(message.channel)
    return f"{purpose}, {how}" if how else purpose


def _body(message: Message) -> str:
    """What it says; of an e-mail without what stands below each of them."""
    if message.purpose == texts.CODE:
        return _CODE
    if not message.recipient and not message.body:
        return EMPTIED
    return message.body.partition("\n\n-- \n")[0]


def _why(message: Message) -> str:
    """Why it waits, did not leave or did not come, and what to do about it; empty where all is well."""
    reason = message.reason or ""
    if message.state == "held":
        return reasons.WAITS.get(reason, "")
    if message.state == "suppressed":
        return reasons.refused(reason, message.channel)
    if message.state == "cancelled":
        return reasons.TAKEN_BACK.get(reason, reasons.NOT_NEEDED.get(reason, ""))
    if (message.state, reason) in _BY_REASON:
        return ""
    return (reasons.TOO_LATE if message.state in REPLAYABLE and not _may(message) else reasons.NEXT).get(
        message.state, ""
    )


def _may(message: Message) -> May:
    if message.stopping is not None:
        return ""
    if message.state in REPLAYABLE and clock.now() < message.not_after:
        return "replay"
    return "cancel" if message.state == "held" else ""


def _parts(message: Message) -> str:
    if message.channel == "push":
        return "No text"
    if message.channel == "email":
        return "1 e-mail"
    return "1 text" if message.segments == 1 else f"{message.segments} texts"


_WAYS = {"push": "as a notification", "email": "as an e-mail"}
_PURPOSES = {
    "invitation": "Invitation",
    "update": "Change",
    texts.REMINDER: "Reminder",
    texts.ANOTHER_WAY: "Invitation again",
    texts.CODE: "Code",
    "reply": "Reply",
    "help": "Reply",
    "started": "Reply",
    "stopped": "Confirms the stop",
}
EMPTIED = "Its words are not kept any more."
_CODE = "A code of six digits, for the customer’s eyes alone."
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
    "suppressed": Condition("Not sent: asked for none", Tone.BAD),
    "cancelled": Condition("Taken back", Tone.QUIET),
    "expired": Condition("Not sent: too late", Tone.BAD),
    "dead": Condition("Not sent: a fault of ours", Tone.BAD),
}
_NOT_NEEDED = Condition("Not needed", Tone.QUIET)
_NO_LONGER = Condition("Not sent: the phone takes none", Tone.QUIET)
_BY_REASON = {
    ("held", "push_first"): Condition("Waits for the notification", Tone.QUIET),
    **{
        place: Condition(words, Tone.QUIET if place[0] == "held" else Tone.BAD)
        for place, words in reasons.SHORTLY.items()
    },
    **{("cancelled", reason): _NOT_NEEDED for reason in reasons.NOT_NEEDED},
    ("cancelled", "unsubscribed"): _NO_LONGER,
    ("failed", "unsubscribed"): _NO_LONGER,
    ("failed", "unrecognised"): Condition("Refused: we are not recognised", Tone.BAD),
}
