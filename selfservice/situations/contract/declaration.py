"""Checks of `situation.py` alone: steps, buttons, actions and forms that fit each other."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from pydantic.fields import FieldInfo

from selfservice.kit import AddToCalendar, Do, Follow, Go, NextChannel, Remind, Situation, Step
from selfservice.kit.fields import kind_of
from selfservice.kit.forms import asked_of, control_of, takes_photos
from selfservice.kit.kinds import Kind, LinkKind
from selfservice.kit.list_kinds import ListKind
from selfservice.kit.words import names_of
from selfservice.situations import icons
from selfservice.situations.contract.places import line_naming
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.values import STANDARD

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SHORTEST_KEPT, _LONGEST_KEPT = timedelta(days=1), timedelta(days=3660)
_TAKEN_ACTIONS = frozenset({"change"})


def check(loaded: Loaded) -> Iterator[Problem]:
    """All that is wrong with the declaration of a type."""
    file = loaded.folder / "situation.py"
    for name, sentence in _sentences(loaded.situation):
        yield Problem(file, line_naming(file, name), sentence)


def _sentences(situation: Situation) -> Iterator[tuple[str, str]]:
    """What is wrong, each with the word to look for in the file."""
    yield from _keys(situation)
    yield from _names(situation)
    for step in situation.steps:
        yield from _buttons(step, situation)
    yield from _actions_without_button(situation)
    yield from _icons(situation)
    yield from _keeping(situation)
    yield from _following_up(situation)
    yield from _asking_again(situation)
    for action in situation.actions:
        for name, info in action.form.model_fields.items():
            yield from _field(name, info, situation)


def _keys(situation: Situation) -> Iterator[tuple[str, str]]:
    if not situation.steps:
        yield "SITUATION", "There is no step; declare at least the one that asks."
    for what, keys in (
        ("step", [step.key for step in situation.steps]),
        ("action", [action.key for action in situation.actions]),
    ):
        for key in keys:
            if not _KEY.fullmatch(key):
                yield key, f"The {what} {key} is not named in lower case such as day_changed; rename it."
        for key in _twice(keys):
            yield key, f"There are two {what}s called {key}; rename one of them."
    for action in situation.actions:
        if action.key in _TAKEN_ACTIONS:
            yield action.key, f"An action may not be called {action.key}, every page has one of that name; rename it."


def _names(situation: Situation) -> Iterator[tuple[str, str]]:
    facts = names_of(situation.facts)
    actions = {action.key for action in situation.actions}
    for name in sorted((facts | actions) & STANDARD):
        yield name, f"{name} is a value that every sentence may use already; rename the fact or action."
    for name in sorted(facts & actions):
        yield name, f"A fact and an action are both called {name}; rename one of them."
    forms = {action.form for action in situation.actions}
    for name in _twice(name for form in forms for name in form.model_fields):
        yield name, f"Two forms have a field called {name}; rename one of them, as their words share one name."


def _buttons(step: Step, situation: Situation) -> Iterator[tuple[str, str]]:
    with_fields = 0
    for button in step.buttons:
        if isinstance(button, Go) and situation.step(button.step) is None:
            yield step.key, f"The step {step.key} leads to {button.step}, which is no step; correct the button."
        if isinstance(button, AddToCalendar) and situation.calendar is None:
            yield step.key, f"The step {step.key} adds to a calendar, but the type has no calendar; give it one."
        if isinstance(button, Follow) and not isinstance(_kind(button.fact, situation), LinkKind):
            yield (
                button.fact,
                f"The step {step.key} leads to {button.fact}, which is no fact of the kind Link; correct it.",
            )
        if isinstance(button, Do):
            action = situation.action(button.action)
            if action is None:
                yield step.key, f"A button of {step.key} does {button.action}, which is no action; correct the button."
            elif action.form.model_fields:
                with_fields += 1
    if with_fields > 1:
        yield step.key, f"The step {step.key} asks for two forms at once; give one of them a step of its own."


def _actions_without_button(situation: Situation) -> Iterator[tuple[str, str]]:
    done = {button.action for step in situation.steps for button in step.buttons if isinstance(button, Do)}
    for action in situation.actions:
        if action.key not in done:
            yield action.key, f"No step has a button for the action {action.key}; add one or take the action out."


def _icons(situation: Situation) -> Iterator[tuple[str, str]]:
    named = [situation.icon, *(getattr(button, "icon", "") for step in situation.steps for button in step.buttons)]
    known = icons.names()
    for name in dict.fromkeys(named):
        if name and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            guess = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}."
            yield name, f"There is no icon called {name}; {guess}"


def _keeping(situation: Situation) -> Iterator[tuple[str, str]]:
    """What we keep, for a day at least, so that nothing goes while it is still being told; and what phones keep:
    nothing sensitive that the link alone does not open, and nothing to forget where none is.
    """
    if not _SHORTEST_KEPT <= situation.kept_for <= _LONGEST_KEPT:
        yield "kept_for", "What a page says is kept for a day at least and ten years at most; change kept_for."
    if situation.seal is not None and situation.seal not in ("none", "link", "device"):
        yield situation.seal, f"There is no seal called {situation.seal}; write none, link or device."
    elif situation.sealed == "device" and situation.sensitivity == "sensitive":
        yield (
            "device",
            "A sensitive page may not be opened from the list on a phone; seal it with its link, or not at all.",
        )
    elif situation.sealed == "none" and situation.forgets_when_answered:
        yield (
            "SITUATION",
            "It forgets when answered what no phone keeps; take forgets_when_answered out, or let it be kept.",
        )


def _following_up(situation: Situation) -> Iterator[tuple[str, str]]:
    for name in _twice(one.name for one in situation.follow_ups):
        yield "follow_ups", f"Two follow-ups do the same at the same time ({name}); take one of them out."
    for one in situation.follow_ups:
        strange = [name for name in one.channels if name not in situation.channels] if isinstance(one, Remind) else []
        if strange:
            yield strange[0], f"A reminder goes on {strange[0]}, which is none of the type's channels; correct one."
        if isinstance(one, NextChannel) and len(situation.channels) < 2:
            yield "NextChannel", "There is no next channel, because the type has one alone; take NextChannel out."


def _asking_again(situation: Situation) -> Iterator[tuple[str, str]]:
    """Photos may turn out to be unreadable after the answer: the page must know where it asks once more."""
    for action in situation.actions:
        step = situation.step(action.again)
        asked = {one.action for one in step.buttons if isinstance(one, Do)} if step is not None else set()
        asks = any(other.key in asked and takes_photos(other.form) for other in situation.actions)
        if takes_photos(action.form) and not asks:
            yield action.key, f"{action.key} takes photos; name in `again` a step with a button that does, to ask anew."
        elif action.again and not takes_photos(action.form):
            yield action.key, f"{action.key} takes no photos, so nothing is asked again; take `again` out."


def _field(name: str, info: FieldInfo, situation: Situation) -> Iterator[tuple[str, str]]:
    source = asked_of(info).source
    if isinstance(source, str) and source and not isinstance(_kind(source, situation), ListKind):
        yield source, f"The field {name} picks from {source}, which is no fact that holds a list; correct its name."
    if control_of(info) is None:
        ways = "declare it with pick, rate, line, prose or photos, or as a Literal"
        yield name, f"The field {name} cannot be drawn; {ways}."


def _kind(fact: str, situation: Situation) -> Kind | None:
    info = situation.facts.model_fields.get(fact)
    return kind_of(info.annotation, info.metadata) if info is not None else None


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
