"""Placeholders: what the texts of a composed type can name, each in the ways that it can be written."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FORMATTER = string.Formatter()
_NAME = re.compile(r"\{([^.:!}]*)")
_AFTER = re.compile(r"answers\.(\d+)\.(?:headline|line)")

_DAYS = (":short_day", ":day", ":weekday", ":when")
_WAYS: Mapping[str, tuple[str, ...]] = {
    "line": ("",),
    "prose": ("",),
    "choice": ("",),
    "moment": (":moment", ":short_day", ":day", ":weekday", ":time", ":when", ":when_exactly", ":when_at"),
    "day": _DAYS,
    "money": (":money",),
    "whole": ("",),
    "person": (".name",),
}
"""How each kind is written, behind its name; of the other kinds nothing can stand within a sentence."""
_MORE: Mapping[str, tuple[str, ...]] = {
    "line": (":brief",),
    "moment": (":dated", ":distance", ":month", ":number"),
    "day": (":distance", ":month", ":number"),
}
"""What is understood beside them and not offered: for those who know it from types that developers make."""
_EVERYWHERE: Mapping[str, str] = {"brand": "line", "team": "line", "until": "moment", "phone": "line", "ending": "line"}
_PICKED: Mapping[str, str] = {"moments": "moment", "days": "day", "lines": "line"}
_LOOKS = {
    ":moment": "Tuesday 24 November, 10:20 am",
    ":short_day": "Tue 24 Nov",
    ":day": "Tuesday 24 November",
    ":weekday": "Tuesday",
    ":time": "10:20 am",
    ":when": "tomorrow, on Tuesday",
    ":when_exactly": "tomorrow, 10:20 am",
    ":when_at": "tomorrow at 10:20 am",
    ":money": "£48.20",
    ".name": "Dr Amina Okafor",
}
_ON_PAGES_ALONE = frozenset({":when", ":when_exactly", ":when_at"})
"""A text may be read on another day than it was written."""
_NOWHERE = {
    "title": "others see the title wherever the link is shown",
    "name": "it is one name for all pages",
    "summary": "it is one line for all pages",
    "by_text": "customers type these words",
}
"""Texts that can name nothing, with the reason."""
_WITH_LINK = frozenset({"text", "reminder"})
LINK = "{link}"


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
        Placeholder("{until:moment}", "The end of the page", _LOOKS[":moment"]),
        *_of_facts(draft),
        *_of_answers(draft),
    ]


def list_understood(draft: Mapping[str, Any], place: str) -> set[str]:
    """All that is understood in the text at a place of a draft, `answers.0.line`, as it is written."""
    if place.rpartition(".")[2] in _NOWHERE:
        return set()
    after = _answer_before(draft, place)
    kinds = {**_EVERYWHERE, **{fact["key"]: _kind(fact) for fact in _facts(draft) if _is_known(fact)}}
    ways = {kind: (*_WAYS.get(kind, ()), *_MORE.get(kind, ())) for kind in kinds.values()}
    everywhere = {_written(name, way) for name, kind in kinds.items() for way in ways[kind]}
    own = {one.written for one in _of_answers(draft) if one.after == after}
    return everywhere | own | ({LINK} if place in _WITH_LINK else set())


def split(text: str) -> Iterator[tuple[str, str]]:
    """(text, the placeholder behind it as it is written) for each part; there is none at the end.

    Raises ValueError for a brace that no other closes.
    """
    for plain, name, form, conversion in _FORMATTER.parse(text):
        if name is None:
            yield plain, ""
        else:
            yield plain, f"{{{name}{'!' if conversion else ''}{conversion or ''}{':' if form else ''}{form}}}"


def named_in(text: str) -> set[str]:
    """The facts and answers that a text names, whether or not they are there."""
    try:
        return {_name(written) for _plain, written in split(text) if written}
    except ValueError:
        return set()


def list_wrong(text: str, draft: Mapping[str, Any], place: str) -> list[str]:
    """A sentence for each thing that the text at a place of a draft names and cannot."""
    try:
        named = dict.fromkeys(written for _plain, written in split(text) if written)
    except ValueError:
        return ["Has a brace without the other of its pair; mend the pair, or write {{ or }} for a brace as such."]
    understood = list_understood(draft, place)
    return [_mend(written, draft, place) for written in named if written not in understood]


def _mend(written: str, draft: Mapping[str, Any], place: str) -> str:
    reason = _NOWHERE.get(place.rpartition(".")[2])
    if reason:
        return f"Names {written}, and {reason}; take it out."
    if written == LINK:
        return "The link stands in text messages alone; take {link} out."
    ways = sorted(one for one in list_understood(draft, place) if _name(one) == _name(written))
    offered = [one.written for one in list_for(draft) if one.written in ways] or ways
    if offered:
        listed = " or ".join(part for part in (", ".join(offered[:-1]), offered[-1]) if part)
        return f"Cannot be written as {written}; write {listed}."
    return _mend_unknown(written, draft)


def _mend_unknown(written: str, draft: Mapping[str, Any]) -> str:
    asks = {
        f"{one.get('key')}.{one['ask'].get('key')}": one["ask"] for one in draft.get("answers") or () if one.get("ask")
    }
    path = written[1:-1].partition(":")[0]
    found = asks.get(path) or next((fact for fact in _facts(draft) if fact["key"] == _name(written)), None)
    if found is None:
        return f"Nothing is called {written}; “Show what texts can name” lists what there is."
    if not _is_known(found):
        return f"{written} may be left empty, which leaves a hole; let it be needed, or say it without."
    if any(one.written == written for one in _of_answers(draft)):
        return f"{written} is known only after that answer; take it out here."
    return f"{written} is of a kind that cannot stand in a sentence; show it on the page, and take it out here."


def _name(written: str) -> str:
    found = _NAME.match(written)
    return found[1] if found else ""


def _answer_before(draft: Mapping[str, Any], place: str) -> str:
    """The answer after which alone the text at a place is read."""
    found = _AFTER.fullmatch(place)
    return str(draft["answers"][int(found[1])].get("key", "")) if found else ""


def _written(name: str, way: str) -> str:
    return f"{{{name}{way}}}"


def _facts(draft: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [fact for fact in draft.get("facts") or () if fact.get("key")]


def _kind(fact: Mapping[str, Any]) -> str:
    return fact.get("kind") or "line"


def _is_known(fact: Mapping[str, Any]) -> bool:
    return bool(fact.get("is_needed", True))


def _of_facts(draft: Mapping[str, Any]) -> Iterator[Placeholder]:
    for fact in _facts(draft):
        for way in _WAYS.get(_kind(fact), ()) if _is_known(fact) else ():
            written = _written(fact["key"], way)
            yield Placeholder(
                written, fact.get("label", ""), _LOOKS.get(way, ""), is_for_texts=way not in _ON_PAGES_ALONE
            )


def _of_answers(draft: Mapping[str, Any]) -> Iterator[Placeholder]:
    kinds = {fact["key"]: _kind(fact) for fact in _facts(draft)}
    for answer in draft.get("answers") or ():
        ask = answer.get("ask") or {}
        if not (answer.get("key") and ask.get("key")) or not ask.get("is_needed", True):
            continue
        kind = "line" if ask.get("kind") == "line" else ""
        if ask.get("kind") == "pick":
            kind = _PICKED.get(kinds.get(ask.get("source"), ""), "")
        for way in _WAYS.get(kind, ()):
            written = _written(f"{answer['key']}.{ask['key']}", way)
            what = (ask.get("label") or {}).get("en", "")
            yield Placeholder(written, what, _LOOKS.get(way, ""), after=answer["key"], is_for_texts=False)
