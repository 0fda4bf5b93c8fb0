"""Languages: those that there are words in, and the same page in another of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from selfservice.kit.locales import tag
from selfservice.situations import registry
from selfservice.situations.loading import DEFAULT_LANGUAGE
from selfservice.situations.registry import shared_words
from selfservice.situations.speaking import Speaker, speaker_for
from selfservice.situations.view import View

LANGUAGES = tuple(sorted(shared_words(), key=lambda code: (code != DEFAULT_LANGUAGE, code)))
"""The languages there are words in, English first."""


@dataclass(frozen=True)
class Language:
    """The same page in another language; `tag` is what that is called in BCP 47."""

    tag: str
    name: str
    address: str


def language_names() -> tuple[tuple[str, str], ...]:
    """Each of LANGUAGES with what those who speak it call it."""
    words = shared_words()
    return tuple((code, words[code].own_name) for code in LANGUAGES)


def other_languages(say: Speaker, codes: Iterable[str], current: str, place: str = "?") -> list[Language]:
    """The same page in the other languages of `codes`, each by its own name."""
    names = {code: say.find(f"languages.{code}") or code for code in codes if code != current}
    return [Language(tag(code), name, f"{place}lang={code}") for code, name in names.items()]


def languages_at(view: View, place: str) -> list[Language]:
    """The other languages, for a page that is asked for at another `place` (ends in ? or &) than it stands at."""
    loaded = registry.current().find(view.situation, view.version)
    codes = loaded.languages if loaded is not None else tuple(shared_words())
    return other_languages(speaker_for(view), codes, view.language, place)
