"""Checks of what is told too early: before it is known who looks, and of what only the right person should know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selfservice.errors import ConfigError
from selfservice.kit import Check, Do, Situation
from selfservice.kit.fields import kind_of
from selfservice.kit.forms import asked_of
from selfservice.kit.kinds import DigitsKind, LineKind, WholeKind
from selfservice.kit.words import Words, pieces
from selfservice.situations.contract.places import line_naming, line_of
from selfservice.situations.contract.wording import copy_file
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.values import STANDARD

_COMPARABLE = (LineKind, DigitsKind, WholeKind)
_SENT = ("sms.", "texts.", "push.", "email.")
_BEFORE = ("why.", "check.", "checks.", "person.", "callback.", "preferences.", "wrong.", "footer.", "notices.taken")


def check(loaded: Loaded) -> Iterator[Problem]:
    """All that a type with checks tells before they are passed."""
    file = loaded.folder / "situation.py"
    for name, sentence in _declared(loaded.situation):
        yield Problem(file, line_naming(file, name, "Check"), sentence)
    secrets = {one.fact for one in loaded.situation.checks if one.fact}
    yield from _drawn(loaded, secrets)
    early = _early_buttons(loaded.situation)
    for language in loaded.languages:
        words = Words.load(copy_file(loaded, language))
        for key, sentence in words.items():
            for complaint in _told(key, sentence, loaded.situation, secrets, early):
                yield Problem(copy_file(loaded, language), line_of(copy_file(loaded, language), key), complaint)


def _declared(situation: Situation) -> Iterator[tuple[str, str]]:
    """What is wrong, each with the word to look for in the file."""
    kinds: dict[str, Check] = {}
    for one in situation.checks:
        yield from _fact_of(one, situation)
        if kinds.setdefault(one.kind, one) != one:
            yield (
                one.kind,
                f"Two checks of the kind {one.kind} differ; a pass counts for the kind, so make them the same.",
            )
    for action in situation.actions:
        if action.check is not None and action.needs_no_check:
            yield action.key, f"The action {action.key} protects, so nothing may stand before it; take its check out."


def _fact_of(one: Check, situation: Situation) -> Iterator[tuple[str, str]]:
    if one.kind == "otp":
        if one.fact:
            yield one.fact, f"A code is compared with no fact; take {one.fact} out of its check."
        return
    info = situation.facts.model_fields.get(one.fact)
    if info is None:
        yield (
            one.fact or one.kind,
            (f"A check compares with {one.fact or 'no fact'}, which is no fact of this type; correct its name."),
        )
    elif not isinstance(kind_of(info.annotation, info.metadata), _COMPARABLE):
        yield one.fact, f"A check compares with {one.fact}, which is no line, digits or whole number; use another fact."
    picks = (asked_of(field).source for action in situation.actions for field in action.form.model_fields.values())
    if one.fact in picks:
        yield one.fact, f"A form lets customers pick from {one.fact}, which a check asks for; use another fact."


def _drawn(loaded: Loaded, secrets: set[str]) -> Iterator[Problem]:
    file = loaded.folder / "page.html"
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        for name in sorted(secrets):
            if re.search(rf"\bfacts\s*(\.\s*{name}\b|\[\s*['\"]{name}['\"])", line):
                yield Problem(file, number, f"The page shows {name}, which a check asks for; take it out.")


def _early_buttons(situation: Situation) -> set[str]:
    """The words of buttons that a check page shows: of answers that need no check, and of those that ask for one."""
    shown = set()
    for step in situation.steps:
        for button in step.buttons:
            action = situation.action(button.action) if isinstance(button, Do) else None
            if action is not None and (action.needs_no_check or action.check is not None):
                shown.add(f"buttons.{button.words}")
    return shown


def _told(key: str, sentence: str, situation: Situation, secrets: set[str], early: set[str]) -> Iterator[str]:
    try:
        named = {path[0] for _text, path, _form in pieces(sentence) if path}
    except (ValueError, ConfigError):
        return
    for name in sorted(named & secrets):
        yield f"{key} names {{{name}}}, which a check asks for; take it out."
    is_asking = situation.is_guarded or bool(situation.checks)
    is_early = is_asking and (key in early or key.startswith(_BEFORE))
    is_early |= situation.is_guarded and key.startswith(_SENT)
    for name in sorted(
        named - secrets - STANDARD - {"count", "code", "callback_at", "change_until"} if is_early else ()
    ):
        yield f"{key} names {{{name}}} before it is known who looks; take it out."
