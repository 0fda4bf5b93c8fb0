"""Speaking: the sentences of one page in its customer's language, with their values filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selfservice.kit.formats import Reader
from selfservice.kit.tracing import call, traceable
from selfservice.kit.words import NAMED, Words
from selfservice.situations import registry
from selfservice.situations.loading import DEFAULT_LANGUAGE
from selfservice.situations.registry import shared_words
from selfservice.situations.view import View

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
_ISOLATE = "\u2068{}\u2069"


class Speaker:
    """Says the sentence under a key; `values` are what its placeholders may name."""

    def __init__(self, words: Words, values: Mapping[str, Any], reader: Reader) -> None:
        self._words = words
        self._values = values
        self._reader = reader

    def __call__(self, key: str, **more: Any) -> str:
        """The sentence under `key`; raises KeyError if there is none or a placeholder has no value."""
        values = call(_joined, self._values, more) if more else self._values
        return self._words.say(key, values, self._reader)

    def find(self, key: str, **more: Any) -> str:
        """The sentence under `key`, empty if there is none."""
        return self(key, **more) if key in self._words or (key + NAMED) in self._words else ""


def _joined(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, **more}


def isolated(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with texts kept apart from a right-to-left sentence around them (Unicode UAX 9, FSI and PDI).

    Without it `14 Harbour Street` or a phone number inside an Arabic sentence is shown in the wrong order.
    """
    return {key: _ISOLATE.format(value) if isinstance(value, str) and value else value for key, value in values.items()}


@traceable
def sentence(text: str) -> str:
    """Today, 10:20 am: words made for the middle of a sentence, at the beginning of one."""
    return text[:1].upper() + text[1:]


def speaker_for(view: View) -> Speaker:
    """Says the sentences of a view's type on a page of its own."""
    values = view.values()
    shown = call(isolated, values) if view.language in RIGHT_TO_LEFT else values
    return Speaker(_words(view), shown, view.reader)


def words_for(view: View) -> Speaker:
    """Says the sentences of a view's type outside its page, such as those of its calendar file."""
    return Speaker(_words(view), view.values(), view.reader)


def _words(view: View) -> Words:
    loaded = registry.current().find(view.situation, view.version)
    words = loaded.words if loaded is not None else shared_words()
    return words.get(view.language) or words[DEFAULT_LANGUAGE]
