"""Courtesy: what the organisation allows itself towards people, by class of message, read from one file; pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from selfservice import windows
from selfservice.windows import Window

DEFAULT = Path(__file__).with_suffix(".toml")
MessageClass = Literal["service", "marketing", "urgent"]
CLASSES: tuple[MessageClass, ...] = get_args(MessageClass)
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7)}
DAY = windows.read("08:00-21:00")
"""When nobody is woken: the usual hours, which every country's zones have in common."""

SHORTEST = 4 * 60
"""How many minutes of a day have to be left, so that people who may be in several zones are reached."""
MOST_PARTS = 10
_NAMES = {"hours", "most", "parts", "needs_consent"}


@dataclass(frozen=True)
class Cap:
    """At most so many messages to one person within a span of time."""

    most: int
    span: timedelta


@dataclass(frozen=True)
class Rules:
    """What holds for one class; without `hours` a message may arrive at any hour."""

    hours: Window | None
    caps: tuple[Cap, ...]
    parts: int
    needs_consent: bool


@dataclass(frozen=True)
class Courtesy:
    """The rules of every class. `is_relaxed`: nobody's night and nobody's patience is at stake."""

    service: Rules
    marketing: Rules
    urgent: Rules
    is_relaxed: bool = False

    def of(self, message_class: str) -> Rules:
        """The rules of one class."""
        found: Rules = getattr(self, message_class)
        return found

    def relaxed(self) -> Courtesy:
        """The same without hours and caps, for texts that reach a person at a desk and nobody else."""
        service, marketing, urgent = (replace(self.of(name), hours=None, caps=()) for name in CLASSES)
        return Courtesy(service, marketing, urgent, is_relaxed=True)


def load(path: Path = DEFAULT) -> Courtesy:
    """The rules in a file; raises ValueError with the rest of a sentence that begins with the setting's name."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"names {path}, which cannot be read ({error.strerror}): mend the path.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"names {path}, which is not TOML ({error}): mend the file.") from None
    wrong = sorted(set(data) ^ set(CLASSES))
    if wrong:
        raise ValueError(f"names {path}, where [{wrong[0]}] is unknown or missing: write {', '.join(CLASSES)}.")
    service, marketing, urgent = (_rules(name, data[name], path) for name in CLASSES)
    return Courtesy(service, marketing, urgent)


def list_oddities(rules: Courtesy) -> list[str]:
    """What is allowed and hardly meant, as sentences that say what to write instead."""
    found = [*_odd_hours("service", rules.service), *_odd_hours("marketing", rules.marketing)]
    if rules.urgent.hours is not None:
        found.append('[urgent] has hours, so a warning about fraud may wait for the morning: write hours = "".')
    if rules.urgent.caps:
        found.append("[urgent] has a limit, so a warning about fraud may wait for days: write most = {}.")
    if not rules.marketing.caps:
        found.append("[marketing] has no limit: write one, like most = {week = 3}.")
    if not rules.marketing.needs_consent:
        found.append("[marketing] goes to people who never said yes: write needs_consent = true.")
    found += [
        f"[{name}] goes only to people who said yes, so nobody else hears of what they have with you: write "
        "needs_consent = false, or import the consents that you hold."
        for name in ("service", "urgent")
        if rules.of(name).needs_consent
    ]
    found += [
        f"[{name}] may take {rules.of(name).parts} parts a text: phones join some {MOST_PARTS} well."
        for name in CLASSES
        if rules.of(name).parts > MOST_PARTS
    ]
    return found


def _odd_hours(name: str, rules: Rules) -> list[str]:
    hours = rules.hours
    if hours is None:
        return [f'[{name}] keeps no hours, so texts wake people: write some, like hours = "{DAY}".']
    if hours.opens < DAY.opens or hours.closes > DAY.closes:
        return [f"[{name}] sends from {hours}, which is night to some: most countries' rules fit into {DAY}."]
    if hours.closes - hours.opens < SHORTEST:
        return [f"[{name}] sends from {hours} alone, so much will be too late: leave {SHORTEST // 60} hours or more."]
    return []


def _rules(name: str, given: Any, path: Path) -> Rules:
    def refuse(what: str) -> ValueError:
        return ValueError(f"names {path}, where [{name}] {what}.")

    if not isinstance(given, Mapping) or set(given) != _NAMES:
        raise refuse(f"does not say exactly {', '.join(sorted(_NAMES))}")
    most = given["most"]
    if not isinstance(most, Mapping) or not set(most) <= set(SPANS) or not all(map(_is_count, most.values())):
        raise refuse("has a `most` that is not like {day = 10, week = 30}")
    if not _is_count(given["parts"]) or not isinstance(given["needs_consent"], bool):
        raise refuse("needs a number of `parts`, and `needs_consent` true or false")
    try:
        hours = windows.read(given["hours"]) if given["hours"] else None
    except (TypeError, ValueError, AttributeError):
        raise refuse('has `hours` that are not like "08:00-21:00", or "" for any hour') from None
    caps = tuple(Cap(count, SPANS[span]) for span, count in most.items())
    return Rules(hours, caps, given["parts"], given["needs_consent"])


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
