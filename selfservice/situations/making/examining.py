"""What is wrong with a recipe: where in it, and in one sentence what to do. The same contract as for any other type."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from selfservice.errors import BrokenFile
from selfservice.kit.recipe import ENGLISH, REFUSED, Recipe
from selfservice.situations import rendering
from selfservice.situations.contract import looks, whole
from selfservice.situations.languages import LANGUAGES
from selfservice.situations.loading import load_folder, unload
from selfservice.situations.making import fitting, sentences
from selfservice.situations.making.recipe import write
from selfservice.situations.problem import Problem
from selfservice.situations.registry import shared_words

_KEYED = re.compile(r"([a-z_]+(?:\.[a-z0-9_]+)*) (.*)", re.DOTALL)
_OWN_WORDS = (
    (
        re.compile(r"holds a web address; .*"),
        "holds a web address; take it out: the link comes by itself, and a fact of the kind web address is a button.",
    ),
    (
        re.compile(r"takes (\d+) parts in [\w-]+, at most (\d+) are allowed; .*"),
        r"would take \1 texts, and \2 may be sent; shorten it.",
    ),
)
"""What the contract says to developers, and what it comes to for those who compose."""
_PLAIN = {
    "missing": "Write it.",
    "string_too_short": "Write it.",
    "string_too_long": "It is too long; write at most {max_length} characters.",
    "too_short": "Add one.",
    "too_long": "There are too many; leave {max_length} at most.",
    "greater_than_equal": "Write {ge} or more.",
    "less_than_equal": "Write {le} or less.",
    "int_parsing": "Write a whole number.",
    "string_pattern_mismatch": "Write small letters, digits and _, a letter first.",
    "literal_error": "Choose one of those that there are.",
}


@dataclass(frozen=True)
class Complaint:
    """One thing to mend. `place` leads there, `answers.0.button`; it is empty for the recipe as a whole.

    `language` is the one whose words are meant, empty where it is not about words.
    """

    place: str
    language: str
    sentence: str


def read(draft: Mapping[str, Any]) -> Recipe | list[Complaint]:
    """The recipe that a draft amounts to, or what keeps it from being one."""
    try:
        recipe = Recipe.model_validate(dict(draft))
    except ValidationError as error:
        return [
            Complaint(*_place(problem), _plain(problem))
            for problem in error.errors(include_url=False, include_input=False)
        ]
    strange = [number for number, code in enumerate(recipe.languages) if code not in LANGUAGES]
    return [Complaint(f"languages.{number}", "", _PLAIN["literal_error"]) for number in strange] or recipe


def examine(recipe: Recipe, key: str, now: datetime) -> list[Complaint]:
    """All that is wrong with a recipe; an empty list if nothing is."""
    early = [Complaint(*wrong) for wrong in fitting.check(recipe)]
    return early or _judge(recipe, key, now)


def _judge(recipe: Recipe, key: str, now: datetime) -> list[Complaint]:
    """What the contract says of the type that a recipe makes."""
    with tempfile.TemporaryDirectory(prefix="selfservice-") as beside:
        folder = write(recipe, key, Path(beside))
        try:
            loaded = replace(load_folder(folder, shared_words()), is_composed=True)
        except BrokenFile as error:
            return [*_told([Problem.of(error)], recipe)]
        try:
            found = [*dict.fromkeys(_told(whole.check(loaded) or list(looks.check(loaded, now)), recipe))]
        finally:
            rendering.forget(loaded)
            unload(loaded)
    # Where an example cannot be used no page was made of it, and all that no page shows is told as well.
    return [one for one in found if one.place.endswith(".example")] or found


def _told(problems: list[Problem], recipe: Recipe) -> Iterator[Complaint]:
    places = sentences.places(recipe)
    for problem in problems:
        sentence = _in_own_words(problem.sentence)
        language = problem.file.stem if problem.file.suffix == ".toml" else ""
        found = _KEYED.fullmatch(sentence) if language else None
        if found and found[1] in places:
            yield Complaint(places[found[1]], language, found[2][:1].upper() + found[2][1:])
        elif problem.file.suffix == ".json":
            yield Complaint(_example_named(sentence, recipe), "", sentence)
        else:
            yield Complaint("", language, sentence)


def _in_own_words(sentence: str) -> str:
    for pattern, own in _OWN_WORDS:
        sentence = pattern.sub(own, sentence)
    return sentence


def _example_named(sentence: str, recipe: Recipe) -> str:
    """The place of the example that a sentence about a sample begins with the label of; the longest that fits."""
    labels = {fact.label: f"facts.{number}.example" for number, fact in enumerate(recipe.facts)}
    return max((label, place) for label, place in {"": "", **labels}.items() if sentence.startswith(label))[1]


def _place(problem: Any) -> tuple[str, str]:
    """Where a problem is, and the language if it is about words in one."""
    parts = [str(part) for part in problem["loc"]]
    if problem["type"] == REFUSED:
        parts += problem["ctx"]["place"].split(".")
    if len(parts) > 1 and parts[-2] in _OF_WORDS:
        return ".".join(parts[:-1]), parts[-1]
    return ".".join(parts), ENGLISH if parts and parts[-1] in _OF_WORDS else ""


_OF_WORDS = frozenset(
    {
        "title", "pill", "headline", "line", "body", "text", "reminder", "why", "words", "label", "hint", "low", "high",
        "button", "question", "by_text", "check_words",
    }
)  # fmt: skip
"""Names in a recipe that hold words by language (`label` and `hint` of a fact are staff's and hold none)."""


def _plain(problem: Any) -> str:
    if problem["type"] == REFUSED:
        return str(problem["msg"])
    if problem["type"] == "value_error":
        return f"{problem['msg'].removeprefix('Value error, ').rstrip('.')}."
    plain = _PLAIN.get(problem["type"])
    return plain.format_map(problem.get("ctx", {})) if plain else f"{problem['msg'].rstrip('.')}; correct it."
