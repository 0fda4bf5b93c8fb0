"""The composer's form: its fields are named by their places in the recipe, `answers.0.button.en`; its blocks move."""

from __future__ import annotations

import copy
import inspect
import re
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from selfservice.kit.recipe import ENGLISH, Recipe
from selfservice.situations.languages import LANGUAGES

_DRAFT = frozenset({"add", "remove", "up", "down"})
_BLANK: Mapping[str, Mapping[str, Any]] = {
    "facts": {"kind": "line", "is_needed": True, "place": "row"},
    "answers": {"tone": "good", "is_changeable": True},
    "options": {},
}
ASKED = ".asked"
"""Stands behind the name of a tick, so that one taken away can be told from one that was not there."""
_FEWEST_OPTIONS = 2
_LONGEST_NUMBER = 8
_FIRST = {"facts": "label", "answers": f"button.{ENGLISH}", "options": f"words.{ENGLISH}"}
_STEPS = {"up": -1, "down": 1}
_INDEX = re.compile(r"([0-9]{1,2})\.")


def read(form: Mapping[str, str]) -> dict[str, Any]:
    """The draft that a form holds, as entered; nothing is judged yet. What is left empty is left out."""
    draft = _read_part(Recipe, form, "")
    draft["languages"] = [code for code in LANGUAGES if code == ENGLISH or form.get(f"languages.{code}")]
    for answer in draft.get("answers", ()):
        _fit_options(answer.get("ask") or {})
    return draft


def is_worded(place: str) -> bool:
    """Whether at a place stands a text by language."""
    return typing.get_origin(_annotation_at(place)) is dict


def change(draft: Mapping[str, Any], what: str, place: str) -> tuple[dict[str, Any], str]:
    """A draft after a block was added to a list, removed, or moved up or down, and the field or button to go on at.

    What names no block of the draft changes nothing.
    """
    changed = copy.deepcopy(dict(draft))
    listed, _, number = (place, "", "") if what == "add" else place.rpartition(".")
    blocks = _list_at(changed, listed)
    if blocks is None:
        return changed, ""
    name = listed.rpartition(".")[2]
    if what == "add":
        blocks.append(dict(_BLANK.get(name, {})))
        return changed, f"{listed}.{len(blocks) - 1}.{_FIRST[name]}"
    at = number_of(number)
    if at is None or at >= len(blocks):
        return changed, listed
    if what == "remove":
        blocks.pop(at)
        return changed, listed
    to = at + _STEPS[what]
    if 0 <= to < len(blocks):
        blocks.insert(to, blocks.pop(at))
        return changed, f"{listed}.{to}.{what}"
    return changed, f"{place}.{what}"


def _list_at(draft: dict[str, Any], place: str) -> list[Any] | None:
    """The list of blocks at a place, a new one where there is none yet; None where there can be none."""
    *way, name = place.split(".")
    owner: Any = draft
    for step in way:
        if isinstance(owner, list):
            at = number_of(step)
            owner = owner[at] if at is not None and at < len(owner) else None
        else:
            owner = owner.get(step) if isinstance(owner, dict) else None
    return owner.setdefault(name, []) if isinstance(owner, dict) and name in _BLANK else None


def is_change(what: str) -> bool:
    """Whether `change` knows it."""
    return what in _DRAFT


def text_of(entered: str) -> str:
    """A text as it is kept: browsers end the lines of a form as e-mails do, and what no database keeps is left out."""
    return entered.replace("\r\n", "\n").replace("\0", "").strip()


def number_of(text: str) -> int | None:
    """The number that somebody entered; None for what is none, or is larger than anything here is counted to."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else None


def _read_part(model: type[BaseModel], form: Mapping[str, str], at: str) -> dict[str, Any]:
    found = {name: _read(field.annotation, form, at + name) for name, field in model.model_fields.items()}
    return {name: value for name, value in found.items() if value not in ("", None, {}, [])}


def _read(annotation: Any, form: Mapping[str, str], place: str) -> Any:
    part = _part_of(annotation)
    if typing.get_origin(annotation) is dict:
        return {code: text for code in LANGUAGES if (text := text_of(form.get(f"{place}.{code}", "")))}
    if typing.get_origin(annotation) is tuple and part is not None:
        return [_read_part(part, form, f"{place}.{number}.") for number in _numbers(form, f"{place}.")]
    if typing.get_origin(annotation) is tuple:
        return [line.strip() for line in text_of(form.get(place, "")).splitlines() if line.strip()]
    if part is not None:
        return _read_part(part, form, f"{place}.") if form.get(f"{place}.kind") else None
    if annotation is bool:
        return bool(form.get(place)) if place in form or place + ASKED in form else None
    text = text_of(form.get(place, ""))
    number = number_of(text) if annotation is int else None
    return text if number is None else number


def _fit_options(ask: dict[str, Any]) -> None:
    """Room for two choices where there is something to choose; elsewhere those that are written are kept for later."""
    options = ask.get("options", [])
    if ask.get("kind") == "choice":
        ask["options"] = [*options, *({} for _ in range(_FEWEST_OPTIONS - len(options)))]
    elif options:
        ask["options"] = [option for option in options if option.get("words", {}).get(ENGLISH)]


def _part_of(annotation: Any) -> type[BaseModel] | None:
    """The part that an annotation holds, one or several or perhaps."""
    for one in (annotation, *typing.get_args(annotation)):
        if inspect.isclass(one) and typing.get_origin(one) is None and issubclass(one, BaseModel):
            return one
    return None


def _annotation_at(place: str) -> Any:
    model: type[BaseModel] | None = Recipe
    annotation: Any = None
    for name in place.split("."):
        if name.isdigit():
            continue
        if model is None or name not in model.model_fields:
            return None
        annotation = model.model_fields[name].annotation
        model = _part_of(annotation)
    return annotation


def _numbers(form: Mapping[str, str], prefix: str) -> list[int]:
    """The numbers of the blocks of a list, in their order."""
    found = (_INDEX.match(name, len(prefix)) for name in form if name.startswith(prefix))
    return sorted({int(one[1]) for one in found if one})
