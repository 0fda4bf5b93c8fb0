"""Placeholders: what the texts of a composed type can name, each in the ways that it can be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from selfservice.kit.recipe import FactKind

_DAYS = ("short_day", "day", "weekday", "when")
_FORMS: Mapping[FactKind, tuple[str, ...]] = {
    "line": ("",),
    "prose": ("",),
    "choice": ("",),
    "moment": ("moment", "short_day", "day", "weekday", "time", "when", "when_exactly", "when_at"),
    "day": _DAYS,
    "money": ("money",),
    "whole": ("",),
}
"""Of the other kinds nothing can stand within a sentence."""
_MORE: Mapping[str, tuple[str, ...]] = {
    "line": ("brief",),
    "moment": ("dated", "distance", "month", "number"),
    "day": ("distance", "month", "number"),
}
"""What is understood beside them and not offered: for those who know it from types that developers make."""
_PICKED: Mapping[str, FactKind] = {"moments": "moment", "days": "day", "lines": "line"}
_LOOKS = {
    "": "",
    "moment": "Tuesday 24 November, 10:20 am",
    "short_day": "Tue 24 Nov",
    "day": "Tuesday 24 November",
    "weekday": "Tuesday",
    "time": "10:20 am",
    "when": "tomorrow, on Tuesday",
    "when_exactly": "tomorrow, 10:20 am",
    "when_at": "tomorrow at 10:20 am",
    "money": "£48.20",
}
_ON_PAGES_ALONE = frozenset({"when", "when_exactly", "when_at"})
"""A text may be read on another day than it was written."""


@dataclass(frozen=True)
class Placeholder:
    """One thing that a text can name. `after` is the answer whose own texts alone may; empty if all may.

    `is_for_texts` says whether it may stand in a text message.
    """

    written: str
    what: str
    looks: str = ""
    after: str = ""
    is_for_texts: bool = True


def list_for(draft: Mapping[str, Any]) -> list[Placeholder]:
    """All that the texts of a draft can name. A fact that may be left empty is none: its sentence would have a hole."""
    return [
        Placeholder("{brand}", "Your name"),
        Placeholder("{team}", "The team’s name"),
        Placeholder("{until:moment}", "The end of the page", _LOOKS["moment"]),
        *_of_facts(draft),
        *_of_answers(draft),
    ]


def list_understood(draft: Mapping[str, Any], *, after: str = "") -> set[str]:
    """All that is understood in a draft's texts, as it is written; `after` is the answer whose own text is meant."""
    offered = {one.written for one in list_for(draft) if one.after in ("", after)}
    kinds = {fact["key"]: fact.get("kind") or "line" for fact in _needed(draft)}
    more = {path_of((key,), form) for key, kind in kinds.items() for form in _MORE.get(kind, ())}
    ends = {path_of(("until",), form) for form in (*_FORMS["moment"], *_MORE["moment"])}
    return offered | more | ends | {"{phone}", "{ending}"}


def path_of(path: tuple[str, ...], form: str) -> str:
    """A placeholder as it is written."""
    return f"{{{'.'.join(path)}{':' if form else ''}{form}}}"


def _of_facts(draft: Mapping[str, Any]) -> Iterator[Placeholder]:
    for fact in _needed(draft):
        for form in _FORMS.get(fact.get("kind") or "line", ()):
            written = path_of((fact["key"],), form)
            yield Placeholder(written, fact.get("label", ""), _LOOKS[form], is_for_texts=form not in _ON_PAGES_ALONE)


def _needed(draft: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [fact for fact in draft.get("facts") or () if fact.get("key") and fact.get("is_needed", True)]


def _of_answers(draft: Mapping[str, Any]) -> Iterator[Placeholder]:
    kinds = {fact.get("key"): fact.get("kind") for fact in draft.get("facts") or ()}
    for answer in draft.get("answers") or ():
        ask = answer.get("ask") or {}
        if not (answer.get("key") and ask.get("key")) or not ask.get("is_needed", True):
            continue
        kind: FactKind | None = "line" if ask.get("kind") == "line" else None
        if ask.get("kind") == "pick":
            kind = _PICKED.get(kinds.get(ask.get("source")) or "")
        for form in _FORMS.get(kind, ()) if kind else ():
            written = path_of((answer["key"], ask["key"]), form)
            what = (ask.get("label") or {}).get("en", "")
            yield Placeholder(written, what, _LOOKS[form], after=answer["key"], is_for_texts=False)
