"""Plain pages: those that stand for no page of a customer's; nothing here reads a database or a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from selfservice.brands.face import Face
from selfservice.kit.formats import Reader
from selfservice.kit.steps import Header
from selfservice.kit.words import Words
from selfservice.situations.drawing import ALWAYS, Top
from selfservice.situations.framing import NEUTRAL, content_security_policy, frame
from selfservice.situations.languages import other_languages
from selfservice.situations.loading import DEFAULT_LANGUAGE
from selfservice.situations.phone_scripts import app_address
from selfservice.situations.registry import shared_words
from selfservice.situations.speaking import RIGHT_TO_LEFT, Speaker, isolated
from selfservice.situations.templates import environment

SECURITY_POLICY = content_security_policy()
"""What these pages may do; they are in no brand's colours."""


def render_plain(kind: str, *, language: str = DEFAULT_LANGUAGE, reference: str = "") -> str:
    """A page for when there is none to show: `kind` is a key under `[plain]` of the shared words.

    The same bytes for every address that is not ours. `reference` helps to find what went wrong.
    """
    return render_alone("errors/plain.html", f"plain.{kind}", language=language, reference=reference)


def render_alone(
    template: str, words: str, *, language: str, look: Header = "closed", has_script: bool = False, **more: Any
) -> str:
    """A page that stands for no page of a customer's; `words` is where its headline and line are in the shared ones.

    `more` is what the template needs, and may replace anything that all pages have, such as `body`.
    """
    say = _WordsOnly(shared_words()[language if language in shared_words() else DEFAULT_LANGUAGE])
    top = Top(part=ALWAYS, look=look, headline=say(f"{words}.headline"), line=say(f"{words}.line"))
    context = {
        **frame(say.language, None, look, *NEUTRAL),
        "app": app_address(say.language) if has_script else "",
        "view": None,
        "say": say,
        "title": top.headline,
        "top": top,
        "languages": (),
        "body": {"class": "one"},
        **more,
    }
    return environment(say.language).get_template(template).render(context)


def shared_word(language: str, key: str) -> str:
    """One sentence of the shared words that needs no values, in English where there are none in `language`."""
    return shared_words()[language if language in shared_words() else DEFAULT_LANGUAGE][key]


def shared_speaker(language: str, values: Mapping[str, Any], reader: Reader) -> Speaker:
    """Says the sentences of every page where there is none, with these values."""
    words = shared_words().get(language) or shared_words()[DEFAULT_LANGUAGE]
    return Speaker(words, isolated(values) if language in RIGHT_TO_LEFT else values, reader)


def render_without_page(template: str, top: Top, say: Speaker, *, face: Face, language: str, **more: Any) -> str:
    """A page that belongs to an organisation and to no customer, in no brand's looks (`SECURITY_POLICY`)."""
    context = {
        **frame(language, replace(face, logo=""), top.look, *NEUTRAL),
        "view": None,
        "say": say,
        "title": top.headline,
        "top": top,
        "languages": other_languages(say, tuple(shared_words()), language),
        "language_label": say("layout.language"),
        "body": {"class": "one"},
        **more,
    }
    return environment(language).get_template(template).render(context)


class _WordsOnly:
    """Says sentences of the shared words that need no values but those given."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.language = words.language

    def __call__(self, key: str, **values: str) -> str:
        return self._words[key].format_map(values)
