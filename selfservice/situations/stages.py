"""Stages: everything that a page of some facts can come to look like, each once, to be looked at side by side."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from jinja2 import TemplateSyntaxError

from selfservice.errors import ConfigError
from selfservice.kit import Action, Do, Facts, Refused, Situation, Step
from selfservice.kit.checks import CheckKind
from selfservice.kit.forms import WRITTEN
from selfservice.situations.asking import TYPED, Ask, protective_answers, words_of
from selfservice.situations.contract import rehearsal
from selfservice.situations.contract.places import line_naming
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.templates import TEMPLATES
from selfservice.situations.view import View

CHECK = "check"
REFUSED = "refused"
ENDS: tuple[Literal["expired", "revoked", "superseded"], ...] = ("expired", "revoked", "superseded")
_WORDS = "A few words. "


def stages(loaded: Loaded, fresh: View) -> Iterator[tuple[str, View]]:
    """A fresh page in each of its stages by name: what is asked first, every step that it can be brought to, its ends.

    After a step, under STEP-refused, its form sent empty or too long; and under ACTION-check what is asked before its
    answer is taken. Raises what a type's own functions raise (see `blame`).
    """
    situation = loaded.situation
    yield from _at_the_door(situation, fresh)
    seen: set[str] = set()
    for scene in rehearsal.scenes(loaded, fresh.facts, fresh.now):
        done = [situation.action(key) for key in scene.answers]
        is_answered = any(action is not None and action.closing for action in done)
        played = replace(
            fresh,
            answers=scene.answers,
            state="answered" if is_answered else "open",
            can_change=is_answered,
            answered_at=fresh.now if is_answered else None,
        )
        for step in situation.reachable(scene.step, fresh.facts):
            if step.key not in seen:
                seen.add(step.key)
                at_step = replace(played, step=step.key)
                yield step.key, at_step
                for name, view in _before_an_answer(situation, step, at_step):
                    if name not in seen:  # One answer may stand on several steps.
                        seen.add(name)
                        yield name, view
    for end in ENDS:
        yield end, replace(fresh, state=end)


def _at_the_door(situation: Situation, fresh: View) -> Iterator[tuple[str, View]]:
    kind = _kind_at_the_door(situation, fresh.facts)
    if kind is None:
        return
    ask = _ask(situation, fresh, kind)
    yield CHECK, fresh.blind(ending=fresh.ending, ask=ask)
    tried = fresh.blind(ending=fresh.ending, ask=replace(ask, tries_left=1, code="sent" if kind == "otp" else ""))
    yield f"{CHECK}-{REFUSED}", tried.with_problems({TYPED: f"{kind}_wrong"}, {})


def _kind_at_the_door(situation: Situation, facts: Facts) -> CheckKind | None:
    kind = situation.check.kind_for(facts) if situation.check is not None else None
    return "otp" if kind is None and situation.asks_new_devices else kind


def _before_an_answer(situation: Situation, step: Step, view: View) -> Iterator[tuple[str, View]]:
    keys = dict.fromkeys(button.action for button in situation.visible(step, view.facts) if isinstance(button, Do))
    for action in filter(None, map(situation.action, keys)):
        refused = _refused(situation, action, view)
        if refused is not None:
            yield f"{step.key}-{REFUSED}", refused
        kind = action.check.kind_for(view.facts) if action.check is not None else None
        if kind not in (None, _kind_at_the_door(situation, view.facts)):
            ask = _ask(situation, view, kind, action.key)
            yield f"{action.key}-{CHECK}", view.blind(ending=view.ending, ask=ask)


def _refused(situation: Situation, action: Action, view: View) -> View | None:
    """The page after a form of the action that cannot be used; None if there is none, or nothing in it can be wrong."""
    inputs = situation.inputs(action.key, view.facts, view.case)
    if not inputs or any(item.is_exhausted for item in inputs):
        return None
    limits = {item.name: item.max_length for item in inputs if item.control in WRITTEN and item.max_length}
    for entered in ({}, {name: _WORDS * (limit // len(_WORDS) + 2) for name, limit in limits.items()}):
        try:
            action.perform(view.facts, situation.read(action, view.facts, entered, view.case), view.case)
        except Refused as refused:
            return view.with_problems(refused.problems, entered)
    return None


def _ask(situation: Situation, view: View, kind: CheckKind, action: str = "") -> Ask:
    return Ask(
        kind=kind,
        can_send=kind == "otp",
        action=action,
        words=words_of(situation, action, view.step, view.facts),
        protective=protective_answers(situation, view.step, view.facts),
    )


def blame(error: BaseException, folder: Path) -> Problem | None:
    """The line of a type's own files that an error came from, else of the templates of all; None if of neither."""
    if isinstance(error, rehearsal.Stuck) and error.line is None:
        return Problem(folder / "situation.py", line_naming(folder / "situation.py", error.action), str(error))
    cause = error.__cause__ if isinstance(error, rehearsal.Stuck) and error.__cause__ else error
    if isinstance(cause, TemplateSyntaxError):
        return _last_line(cause, folder, TEMPLATES)
    own = _last_line(cause, folder)
    if own is None and isinstance(error, ConfigError):
        # An icon that a button names and nobody has drawn: a template of ours stumbles over it.
        return Problem(folder / "situation.py", None, error.message)
    return own or _last_line(cause, TEMPLATES)


def _last_line(error: BaseException, *folders: Path) -> Problem | None:
    frames = traceback.extract_tb(error.__traceback__)
    found = [frame for frame in frames if any(Path(frame.filename).is_relative_to(folder) for folder in folders)]
    if not found:
        return None
    reason = f"{type(error).__name__}: {error}".rstrip(".")
    return Problem(Path(found[-1].filename), found[-1].lineno, f"{reason}; mend this line.")
