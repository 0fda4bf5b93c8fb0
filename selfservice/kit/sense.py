"""Sense: what makes none in any facts at the moment they are given, whatever the page type."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from selfservice.kit.facts import Facts
from selfservice.kit.fields import kind_of
from selfservice.kit.list_kinds import TimelineKind


def problems_of(facts: Facts, offered: Collection[str], now: datetime) -> dict[str, str]:
    """A sentence for each fact that cannot be so at `now`, in the page's zone.

    `offered` names the facts that customers choose from.
    """
    found: dict[str, str] = {}
    for name, info in type(facts).model_fields.items():
        value = getattr(facts, name) or ()
        label = info.title or name
        if isinstance(kind_of(info.annotation, info.metadata), TimelineKind):
            if any(entry.at and entry.at > now for entry in value):
                found[name] = f"{label} has a time that is still to come; leave it out until it has happened."
        elif name in offered and any(is_past(one, now) for one in value):
            found[name] = f"{label} has an entry that has passed; take it out."
        elif name in offered and len(set(value)) < len(value):
            found[name] = f"{label} has an entry that stands there twice; take one out."
    return found


def is_past(value: Any, now: datetime) -> bool:
    """Whether a moment has come or a day is over at `now`, whose zone says which day it is; nothing else passes."""
    if isinstance(value, datetime):
        return value <= now
    return isinstance(value, date) and value < now.date()
