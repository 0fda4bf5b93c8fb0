"""What staff read of a photo that was sent for a page; pure, from its row."""

from __future__ import annotations

from typing import NamedTuple

from selfservice.media.models import Medium
from selfservice.web.console.wording import Tone

_STATES = {"received": "It is being made ready", "forgotten": "It was deleted when its time was over"}
_REASONS = {
    "empty": "The file was empty",
    "too_large": "The file was larger than 10 MB",
    "pdf": "It was a PDF; ask for a photo instead",
    "too_many": "The page had as many photos as it can take",
    "too_many_pixels": "The photo had too many pixels",
    "too_hard": "Making it ready took too much",
    "lost": "Its bytes were not there any more; ask for it again",
}
_UNREADABLE = "It cannot be read as a photo; ask for another one"


class Words(NamedTuple):
    """How the coming of a photo is told, and whether it is shown."""

    icon: str
    title: str
    details: tuple[str, ...]
    tone: Tone
    is_shown: bool


def told(medium: Medium, *, sender: str, ending: str) -> Words:
    """What came, by whom, how, and what became of it."""
    where = f"By text from the number ending {ending}" if medium.source == "mms" and ending else ""
    if medium.state == "refused":
        details = (where, _REASONS.get(medium.reason or "", _UNREADABLE))
        return Words("alert", "Sent something that is not shown", details, Tone.WARN, is_shown=False)
    title = "Sent a photo" if medium.sent_by == "customer" else f"Photo added by {sender}"
    details = (where, _STATES.get(medium.state, ""))
    return Words("photo", title, details, Tone.NOTE, is_shown=medium.state == "ready")
