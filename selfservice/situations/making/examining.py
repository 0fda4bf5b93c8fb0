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
from selfservice.kit.recipe import ENGLISH, Recipe
from selfservice.situations import rendering
from selfservice.situations.contract import looks, whole
from selfservice.situations.loading import load_folder, unload
from selfservice.situations.making import cases, sentences
from selfservice.situations.making.recipe import write
from selfservice.situations.problem import Problem
from selfservice.situations.registry import shared_words

_KEYED = re.compile(r"([a-z_]+(?:\.[a-z0-9_]+)*) (.*)", re.DOTALL)
_PLAIN = {
    "missing": "Write it.",
    "string_too_short": "Write it.",
    "string_too_long": "It is too long; write at most {max_length} characters.",
    "too_short": "There are too few; at least {min_length} has to be there.",
    "too_long": "There are too many; at most {max_length} fit.",
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
        return Recipe.model_validate(dict(draft))
    except ValidationError as error:
        return [
            Complaint(*_place([str(part) for part in problem["loc"]]), _plain(problem))
            for problem in error.errors(include_url=False, include_input=False)
        ]


def examine(recipe: Recipe, key: str, now: datetime) -> list[Complaint]:
    """All that is wrong with a recipe; an empty list if nothing is."""
    early = [
        *(Complaint(place, "", sentence) for place, sentence in cases.check_examples(recipe).items()),
        *_untranslated(recipe),
    ]
    if early:
        return early
    with tempfile.TemporaryDirectory(prefix="selfservice-") as beside:
        folder = write(recipe, key, Path(beside))
        try:
            loaded = replace(load_folder(folder, shared_words()), is_composed=True)
        except BrokenFile as error:
            return [*_told([Problem.of(error)], recipe)]
        found = [*dict.fromkeys(_told(whole.check(loaded) or list(looks.check(loaded, now)), recipe))]
        rendering.forget(loaded)
        unload(loaded)
    # Where an example cannot be used no page was made of it, and all that no page shows is told as well.
    return [one for one in found if one.place.endswith(".example")] or found


def _untranslated(recipe: Recipe) -> Iterator[Complaint]:
    english, places = sentences.sentences(recipe, ENGLISH), sentences.places(recipe)
    for language in recipe.languages:
        said = sentences.sentences(recipe, language)
        missing = dict.fromkeys(places[key] for key in english if key not in said)
        yield from (
            Complaint(place, language, "It is missing here, and English has it; translate it.") for place in missing
        )


def _told(problems: list[Problem], recipe: Recipe) -> Iterator[Complaint]:
    places = sentences.places(recipe)
    for problem in problems:
        sentence = problem.sentence
        language = problem.file.stem if problem.file.suffix == ".toml" else ""
        found = _KEYED.fullmatch(sentence) if language else None
        if found and found[1] in places:
            yield Complaint(places[found[1]], language, found[2][:1].upper() + found[2][1:])
        elif problem.file.suffix == ".json":
            yield Complaint(_example_named(sentence, recipe), "", sentence)
        else:
            yield Complaint("", language, sentence)


def _example_named(sentence: str, recipe: Recipe) -> str:
    """The place of the example that a sentence about a sample begins with the label of."""
    for number, fact in enumerate(recipe.facts):
        if sentence.startswith(fact.label):
            return f"facts.{number}.example"
    return ""


def _place(parts: list[str]) -> tuple[str, str]:
    """Where a problem is, and the language if it is about words in one."""
    if len(parts) > 1 and parts[-2] in _OF_WORDS:
        return ".".join(parts[:-1]), parts[-1]
    return ".".join(parts), ENGLISH if parts and parts[-1] in _OF_WORDS else ""


_OF_WORDS = frozenset(
    {
        "title", "pill", "headline", "line", "body", "text", "reminder", "why", "words", "label", "hint", "low", "high",
        "button", "question", "by_text",
    }
)  # fmt: skip
"""Names in a recipe that hold words by language (`label` and `hint` of a fact are staff's and hold none)."""


def _plain(problem: Any) -> str:
    if problem["type"] == "value_error":
        return f"{problem['msg'].removeprefix('Value error, ').rstrip('.')}."
    plain = _PLAIN.get(problem["type"])
    return plain.format_map(problem.get("ctx", {})) if plain else f"{problem['msg'].rstrip('.')}; correct it."
