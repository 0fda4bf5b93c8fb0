"""Naming: the keys of facts, answers, what is asked and its choices, taken from what they are called; once given, kept.

CSV, the API and the placeholders of texts use them, so a block that is called otherwise later keeps its key.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from selfservice.kit.recipe import ENGLISH
from selfservice.recipes.service import propose_key
from selfservice.situations.making import keys

_LONGEST = 30
"""Leaves room for a number behind a key, and for what its steps are called before it: 40 letters at most."""


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
    proposed = propose_key(called) or usual
    if proposed.startswith(keys.BEGINNINGS):
        proposed = f"{usual.partition('_')[0]}_{proposed}"
    found = _numbered(proposed[:_LONGEST].rstrip("_"))
    block["key"] = next(key for key in found if key not in taken and not keys.is_taken(key))
    taken.add(block["key"])


def _numbered(key: str) -> Iterator[str]:
    yield key
    yield from (f"{key}_{number}" for number in count(2))


def _keys_of(blocks: list[dict[str, Any]]) -> set[str]:
    return {block["key"] for block in blocks if block.get("key")}


def _english(block: Mapping[str, Any], name: str) -> str:
    texts = block.get(name) or {}
    return str(texts.get(ENGLISH, ""))
