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
_INDEX = re.compile(r"(\d{1,3})\.")


def read(form: Mapping[str, str]) -> dict[str, Any]:
    """The draft that a form holds, as entered; nothing is judged yet. What is left empty is left out."""
    draft = _read_part(Recipe, form, "")
    draft["languages"] = [ENGLISH, *(code for code in _ticked(form, "languages.") if code != ENGLISH)]
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
    listed, number = (place, "") if what == "add" else (place.rpartition(".")[0], place.rpartition(".")[2])
    blocks = _list_at(changed, listed)
    if blocks is None:
        return changed, ""
    name = listed.rpartition(".")[2]
    if what == "add":
        blocks.append(dict(_BLANK.get(name, {})))
        return changed, f"{listed}.{len(blocks) - 1}.{_FIRST[name]}"
    at = int(number) if number.isdecimal() else len(blocks)
    if at >= len(blocks):
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
            owner = owner[int(step)] if step.isdecimal() and int(step) < len(owner) else None
        else:
            owner = owner.get(step) if isinstance(owner, dict) else None
    return owner.setdefault(name, []) if isinstance(owner, dict) and name in _BLANK else None


def is_change(what: str) -> bool:
    """Whether `change` knows it."""
    return what in _DRAFT


def _read_part(model: type[BaseModel], form: Mapping[str, str], at: str) -> dict[str, Any]:
    found = {name: _read(field.annotation, form, at + name) for name, field in model.model_fields.items()}
    return {name: value for name, value in found.items() if value not in ("", None, {}, [])}


def _read(annotation: Any, form: Mapping[str, str], place: str) -> Any:
    part = _part_of(annotation)
    if typing.get_origin(annotation) is dict:
        return {code: text for code, text in _under(form, f"{place}.").items() if text}
    if typing.get_origin(annotation) is tuple and part is not None:
        return [_read_part(part, form, f"{place}.{number}.") for number in _numbers(form, f"{place}.")]
    if typing.get_origin(annotation) is tuple:
        return [line.strip() for line in form.get(place, "").splitlines() if line.strip()]
    if part is not None:
        return _read_part(part, form, f"{place}.") if form.get(f"{place}.kind") else None
    if annotation is bool:
        return bool(form.get(place)) if place in form or place + ASKED in form else None
    text = _text(form.get(place, ""))
    return int(text) if annotation is int and text.isdecimal() and len(text) <= _LONGEST_NUMBER else text


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


def _under(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The texts whose names begin so, by what comes after."""
    found = {name.removeprefix(prefix): _text(text) for name, text in form.items() if name.startswith(prefix)}
    return {name: text for name, text in found.items() if "." not in name}


def _text(entered: str) -> str:
    """A text as it is kept: browsers end the lines of a form as e-mails do."""
    return entered.replace("\r\n", "\n").strip()


def _ticked(form: Mapping[str, str], prefix: str) -> list[str]:
    return [name for name, text in _under(form, prefix).items() if text]


def _numbers(form: Mapping[str, str], prefix: str) -> list[int]:
    """The numbers of the blocks of a list, in their order."""
    found = (_INDEX.match(name, len(prefix)) for name in form if name.startswith(prefix))
    return sorted({int(one[1]) for one in found if one})
