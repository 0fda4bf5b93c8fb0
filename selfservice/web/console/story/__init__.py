"""What happened to a page, told in sentences from the log of events; pure, nothing is read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from selfservice.events.models import Event
from selfservice.web.console.story import customers, messages, pages, work
from selfservice.web.console.story.scene import AGAIN, Cast, Entry, Scene, Told

__all__ = ["Cast", "Entry", "tell"]

_TOLD: Told = {**pages.TOLD, **work.TOLD, **messages.TOLD, **customers.TOLD}


def tell(events: Iterable[Event], cast: Cast) -> list[Entry]:
    """The story, newest first. Events that say nothing to staff are left out; looking again and again is told once."""
    events = list(events)
    entries: list[Entry] = []
    seen: dict[str, int] = defaultdict(int)
    arrived = {event.message_id for event in events if event.type == "message.delivered"}
    for event in events:
        told = _TOLD.get(event.type)
        if told is None or (event.type == "message.submitted" and event.message_id in arrived):
            continue
        if event.type == "conversation.waiting" and event.data.get("kind") == "unanswered":
            continue  # What was done about it says so itself.
        if event.type == "message.delivered" and event.data.get("channel") == "push":
            continue  # The device has said so itself.
        if event.type == "message.accepted" and "was" not in event.data:
            continue  # That the page was made says so.
        action = str(event.data.get("action", ""))
        said = None
        if event.type in ("answer.applied", "answer.needs_human"):
            given = cast.answers.get(action, [])
            said = given[seen[action]] if seen[action] < len(given) else None
            seen[action] += 1
        entry = told(Scene(event, cast, said))
        if entries and entry.title == entries[-1].title == AGAIN:
            entry = replace(entry, times=entries.pop().times + 1)
        entries.append(entry)
    return entries[::-1]
