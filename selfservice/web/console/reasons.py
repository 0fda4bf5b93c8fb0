"""Why a message waits, or never left, in the words staff read; the timeline and the list of texts both use them."""

from __future__ import annotations

BY_STAFF = "by_staff"
"""The reason of a message that staff took back."""

WAITS = {
    "push_first": "A notification goes first",
    "quiet_hours": "It is too early or too late in the day where the customer is or may be",
    "enough_for_now": "The customer has had as many as they get in this time",
    "scheduled": "Its time has not come",
}
"""Why one is held, by reason."""

REFUSED = {
    "stopped": "This number asked for no texts",
    "no_consent": "The customer has not said yes to this kind of message, or we cannot show that they did",
    "withdrawn": "The customer wants no more of this kind of message",
}
"""Why one is not sent to somebody who does not want it, by reason."""
_STOPPED_MAIL = "This address asked for no e-mails"

TAKEN_BACK = {
    "page_closed": "Taken back, because the page closed",
    "page_expired": "The page ended while it waited",
    "page_revoked": "The page was closed while it waited",
    "page_superseded": "A newer page took the page’s place while it waited",
    "page_retired": "Pages of this type are no longer served",
    "erased": "The customer was erased",
    BY_STAFF: "A colleague took it back",
}
"""Why one was taken back that would still have been needed, by reason."""

NOT_NEEDED = {
    "reached_by_push": "The notification reached the phone",
    "page_opened": "The page was opened first",
    "page_answered": "The page was answered first",
    "offer_gone": "Others had taken all that it offers",
    "sent_as_text": "The text went instead",
    "facts_changed": "The facts changed, so a new one went",
    "unsubscribed": "The phone takes no notifications any more",
}
"""Why one was taken back that nobody needs any more, by reason."""

NEXT = {
    "uncertain": "The provider did not say whether it took it. We find out, and never send it twice blindly",
    "needs_human": "Nobody can say whether it came: ask the customer. If it did not, send it once more",
    "no_receipt": "It may have come all the same. Nothing more is heard of it",
    "undelivered_temporary": "The phone may be off: the network goes on trying",
    "undelivered_permanent": "Check the number, or hand over the link in another way",
    "failed": "Check where it went, or hand over the link in another way",
    "dead": "Our own software failed over it five times. When an administrator has mended that, send it once more",
    "expired": "It was too late for it",
}
"""What staff can do, or need not do, by state."""

TOO_LATE = {
    "needs_human": "Nobody can say whether it came. It is too late to send it once more",
    "dead": "Our own software failed over it five times. It is too late to send it once more",
}
"""The same of what staff can no longer send: its page has ended, say."""

SHORTLY = {
    ("held", "quiet_hours"): "Waits for the morning",
    ("held", "enough_for_now"): "Waits: enough for now",
    ("held", "scheduled"): "Waits for its time",
    ("suppressed", "no_consent"): "Not sent: no consent",
    ("suppressed", "withdrawn"): "Not sent: not wanted",
}
"""The same in a few words, by state and reason."""


def refused(reason: str, channel: str) -> str:
    """Why a message of this channel is not sent to somebody who does not want it."""
    return _STOPPED_MAIL if (reason, channel) == ("stopped", "email") else REFUSED.get(reason, REFUSED["stopped"])
