"""A recipe that uses all there is, and a small one, for tests of what comes of them."""

from __future__ import annotations

from typing import Any

from selfservice import clock
from selfservice.kit.recipe import Recipe
from selfservice.situations.making import examining, sentences

SIX = ("en", "es", "ar", "pl", "zh", "hi")


def small(**changes: Any) -> dict[str, Any]:
    """A yes and a no about one thing."""
    recipe = {
        "name": "Boiler visit",
        "summary": "Ask if somebody is at home.",
        "team": "care",
        "icon": "home",
        "title": {"en": "A question for you"},
        "headline": {"en": "Is somebody at home {at:when}?"},
        "text": {"en": "{brand}: is somebody at home on {at:short_day}?"},
        "why": {"en": "You have a boiler from {brand}."},
        "facts": [
            {"key": "at", "label": "When", "kind": "moment", "place": "top"},
            {"key": "boiler", "label": "Boiler", "example": "B 17", "words": {"en": "Your boiler"}},
        ],
        "ends_at": "at",
        "answers": [
            {
                "key": "home",
                "said": "Is at home",
                "icon": "check",
                "button": {"en": "Yes, I'm here"},
                "headline": {"en": "See you {at:when}"},
                "by_text": {"en": "YES, home"},
            },
            {
                "key": "away",
                "said": "Is not at home",
                "button": {"en": "No, I'm away"},
                "question": {"en": "When does it suit you?"},
                "ask": {"key": "better", "kind": "line", "label": {"en": "A better time"}, "most": 40},
                "headline": {"en": "Thank you for telling us"},
                "line": {"en": "You said: {away.better}"},
                "hand_on": "yes",
            },
        ],
    }
    return {**recipe, **changes}


def fact(kind: str, **changes: Any) -> dict[str, Any]:
    """One fact of a kind."""
    known = {"key": f"the_{kind}", "label": f"The {kind}", "kind": kind, "words": {"en": f"Your {kind}"}}
    return {**known, **({"choices": ["One", "Two"]} if kind == "choice" else {}), **changes}


def asked(kind: str, **changes: Any) -> dict[str, Any]:
    """What is asked with an answer, of a kind."""
    options = [{"key": "dark", "words": {"en": "It is dark"}}, {"key": "far", "words": {"en": "It is far"}}]
    more: dict[str, Any] = {
        "choice": {"options": options},
        "pick": {"source": "times"},
        "scale": {"low": {"en": "Not at all"}, "high": {"en": "Very much"}},
    }.get(kind, {})
    return {"key": f"given_{kind}", "kind": kind, "label": {"en": f"Your {kind}"}, **more, **changes}


def asking(*kinds: str, **changes: Any) -> dict[str, Any]:
    """A recipe whose answers ask for something of these kinds."""
    answers = [
        {
            "key": f"tell_{kind}",
            "said": f"Told us a {kind}",
            "button": {"en": "Tell us"},
            "question": {"en": "What is it?"},
            "ask": asked(kind, **changes),
            "headline": {"en": "Thank you"},
        }
        for kind in kinds
    ]
    times = {"key": "times", "label": "Times", "kind": "moments", "place": "none"}
    known = [*small()["facts"], *([times] if "pick" in kinds else [])]
    return {**small(), "facts": known, "answers": answers}


def complaints(draft: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What is wrong with a draft: place, language, sentence."""
    read = examining.read(draft)
    found = examining.examine(read, "boiler_visit", clock.now()) if isinstance(read, Recipe) else read
    return [(one.place, one.language, one.sentence) for one in found]


def said(draft: dict[str, Any]) -> dict[str, str]:
    """The English sentences of the type that a draft makes."""
    return sentences.sentences(Recipe.model_validate(draft), "en")


def translated(value: Any) -> Any:
    """The same with each English text as it stands in every language."""
    if isinstance(value, dict):
        if set(value) == {"en"}:
            words = {"es": "¿Qué tal?", "ar": "كيف ذلك؟", "pl": "Jak jest?", "zh": "怎么样？", "hi": "कैसा है?"}
            return {**value, **words}
        return {key: translated(part) for key, part in value.items()} | (
            {"languages": list(SIX)} if "answers" in value else {}
        )
    return [translated(part) for part in value] if isinstance(value, list) else value
