"""Naming: the keys of facts, answers, what is asked and its choices, taken from what they are called; once given, kept.

CSV, the API and the placeholders of texts use them, so a block that is called otherwise later keeps its key.
"""

from __future__ import annotations

import copy
import keyword
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from selfservice.kit.built import BACK
from selfservice.kit.recipe import ENGLISH
from selfservice.recipes.service import propose_key
from selfservice.situations.registry import shared_words
from selfservice.situations.values import STANDARD

_LONGEST = 36
"""Leaves room for a number behind a key, which has 40 letters at most."""
_OWN = frozenset({BACK, "map", "count", "link", "change"})
_ENDINGS = ("_named", "_chosen", "_hint", "_given")


def named(draft: Mapping[str, Any], *, writing: str = "") -> dict[str, Any]:
    """A draft whose blocks have keys. The one whose name is being written, `facts.0.label`, goes without until then."""
    told = copy.deepcopy(dict(draft))
    facts, answers = told.get("facts") or [], told.get("answers") or []
    taken = _keys_of(facts) | _keys_of(answers)
    for number, fact in enumerate(facts):
        _name(fact, fact.get("label", ""), f"fact_{number + 1}", taken, is_left=writing == f"facts.{number}.label")
    for number, answer in enumerate(answers):
        place = f"answers.{number}.button.{ENGLISH}"
        _name(answer, _english(answer, "button"), f"answer_{number + 1}", taken, is_left=writing == place)
    asks = [(number, answer["ask"]) for number, answer in enumerate(answers) if answer.get("ask")]
    taken = _keys_of([ask for _number, ask in asks])
    for number, ask in asks:
        place = f"answers.{number}.ask"
        _name(ask, _english(ask, "label"), f"question_{number + 1}", taken, is_left=writing == f"{place}.label.en")
        _name_options(ask.get("options") or [], f"{place}.options", writing)
    return told


def _name_options(options: list[dict[str, Any]], place: str, writing: str) -> None:
    taken = _keys_of(options)
    for number, option in enumerate(options):
        is_left = writing == f"{place}.{number}.words.{ENGLISH}"
        _name(option, _english(option, "words"), f"choice_{number + 1}", taken, is_left=is_left)


def _name(block: dict[str, Any], called: str, usual: str, taken: set[str], *, is_left: bool) -> None:
    if block.get("key") or is_left or not called:
        return
    proposed = propose_key(called)[:_LONGEST].rstrip("_") or usual
    block["key"] = next(key for key in _numbered(proposed) if key not in taken and not _is_reserved(key))
    taken.add(block["key"])


def _numbered(key: str) -> Iterator[str]:
    yield key
    for number in range(2, 1000):
        yield f"{key}_{number}"


def _is_reserved(key: str) -> bool:
    """Whether a key would be taken for something else: a standard value, a word of every page, a word of Python."""
    return (
        key in STANDARD | _OWN
        or hasattr(BaseModel, key)
        or keyword.iskeyword(key)
        or key.startswith("model_")
        or key.endswith(_ENDINGS)
        or f"buttons.{key}" in shared_words()[ENGLISH]
    )


def _keys_of(blocks: list[dict[str, Any]]) -> set[str]:
    return {block["key"] for block in blocks if block.get("key")}


def _english(block: Mapping[str, Any], name: str) -> str:
    texts = block.get(name) or {}
    return str(texts.get(ENGLISH, ""))
