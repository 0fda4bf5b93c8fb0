"""Presence: what a page says when nobody is there to talk to."""

from __future__ import annotations

from selfservice.kit.tracing import call
from selfservice.situations.speaking import Speaker
from selfservice.situations.view import View


def absence(say: Speaker, view: View) -> str:
    """That nobody is there, and when somebody will be; empty while somebody is, and where the hours are unknown."""
    opening = view.brand.opening
    if opening is None or call(opening.is_open, view.now):
        return ""
    opens = call(opening.next_opening, view.now)
    return say("person.closed_long") if opens is None else say("person.closed", opens=opens)
