"""Fitting: whether the parts of a recipe fit each other, judged before the contract and said in the composer's words.

What is wrong is (place, language, sentence), shaped as an `examining.Complaint`.
"""

from __future__ import annotations

from collections.abc import Iterator

from selfservice.kit.recipe import ENGLISH, Recipe
from selfservice.kit.texting import spelt
from selfservice.situations import icons
from selfservice.situations.making import cases, keys, placeholders, sentences

Wrong = tuple[str, str, str]
_UNTRANSLATED = "It is missing here, and English has it; translate it."
_NOT_ENGLISH = "It stands here and not in English; write it there as well, or take it out."
_OF_STAFF = frozenset({"name", "summary"})


def check(recipe: Recipe) -> Iterator[Wrong]:
    """All that does not fit."""
    yield from ((place, "", sentence) for place, sentence in cases.check_examples(recipe).items())
    yield from ((place, "", sentence) for place, sentence in keys.check(recipe).items())
    yield from _translations(recipe)
    yield from _placeholders(recipe)
    yield from _unused(recipe)
    yield from _reply_words(recipe)
    yield from _icons(recipe)
    if recipe.remind_after_hours >= 24 * recipe.open_days:
        sentence = f"The page has ended by then; write less than {24 * recipe.open_days} hours, or let it work longer."
        yield "remind_after_hours", "", sentence


def _translations(recipe: Recipe) -> Iterator[Wrong]:
    english, places = sentences.sentences(recipe, ENGLISH), sentences.places(recipe)
    for language in recipe.languages:
        said = sentences.sentences(recipe, language)
        missing = dict.fromkeys(places[key] for key in english if key not in said)
        strange = dict.fromkeys(places[key] for key in said if key not in english)
        yield from ((place, language, _UNTRANSLATED) for place in missing)
        yield from ((place, language, _NOT_ENGLISH) for place in strange)


def _placeholders(recipe: Recipe) -> Iterator[Wrong]:
    """What a text names, and cannot: each text in each language once, however often the page says it."""
    draft, places = recipe.model_dump(mode="json"), sentences.places(recipe)
    for language in recipe.languages:
        said = sentences.sentences(recipe, language)
        texts = dict.fromkeys((places[key], text) for key, text in said.items() if places[key])
        for place, text in texts:
            if language == ENGLISH or place not in _OF_STAFF:
                wrong = placeholders.list_wrong(text, draft, place)
                yield from dict.fromkeys((place, language, sentence) for sentence in wrong)


def _unused(recipe: Recipe) -> Iterator[Wrong]:
    texts = sentences.sentences(recipe, ENGLISH).values()
    used = {recipe.ends_at, recipe.compared.key if recipe.compared else ""}
    used.update(*(placeholders.named_in(text) for text in texts))
    used |= {answer.ask.source for answer in recipe.answers if answer.ask is not None and answer.ask.kind == "pick"}
    for number, fact in enumerate(recipe.facts):
        if fact.place == "none" and fact.key not in used:
            sentence = "Nothing shows it and no text names it; let it stand on the page, or take the fact out."
            yield f"facts.{number}.place", "", sentence


def _reply_words(recipe: Recipe) -> Iterator[Wrong]:
    for language in recipe.languages:
        owners: dict[str, int] = {}
        for number, answer in enumerate(recipe.answers):
            for word in answer.by_text.get(language, "").split(","):
                owner = owners.setdefault(spelt(word), number)
                if spelt(word) and owner != number:
                    meant = recipe.answers[owner].button.get(language, "")
                    sentence = f"“{word.strip()}” means “{meant}” already; give it to one of the two."
                    yield f"answers.{number}.by_text", language, sentence


def _icons(recipe: Recipe) -> Iterator[Wrong]:
    chosen = {"icon": recipe.icon, **{f"answers.{number}.icon": one.icon for number, one in enumerate(recipe.answers)}}
    for place, icon in chosen.items():
        if icon and icon not in icons.names():
            yield place, "", "Choose one of those that there are."
