"""What the composer offers to choose from, each with its words, and what it calls each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from selfservice.kit.recipe import COMPARED, LISTS, ONE_TIME
from selfservice.situations.making.examining import Complaint

KINDS = (
    ("line", "A line of text"),
    ("prose", "A longer text"),
    ("choice", "One of several words"),
    ("moment", "A date and time"),
    ("day", "A date"),
    ("money", "An amount of money"),
    ("whole", "A whole number"),
    ("phone", "A phone number"),
    ("address", "An address, with a map"),
    ("person", "A person"),
    ("link", "A web address, as a button"),
    ("table", "A table"),
    ("timeline", "Steps, with their times"),
    ("image", "A picture"),
    ("moments", "Dates and times to pick from"),
    ("days", "Dates to pick from"),
    ("lines", "Lines to pick from"),
)
PLACES = (("top", "At the top of the card, large"), ("row", "On the card, a line of it"), ("none", "Not on the page"))
ASKS = (
    ("", "Nothing: one press is enough"),
    ("choice", "One of several choices"),
    ("pick", "One from a list that is known"),
    ("line", "A line of text"),
    ("prose", "A longer text"),
    ("faces", "Five faces, from bad to good"),
    ("scale", "A number from 0 to 10"),
    ("photos", "Photos"),
)
TONES = (("good", "Green: it is done"), ("brand", "Your colour: it goes on"), ("closed", "Grey: it is over"))
HANDINGS = (("no", "No"), ("yes", "Yes"), ("urgent", "Yes, as urgent"))
SELF_EVIDENT = frozenset({"prose", "timeline", "image"})
"""Kinds of facts that stand on the page without a word beside them."""
WITHOUT_USUAL = ONE_TIME
CHECKS = (
    ("", "Nothing"),
    ("last4", "The last four digits of a number"),
    ("postcode", "The postcode"),
    ("birth_year", "The year of birth"),
    ("otp", "A code that is sent to the phone"),
)
ICONS = (
    *("info", "bell", "calendar", "clock", "check", "cross", "edit", "note", "message", "mail", "phone", "callback"),
    *("person", "people", "home", "pin", "map", "truck", "parcel", "bag", "tag", "card", "money", "receipt"),
    *("photo", "key", "lock", "shield", "flag", "alert", "swap", "undo", "search", "send", "link", "globe"),
)
SECTIONS = (
    ("about", "About"),
    ("known", "What is known"),
    ("page", "The page"),
    ("answers", "Answers"),
    ("messages", "Messages"),
    ("rules", "When and who"),
)

_FIELDS = {
    "name": "Name",
    "summary": "What it is for",
    "readme": "What staff should know",
    "team": "Team",
    "icon": "Icon",
    "languages": "Languages",
    "title": "Title of the page",
    "pill": "Above the headline",
    "headline": "Headline",
    "line": "Line below",
    "body": "What every page says",
    "text": "Text message",
    "reminder": "Reminder",
    "remind_after_hours": "Hours until the reminder",
    "why": "Why customers get it",
    "open_days": "Days that a page works",
    "ends_at": "Ends at",
    "check": "Asked first",
    "check_fact": "Compared with",
    "check_words": "What it asks for",
    "label": "Name",
    "kind": "Kind",
    "example": "Example",
    "hint": "Hint",
    "usual": "Usually",
    "choices": "Words to choose from",
    "place": "Where it stands",
    "words": "What customers read",
    "button": "Button",
    "question": "Question",
    "said": "What staff read",
    "tone": "Colour",
    "hand_on": "Give it to the team",
    "by_text": "Words by text",
    "source": "List",
    "most": "At most",
    "low": "At 0",
    "high": "At 10",
    "options": "Choices",
    "ask": "What is asked",
    "key": "Key",
    "facts": "What is known",
    "answers": "Answers",
}


_OF_ANSWERS = {"headline": "What the page says then", "line": "Line below, afterwards", "icon": "Icon on the button"}
_OF_ASKS = {"label": "Name of the field", "hint": "Hint for customers", "words": "Choice"}
_CHOSEN = frozenset({"team", "source", "check_fact", "ends_at"})
_LACKING, _NONE = "Write it.", "Add one."


def told(complaints: Sequence[Complaint], draft: Mapping[str, Any]) -> list[Complaint]:
    """What is worth saying of all complaints: none that another one at the same place, or at a name, says better."""
    kept = [one for one in complaints if not _is_said_elsewhere(one, draft)]
    return [
        replace(one, sentence="Choose one.") if one.sentence == _LACKING and _last(one.place) in _CHOSEN else one
        for one in kept
    ]


def _is_said_elsewhere(one: Complaint, draft: Mapping[str, Any]) -> bool:
    if one.sentence == _LACKING and _last(one.place) == "key":
        return True  # It comes from the name, which is missing as well.
    return one.place == "answers" and one.sentence == _NONE and bool(draft.get("answers"))


def name_of(place: str, draft: Mapping[str, Any]) -> str:
    """What staff call the place of a complaint: "Meter number: Example"; of the type as a whole, "The type"."""
    names = [name for name in place.split(".") if name]
    last = _last(place)
    block = ""
    for listed, fields, what in (("facts", ("label",), "Fact"), ("answers", ("button", "said"), "Answer")):
        if len(names) > 1 and names[0] == listed and names[1].isdigit():
            block = _called(draft.get(listed) or [], int(names[1]), fields) or f"{what} {int(names[1]) + 1}"
    if len(names) == 2 and block:
        return block
    special = _OF_ASKS if "ask" in names[:-1] else _OF_ANSWERS if names[:1] == ["answers"] else {}
    field = special.get(last) or _FIELDS.get(last, "")
    if "options" in names[:-1] and names[-2].isdigit():
        field = f"{field} {int(names[-2]) + 1}"
    return ": ".join(part for part in (block, field) if part) or "The type"


def lists_of(draft: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The facts of a draft that customers can pick from."""
    return _facts_of(draft, LISTS)


def compared_of(draft: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Those that a check can compare with."""
    return _facts_of(draft, COMPARED)


def moments_of(draft: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Those that a page can end at."""
    return _facts_of(draft, frozenset({"moment"}))


def _last(place: str) -> str:
    """The name of a field among its fellows: of a text by language that of the text, of a block that of its list."""
    return next((name for name in reversed(place.split(".")) if not name.isdigit()), "")


def _facts_of(draft: Mapping[str, Any], kinds: frozenset[Any]) -> list[tuple[str, str]]:
    fitting = [fact for fact in draft.get("facts") or () if fact.get("key") and fact.get("kind", "line") in kinds]
    return [(fact["key"], fact.get("label", fact["key"])) for fact in fitting]


def _called(blocks: list[dict[str, Any]], number: int, fields: tuple[str, ...]) -> str:
    block = blocks[number] if number < len(blocks) else {}
    for name in fields:
        called = block.get(name) or ""
        text = called.get("en", "") if isinstance(called, dict) else str(called)
        if text:
            return text
    return ""
