"""Why a message waits, or never left, in the words staff read; the timeline and the list of texts both use them."""

from __future__ import annotations

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

TAKEN_BACK = {
    "page_closed": "Taken back, because the page closed",
    "page_expired": "The page ended while it waited",
    "page_revoked": "The page was closed while it waited",
    "page_superseded": "A newer page took the page’s place while it waited",
    "page_retired": "Pages of this type are no longer served",
    "erased": "The customer was erased",
}
"""Why one was taken back that would still have been needed, by reason."""

SHORTLY = {
    ("held", "quiet_hours"): "Waits for the morning",
    ("held", "enough_for_now"): "Waits: enough for now",
    ("held", "scheduled"): "Waits for its time",
    ("suppressed", "no_consent"): "Not sent: no consent",
    ("suppressed", "withdrawn"): "Not sent: not wanted",
}
"""The same in a few words, by state and reason."""
