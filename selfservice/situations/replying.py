"""Answers by text: which words of a type's copy files mean which of its actions, and which text asks for them."""

from __future__ import annotations

from collections.abc import Iterator

from selfservice import config
from selfservice.kit import Action
from selfservice.kit.texting import readings, spelt
from selfservice.kit.words import Words
from selfservice.situations.loading import Loaded

TABLE = "reply_words."
QUESTION = "sms.question"
"""The text of a type that asks in the text itself, without a link."""


def asks_in_text(loaded: Loaded) -> bool:
    """Whether pages of this type are sent with their question and no link, here: an organisation may say otherwise."""
    return loaded.situation.asks_in_text and config.current().asks_in_text


def invitation_word(loaded: Loaded, language: str) -> str:
    """The key of the text that a page of this type is sent with."""
    return QUESTION if asks_in_text(loaded) and QUESTION in loaded.words[language] else "sms.body"


def reply_words(words: Words) -> Iterator[tuple[str, list[str]]]:
    """Each action that can be named in a text, with the words for it as they are written."""
    for key, listed in words.items():
        if key.startswith(TABLE):
            yield key.removeprefix(TABLE), [word.strip() for word in listed.split(",")]


def find_action(loaded: Loaded, language: str, text: str) -> Action | None:
    """The action that a text names, in the page's language or else in any other that leaves no doubt."""
    said = readings(text)
    others = [other for other in loaded.languages if other != language]
    found = _named(loaded.words[language], said) if language in loaded.words else set()
    if not found:
        found = {key for other in others for key in _named(loaded.words[other], said)}
    return loaded.situation.action(found.pop()) if len(found) == 1 else None


def _named(words: Words, said: tuple[str, ...]) -> set[str]:
    """The actions that have one of these words: as the text stands, or else without its courtesy."""
    for reading in said:
        found = {action for action, listed in reply_words(words) if reading in {spelt(word) for word in listed}}
        if found:
            return found
    return set()
