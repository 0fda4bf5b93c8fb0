"""Specimens: a draft filled up with stand-ins so that it can be looked at, however little of it is written yet."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from selfservice.errors import Invalid
from selfservice.kit.recipe import ENGLISH, LISTS, Recipe
from selfservice.recipes.naming import named
from selfservice.situations.making import cases, examining
from selfservice.situations.making.placeholders import list_understood, split

NOT_YET = "This draft cannot be shown yet; press “Check it” to see what to mend."
_TRIES = 12
_TEXTS = {
    "title": "Your page",
    "headline": "The headline",
    "text": "{brand}: what the text says:",
    "why": "Why it came.",
    "check_words": "What it asks for",
}
_NEEDS = {"check_fact": "check", "reminder": "remind_after_hours"}
_OF_ANSWER = {"button": "A button", "headline": "What the page says then"}


def whole(draft: Mapping[str, Any]) -> Recipe:
    """A recipe of all in a draft that can be used, with stand-ins for what is missing; raises Invalid."""
    filled = copy.deepcopy(dict(draft))
    for _ in range(_TRIES):
        filled = _fill(filled)
        found = examining.read(filled)
        places = list(cases.check_examples(found)) if isinstance(found, Recipe) else [one.place for one in found]
        if isinstance(found, Recipe) and not places:
            return found
        for place in sorted(set(places), reverse=True):
            _drop(filled, place)
    raise Invalid(NOT_YET)


def _fill(draft: dict[str, Any]) -> dict[str, Any]:
    """The same with something in each place that must not be empty."""
    for name, usual in (("name", "New type"), ("summary", "What it is for"), ("team", "team")):
        draft[name] = draft.get(name) or usual
    for name, text in _TEXTS.items():
        _write(draft, name, text)
    for number, fact in enumerate(draft.get("facts") or []):
        _fill_fact(fact, number)
    draft["answers"] = draft.get("answers") or [{}]
    lists = {fact.get("key") for fact in draft.get("facts") or [] if fact.get("kind") in LISTS}
    for answer in draft["answers"]:
        _fill_answer(answer, lists)
    filled = named(draft)
    _speak(filled)
    return filled


def _fill_fact(fact: dict[str, Any], number: int) -> None:
    fact["label"] = fact.get("label") or f"Fact {number + 1}"
    _write(fact, "words", fact["label"])
    if fact.get("kind") == "choice" and len(set(fact.get("choices") or ())) < 2:
        fact["choices"] = ["One", "Another"]


def _fill_answer(answer: dict[str, Any], lists: set[Any]) -> None:
    for name, text in _OF_ANSWER.items():
        _write(answer, name, text)
    answer["said"] = answer.get("said") or answer["button"][ENGLISH][:60]
    ask = answer.get("ask")
    if not ask:
        return
    _write(ask, "label", "The question")
    if ask.get("kind") == "pick" and ask.get("source") not in lists:
        answer.pop("ask")
    elif ask.get("kind") == "choice":
        options = ask.setdefault("options", [])
        options += [{} for _ in range(2 - len(options))]
        for number, option in enumerate(options):
            _write(option, "words", f"Choice {number + 1}")
    elif ask.get("kind") == "scale":
        _write(ask, "low", "Low")
        _write(ask, "high", "High")


def _write(block: dict[str, Any], name: str, text: str) -> None:
    texts = block.get(name) or {}
    block[name] = {**texts, ENGLISH: texts.get(ENGLISH) or text}


def _speak(draft: dict[str, Any]) -> None:
    """Let every text be there in every language, and name nothing that there is not."""
    for place, texts in _texts_of(draft):
        understood = list_understood(draft, place)
        for language in draft.get("languages") or [ENGLISH]:
            texts[language] = _readable(str(texts.get(language) or texts.get(ENGLISH, "")), understood)


def _texts_of(part: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All texts of a draft, each with its place."""
    if isinstance(part, dict) and ENGLISH in part:
        yield place.removeprefix("."), part
    elif isinstance(part, dict | list):
        for name, one in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _texts_of(one, f"{place}.{name}")


def _readable(text: str, understood: set[str]) -> str:
    """The same with each placeholder that means nothing left out: a page would stumble over it."""
    try:
        parts = [*split(text)]
    except ValueError:
        return text.replace("{", "").replace("}", "")
    return "".join(
        plain.replace("{", "{{").replace("}", "}}") + (written if written in understood else "…" if written else "")
        for plain, written in parts
    )


def _drop(draft: dict[str, Any], place: str) -> None:
    """Take out what stands at a place, and what cannot be without it."""
    draft.pop(_NEEDS.get(place, ""), None)
    *way, last = place.split(".")
    part: Any = draft
    for name in way:
        part = _inside(part, name)
    if isinstance(part, dict):
        part.pop(last, None)
    elif isinstance(part, list) and last.isdigit() and int(last) < len(part):
        part.pop(int(last))


def _inside(part: Any, name: str) -> Any:
    if isinstance(part, list):
        return part[int(name)] if name.isdigit() and int(name) < len(part) else None
    return part.get(name) if isinstance(part, dict) else None
