"""What a phone may keep of a page, as the header X-Keep tells the worker: the seal and until when, in epoch seconds."""

from __future__ import annotations

from selfservice.situations import registry
from selfservice.situations.view import View

HEADER = "X-Keep"
NOTHING = "none"
PURGE = "purge"


def word(view: View) -> str:
    """`link 1790000000` or `device 1790000000`; `none` for what is not to be kept, `purge` to drop what is kept."""
    loaded = registry.current().find(view.situation, view.version)
    if loaded is None or view.state not in ("open", "answered") or view.ask is not None or view.is_disowned:
        return NOTHING
    if view.state == "answered" and loaded.situation.forgets_when_answered:
        return PURGE
    seal = loaded.situation.sealed
    return NOTHING if seal == "none" else f"{seal} {int(view.expires_at.timestamp())}"
