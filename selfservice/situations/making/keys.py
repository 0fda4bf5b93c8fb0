"""Keys: which ones no block of a recipe can have, because they mean something else already."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from pydantic import BaseModel

from selfservice.kit.built import BACK
from selfservice.kit.recipe import ENGLISH, Recipe
from selfservice.kit.words import PLURALS
from selfservice.situations.making import sentences
from selfservice.situations.registry import shared_words
from selfservice.situations.values import STANDARD

BEGINNINGS = ("model_", "send_", "go_ask_", "follow_")
"""What is pydantic's own, and what buttons are called beside those that give an answer."""
_ENDINGS = ("_named", "_chosen", "_hint", "_given", "_low", "_high")
_MEANING = STANDARD | PLURALS | {"count", "change"}
_FIELDS = frozenset({"step", "revision"})
"""Fields that the form of every page has."""
_BESIDE = _FIELDS | {BACK, "map", "body"}
_LONGEST = 35
"""What a step is called has 40 letters at most, with `done_` before the key of an answer."""
_BLOCK = re.compile(r"facts\.\d+|answers\.\d+(?:\.ask)?")


def is_taken(key: str) -> bool:
    """Whether a new key could be taken for something else: a standard value, a word of every page or of Python."""
    return (
        key in _MEANING | _BESIDE
        or hasattr(BaseModel, key)
        or keyword.iskeyword(key)
        or key.startswith(BEGINNINGS)
        or key.endswith(_ENDINGS)
        or any(f"{table}.{key}" in shared_words()[ENGLISH] for table in ("buttons", "push"))
    )


def check(recipe: Recipe) -> dict[str, str]:
    """A sentence for each block whose key cannot be one or does mean something else, by the block's place."""
    blocks = [_BLOCK.match(place) for place in sentences.list_shared(recipe)]
    unclear = (*_unclear(recipe), *(block[0] for block in blocks if block))
    long = (f"answers.{number}" for number, answer in enumerate(recipe.answers) if len(answer.key) > _LONGEST)
    return {
        **dict.fromkeys(unclear, "Its key means something else as well; take it out and add it again."),
        **dict.fromkeys(long, "Its key is too long; take it out and add it again."),
    }


def _unclear(recipe: Recipe) -> Iterator[str]:
    facts = {fact.key for fact in recipe.facts}
    yield from (f"facts.{number}" for number, fact in enumerate(recipe.facts) if fact.key in _MEANING)
    for number, answer in enumerate(recipe.answers):
        if answer.key in _MEANING | facts:
            yield f"answers.{number}"
        if answer.ask is not None and answer.ask.key in PLURALS | _FIELDS:
            yield f"answers.{number}.ask"
