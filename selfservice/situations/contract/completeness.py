"""Checks of what is easily forgotten: a word for staff, facts that nobody sees, samples that show too little."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from selfservice.errors import ConfigError
from selfservice.kit import Situation
from selfservice.kit.built import Until
from selfservice.kit.forms import asked_of
from selfservice.kit.words import pieces
from selfservice.situations.contract.places import line_naming
from selfservice.situations.loading import DEFAULT_LANGUAGE, Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.source import parse


def check(loaded: Loaded) -> Iterator[Problem]:
    """All that a type still lacks."""
    if not loaded.readme:
        sentence = "There is nothing for staff to read; write when to use this type and what comes of each answer."
        yield Problem(loaded.folder / "README.md", None, sentence)
    yield from _unused_facts(loaded)
    yield from _facts_no_sample_fills(loaded)
    if not loaded.is_composed:
        yield from _older_versions(loaded)


def _older_versions(loaded: Loaded) -> Iterator[Problem]:
    """Pages of every earlier version may be out: a case of each shows that they can be brought forward."""
    file = loaded.folder / "situation.py"
    version = loaded.situation.version
    if version < 1:
        yield Problem(file, line_naming(file, "version"), "Versions are counted from 1; correct version.")
    shown = {sample.version for sample in loaded.older_samples if sample.version is not None}
    for older in range(1, version):
        if older not in shown:
            sentence = (
                f"No sample shows that pages of version {older} are brought forward; copy one as it was then into "
                f"samples/v{older}, and let upgrade make its facts those of today."
            )
            yield Problem(file, line_naming(file, "version"), sentence)
    for strange in sorted(number for number in shown if number >= version):
        sentence = (
            f"It is for version {strange}, and the type is at {version}; set version={strange + 1} or take it out."
        )
        yield Problem(loaded.folder / "samples" / f"v{strange}", None, sentence)


def _unused_facts(loaded: Loaded) -> Iterator[Problem]:
    file = loaded.folder / "situation.py"
    used = _named_in_python(file.read_text(encoding="utf-8")) | _named_in_words(loaded)
    used |= _named_in_declaration(loaded.situation)
    template = (loaded.folder / "page.html").read_text(encoding="utf-8")
    for name in loaded.situation.facts.model_fields:
        if name not in used and not re.search(rf"\bfacts\.{name}\b|\b(facts\[|shown\()['\"]{name}['\"]", template):
            sentence = f"The fact {name} is shown nowhere and used nowhere; show it in page.html or take it out."
            yield Problem(file, line_naming(file, name), sentence)


def _named_in_python(source: str) -> set[str]:
    """What the declaration's own functions read, and what it names as texts (`pick("offered")`)."""
    found = set()
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def _named_in_declaration(situation: Situation) -> set[str]:
    """What the declaration is made with, also where a recipe and no source names it."""
    asked = (asked_of(info).source for action in situation.actions for info in action.form.model_fields.values())
    end = situation.expires.fact if isinstance(situation.expires, Until) else ""
    return {end, *situation.links, *(one.fact for one in situation.checks), *filter(_is_name, asked)}


def _is_name(source: object) -> TypeGuard[str]:
    return isinstance(source, str)


def _named_in_words(loaded: Loaded) -> set[str]:
    found = set()
    for sentence in loaded.words[DEFAULT_LANGUAGE].values():
        try:
            found |= {path[0] for _text, path, _form in pieces(sentence) if path}
        except (ValueError, ConfigError):
            continue  # Told by the wording.
    return found


def _facts_no_sample_fills(loaded: Loaded) -> Iterator[Problem]:
    if not loaded.samples:
        return  # Told by the rehearsal.
    file = loaded.folder / "situation.py"
    filled = {name for sample in loaded.samples.values() for name, value in sample.raw.items() if value is not None}
    for name, info in loaded.situation.facts.model_fields.items():
        if name not in filled and not info.is_required():
            sentence = f"No sample fills in {name}, so nobody sees how it looks; add it to one."
            yield Problem(file, line_naming(file, name), sentence)
