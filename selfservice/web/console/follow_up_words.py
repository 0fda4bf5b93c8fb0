"""What is done about a page that nobody answers, or was not and why, in the words staff read; pure."""

from __future__ import annotations

from collections.abc import Sequence

TITLES = {"remind": "Reminder", "next_channel": "Sent in another way", "escalate": "Handed to a person"}
"""What each kind of follow-up is called."""

_BY = {"push": "by notification", "sms": "by text", "email": "by e-mail"}
_NOT_DONE = {"remind": "No reminder", "next_channel": "Not sent in another way"}
_WHY = {
    "too_late": "It would have come too late, or too soon after the last message",
    "stopped": "The customer has said stop since the page reached them",
    "in_touch": "The customer waits for a person about this page",
    "no_address": "There is nowhere to write to",
    "no_other_channel": "There is no other number, address or phone to try",
    "unsendable": "Its text came out too long, or may not be sent as it is: write or ring yourself",
    "unreadable": "It could not be written when the database was brought back: write or ring yourself",
}


def done(kind: str, by: Sequence[str], team: str) -> str:
    """What was done, because nobody had answered."""
    if kind == "escalate":
        return f"Nobody answered: {_lower(handed_to(team))}"
    ways = ", else ".join(_BY[channel] for channel in _BY if channel in by)
    what = "reminder" if kind == "remind" else "sent again"
    return f"Nobody answered: {what} {ways}"


def handed_to(team: str) -> str:
    """That a team has it, by its name; a person where the name is not known."""
    return f"Handed to {team}" if team else TITLES["escalate"]


def skipped(kind: str, reason: str) -> tuple[str, str]:
    """What was not done, and why."""
    return _NOT_DONE[kind], _WHY[reason]


def called_off(kind: str, by: str) -> str:
    """What a colleague called off."""
    return f"{TITLES[kind]}: called off by {by}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
