"""The sentences of a recipe in one language, by their keys in a copy file, and where in the recipe each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from selfservice.kit.built import BACK, LONGEST, MOST_PHOTOS, done_step, step_of
from selfservice.kit.channels import CHANNELS
from selfservice.kit.recipe import ENGLISH, Answer, Ask, Recipe
from selfservice.kit.words import Words

OURS = Path(__file__).parent / "words"
_ENDINGS = (".", "!", "?", ":", "。", "！", "？", "：", "؟", "।")
_LINK = re.compile(r"[\s:：]*\{link\}")
_OPENING = re.compile(r'(^|[\s(])"')


def sentences(recipe: Recipe, language: str) -> dict[str, str]:
    """Every sentence of a type, by its key."""
    said = {key: text for key, text, _place in _all(recipe, language) if text}
    return {key: text if _is_texted(key) else _typeset(text) for key, text in said.items()}


def places(recipe: Recipe) -> dict[str, str]:
    """Where in the recipe each sentence stands, by its key: `answers.0.button`; empty for one of ours."""
    return {key: place for key, _text, place in _all(recipe, ENGLISH)}


def list_shared(recipe: Recipe) -> list[str]:
    """Where those sentences stand that would be kept under the key of another: one of the two would be lost."""
    owners: dict[str, str] = {}
    said = [(key, place) for key, text, place in _all(recipe, ENGLISH) if text]
    return [place or owners[key] for key, place in said if owners.setdefault(key, place) != place]


def _is_texted(key: str) -> bool:
    return key.startswith("sms.")


def _typeset(text: str) -> str:
    """Quotation marks as they are printed, in place of those of a keyboard."""
    return _OPENING.sub("\\1“", text).replace('"', "”").replace("'", "’")


@cache
def _ours(language: str) -> Words:
    """What is said in the same words whatever a type is about."""
    return Words.load(OURS / f"{language}.toml")


def _all(recipe: Recipe, language: str) -> Iterator[tuple[str, str, str]]:
    """Each sentence: its key, its text, its place in the recipe."""

    def said(key: str, texts: Mapping[str, str], place: str) -> tuple[str, str, str]:
        return key, texts.get(language, ""), place

    yield said("title", recipe.title, "title")
    yield "about.name", recipe.name, "name"
    yield "about.summary", recipe.summary, "summary"
    yield said("steps.ask.pill", recipe.pill, "pill")
    yield said("steps.ask.headline", recipe.headline, "headline")
    yield said("steps.ask.line", recipe.line, "line")
    yield said("lead.body", recipe.body, "body")
    yield said("why.text", recipe.why, "why")
    if recipe.check == "last4":
        yield said("checks.last4", recipe.check_words, "check_words")
    yield from _texts(recipe, language)
    for number, fact in enumerate(recipe.facts):
        place = f"facts.{number}.words"
        if fact.is_named:
            yield said(f"buttons.follow_{fact.key}" if fact.kind == "link" else f"lead.{fact.key}", fact.words, place)
    if any(fact.kind == "address" and fact.place == "row" for fact in recipe.shown):
        yield "lead.map", _ours(language)["map"], ""
    for number, answer in enumerate(recipe.answers):
        yield from _of_answer(recipe, answer, language, f"answers.{number}")


def _texts(recipe: Recipe, language: str) -> Iterator[tuple[str, str, str]]:
    text = recipe.text.get(language, "")
    yield "sms.body", _with_link(text), "text"
    reminder = recipe.reminder.get(language, "") if recipe.remind_after_hours else ""
    for channel in CHANNELS if reminder else ():
        yield f"{channel}.reminder", _with_link(reminder) if channel == "sms" else _LINK.sub("", reminder), "reminder"


def _with_link(text: str) -> str:
    if not text or _LINK.search(text):
        return text
    return f"{text} {{link}}" if text.endswith(_ENDINGS) else f"{text}: {{link}}"


def _of_answer(recipe: Recipe, answer: Answer, language: str, place: str) -> Iterator[tuple[str, str, str]]:
    def said(key: str, texts: Mapping[str, str], name: str) -> tuple[str, str, str]:
        return key, texts.get(language, ""), f"{place}.{name}"

    own = recipe.has_own_step(answer)
    yield said(f"buttons.go_{step_of(answer)}" if own else f"buttons.{answer.key}", answer.button, "button")
    if own:
        yield f"buttons.send_{answer.key}", _ours(language)["send"], ""
        yield f"buttons.{BACK}", _ours(language)["back"], ""
        yield said(f"steps.{step_of(answer)}.headline", answer.question or answer.button, "question")
    yield said(f"steps.{done_step(answer)}.headline", answer.headline, "headline")
    yield said(f"steps.{done_step(answer)}.line", answer.line, "line")
    yield said(f"reply_words.{answer.key}", answer.by_text, "by_text")
    if answer.ask is not None:
        yield from _of_ask(answer.ask, language, f"{place}.ask")


def _of_ask(ask: Ask, language: str, place: str) -> Iterator[tuple[str, str, str]]:
    def said(key: str, texts: Mapping[str, str], name: str) -> tuple[str, str, str]:
        return key, texts.get(language, ""), f"{place}.{name}"

    yield said(f"fields.{ask.key}", ask.label, "label")
    yield said(f"fields.{ask.key}_hint", ask.hint, "hint")
    yield said(f"lead.{ask.key}_given", ask.label, "label")
    if ask.kind == "scale":
        yield said(f"fields.{ask.key}_low", ask.low, "low")
        yield said(f"fields.{ask.key}_high", ask.high, "high")
    for number, option in enumerate(ask.options if ask.kind == "choice" else ()):
        yield said(f"choices.{ask.key}_{option.key}", option.words, f"options.{number}.words")
    yield from ((key, text, "") for key, text in _refusals(ask, _ours(language)))


def _refusals(ask: Ask, ours: Words) -> Iterator[tuple[str, str]]:
    """What the page says where something is missing, wrong or too much."""
    if ask.is_needed:
        yield f"problems.{ask.key}_missing", ours[f"missing.{ask.kind}"]
    yield f"problems.{ask.key}_wrong", ours[f"wrong.{ask.kind}"]
    if ask.kind in ("line", "prose"):
        yield f"problems.{ask.key}_long", _counted(ours, "long", ask.most or LONGEST)
    if ask.kind == "photos":
        yield f"problems.{ask.key}_many", _counted(ours, "many", ask.most or MOST_PHOTOS)
    if ask.kind == "pick":
        yield f"empty.{ask.key}", ours["empty"]
    for face in range(1, 6) if ask.kind == "faces" else ():
        yield f"choices.{ask.key}_{face}", ours[f"faces.{face}"]


def _counted(ours: Words, key: str, count: int) -> str:
    return ours.form(key, count).replace("{count}", str(count))
