"""Texts that came in about a page, in the words staff read: what they say, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable

from selfservice import tokens
from selfservice.replies.models import InboundText
from selfservice.web.console.sendings import EMPTIED, Sending
from selfservice.web.console.wording import Condition, Tone


def tell(texts: Iterable[InboundText]) -> list[Sending]:
    """The texts that came, oldest first."""
    return [
        Sending(
            id=tokens.encode_id(text.id),
            body=text.body.strip() or (_NO_WORDS if text.media else EMPTIED),
            purpose="Text from the customer",
            condition=_CONDITIONS.get(text.meaning or "", _UNREAD),
            at=text.received_at,
            is_theirs=True,
        )
        for text in texts
    ]


_NO_WORDS = "Photos without words. They are under “What happened”."
_UNREAD = Condition("Being read", Tone.QUIET)
_CONDITIONS = {
    "staff": Condition("For a person", Tone.WARN),
    "answer": Condition("An answer", Tone.GOOD),
    "stop": Condition("Stop", Tone.BAD),
    "start": Condition("Start", Tone.NOTE),
    "help": Condition("Asked who we are", Tone.QUIET),
    "more": Condition("Asked for the link", Tone.QUIET),
}
