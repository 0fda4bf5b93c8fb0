"""Recipes become page types that fulfil the contract, whatever they are made of; what is wrong is told at its place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from selfservice import clock
from selfservice.kit.recipe import Recipe
from selfservice.situations import registry, rendering
from selfservice.situations.contract import whole
from selfservice.situations.contract.specimens import view_of
from selfservice.situations.loading import Loaded, load_folder
from selfservice.situations.making import recipe
from selfservice.situations.making.sentences import sentences
from selfservice.situations.stages import stages
from selfservice.situations.templates import environment
from tests.recipes import recipes
from tests.recipes.recipes import complaints

KINDS = ("line", "prose", "choice", "moment", "day", "money", "whole", "phone", "address", "person", "link", "table",
         "timeline", "image", "moments", "days", "lines")  # fmt: skip
ASKED = ("choice", "pick", "line", "prose", "faces", "scale", "photos")
SELF_EVIDENT = ("prose", "timeline", "image")
SIX = recipes.SIX


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def made(draft: dict[str, Any], into: Path) -> Loaded:
    written = recipe.write(Recipe.model_validate(draft), "boiler_visit", into)
    return replace(load_folder(written, registry.shared_words()), is_composed=True)


def drawn(loaded: Loaded, sample: str = "everything", language: str = "en") -> dict[str, str]:
    """Every stage of a sample as a page, by its name."""
    fresh = view_of(loaded, loaded.samples[sample], language, clock.now())
    with registry.trying(loaded):
        return {name: rendering.render_in_full(view) for name, view in stages(loaded, fresh) if view.ask is None}


def test_small_recipe_is_a_type_like_any_other(folder: Path) -> None:
    assert complaints(recipes.small()) == []

    pages = drawn(made(recipes.small(), folder))

    assert "Is somebody at home on" in pages["ask"]
    assert "Yes, I’m here" in pages["ask"]
    assert "Your boiler" in pages["ask"]
    assert "B 17" in pages["ask"]
    assert "When does it suit you?" in pages["ask"]
    assert "See you on" in pages["done_home"]
    assert "You said: A few words." in pages["done_away"]


@pytest.mark.parametrize("kinds", [KINDS[:8], KINDS[8:]], ids=["the first kinds", "the others"])
@pytest.mark.parametrize("is_needed", [True, False], ids=["needed", "may be left out"])
def test_every_kind_of_fact_can_be_known(kinds: tuple[str, ...], is_needed: bool, folder: Path) -> None:
    known = [recipes.fact(kind, is_needed=is_needed) for kind in kinds]
    draft = recipes.small(facts=[*recipes.small()["facts"], *known])

    assert complaints(draft) == []

    loaded = made(draft, folder)
    assert list(loaded.samples) == (["everything"] if is_needed else ["as_little_as_needed", "everything"])
    page = drawn(loaded)["ask"]
    assert [kind for kind in kinds if f"Your {kind}" not in page] == [one for one in kinds if one in SELF_EVIDENT]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fact_can_stand_at_the_top(kind: str, folder: Path) -> None:
    loaded = made(
        recipes.small(facts=[recipes.small()["facts"][0] | {"place": "none"}, recipes.fact(kind, place="top")]), folder
    )

    assert [str(problem) for problem in whole.check(loaded)] == []
    assert drawn(loaded)["ask"]


@pytest.mark.parametrize("kinds", [ASKED[:4], ASKED[4:]], ids=["the first kinds", "the others"])
@pytest.mark.parametrize("is_needed", [True, False], ids=["needed", "may be left out"])
def test_every_kind_of_question_can_be_asked(kinds: tuple[str, ...], is_needed: bool, folder: Path) -> None:
    draft = recipes.asking(*kinds, is_needed=is_needed)

    assert complaints(draft) == []

    page = drawn(made(draft, folder))["ask"]
    assert [kind for kind in kinds if f"Your {kind}" not in page] == []


@pytest.mark.parametrize("kind", ASKED)
def test_question_of_the_only_answer_stands_on_the_first_step(kind: str, folder: Path) -> None:
    loaded = made(recipes.asking(kind), folder)

    assert [str(problem) for problem in whole.check(loaded)] == []
    assert len(loaded.situation.steps) == 2
    assert f"Your {kind}" in drawn(loaded)["ask"]


def test_type_without_anything_known_shows_what_was_answered(folder: Path) -> None:
    draft = recipes.asking("choice", "line")
    draft |= {"facts": [], "ends_at": "", "headline": {"en": "Is it dark?"}, "text": {"en": "{brand}: is it dark?"}}

    assert complaints(draft) == []

    pages = drawn(made(draft, folder))
    assert "It is dark" in pages["done_tell_choice"]


def test_languages_speak_with_our_words_and_what_is_not_translated_is_told() -> None:
    draft = recipes.asking("choice", "line")
    draft["languages"] = list(SIX)

    told = complaints(draft)

    assert {language for _place, language, _sentence in told} == set(SIX) - {"en"}
    assert ("answers.1.button", "es", "It is missing here, and English has it; translate it.") in told
    assert all(place for place, _language, _sentence in told)


def test_translated_type_passes_in_all_languages() -> None:
    assert complaints(recipes.translated(recipes.asking("faces", "pick"))) == []


def test_example_that_cannot_be_read_is_told_at_the_example() -> None:
    known = [*recipes.small()["facts"], recipes.fact("money", example="much"), recipes.fact("phone", example="12")]

    told = complaints(recipes.small(facts=known))

    assert ("facts.2.example", "", "Write an amount and a currency such as 428.00 GBP.") in told

    known[2]["example"] = "12.00 GBP"
    assert [place for place, _language, _sentence in complaints(recipes.small(facts=known))] == ["facts.3.example"]


def test_check_compares_with_a_fact_that_the_page_does_not_show() -> None:
    year = recipes.fact("whole", key="born", label="Year of birth", example="1980", place="none")
    asking = {"check": "birth_year", "check_fact": "born", "text": {"en": "{brand}: one question"}}

    assert complaints(recipes.small(facts=[*recipes.small()["facts"], year], **asking)) == []

    shown = {**year, "place": "row"}
    told = complaints(recipes.small(facts=[*recipes.small()["facts"], shown], **asking))
    sentence = "The page shows “Year of birth”, so it cannot be asked; take it off the page."
    assert told == [("check_fact", "", sentence)]

    told = complaints(recipes.small(facts=[*recipes.small()["facts"], year], **{**asking, "text": {"en": "{at:time}"}}))
    assert [place for place, _language, _sentence in told] == ["text"]


def test_hostile_texts_stay_texts(folder: Path) -> None:
    hostile = '<script>alert(1)</script> "quoted" \\ {{{{ 7*7 }}}} {{% endblock %}} #"""\'\'\''
    draft = recipes.small(pill={"en": hostile}, readme=hostile.replace("{", "(").replace("}", ")") + '\n"""')
    draft["facts"][1] |= {"label": 'It\'s "so" \\ here', "hint": "'''", "words": {"en": '"""'}}

    loaded = made(draft, folder)
    page = drawn(loaded)["ask"]

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7*7 }} {% endblock %}" in page
    assert loaded.fields()[1].label == 'It\'s "so" \\ here'
    assert "49" not in page.partition("<body")[2].partition("<script>")[0].replace(loaded.key, "")


def test_looking_at_a_draft_leaves_the_templates_of_other_pages_as_they_are() -> None:
    complaints(recipes.small())
    there = environment("en")
    compiled = dict(there.cache or {})

    assert complaints(recipes.small(name="Another")) == []

    assert environment("en") is there
    assert compiled
    assert dict(there.cache or {}) == compiled


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\ud800b"])
def test_characters_that_cannot_be_written_are_refused(text: str) -> None:
    told = complaints(recipes.small(headline={"en": text}))

    assert [place for place, _language, _sentence in told] == ["headline"]


def test_languages_and_keys_that_nothing_can_be_made_of_are_refused() -> None:
    small = recipes.small()
    fact, ask = {**small["facts"][1], "key": "model_config"}, {**small["answers"][1]["ask"], "key": "copy"}
    answers = [small["answers"][0], {**small["answers"][1], "line": {}, "ask": ask}]

    told = complaints({**small, "languages": ["en", "../es"], "facts": [small["facts"][0], fact], "answers": answers})

    assert [place for place, _language, _sentence in told] == ["languages.1", "facts.1.key", "answers.1.ask.key"]


def test_what_is_the_same_on_every_page_need_not_be_typed_again(folder: Path) -> None:
    rules = recipes.fact("link", key="rules", is_needed=False, usual="https://example.com/rules", example="")
    fee = recipes.fact("money", key="fee", is_needed=False, usual="5.00 GBP")
    draft = recipes.small(body={"en": "Bring your card.\nWe ring twice."})
    draft["facts"] += [rules, fee]

    assert complaints(draft) == []

    page = drawn(made(draft, folder), "as_little_as_needed")["ask"]
    assert "<p><bdi>Bring your card.</bdi></p><p><bdi>We ring twice.</bdi></p>" in page
    assert 'href="https://example.com/rules"' in page
    assert "£5.00" in page


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "money", "usual": "much"}, ("facts.2.usual", "Write an amount and a currency such as 428.00 GBP.")),
        ({"kind": "phone", "usual": "12"}, ("facts.2.usual", "The fee:")),
        ({"usual": "x", "is_needed": True}, ("facts.2.usual", "Only what may be left empty has a usual value")),
        ({"kind": "day", "usual": "2026-11-24"}, ("facts.2.usual", "Only what may be left empty has a usual value")),
    ],
)
def test_usual_value_that_cannot_be_one_is_refused(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    fee = {**recipes.fact("line", key="fee", label="The fee", is_needed=False), **changes}
    draft = recipes.small()
    draft["facts"].append(fee)

    [(place, _language, sentence)] = complaints(draft)

    assert (place, sentence[: len(expected[1])]) == expected


@pytest.mark.parametrize(
    ("language", "most", "expected"),
    [
        ("en", 1, "You can send one photo. Leave the others out."),
        ("en", 3, "You can send up to 3 photos. Leave some out."),
        ("es", 1, "Puede enviar una foto. Quite las demás."),
        ("ar", 2, "يمكنك إرسال صورتين على الأكثر. أزل البقية."),
        ("ar", 3, "يمكنك إرسال 3 صور على الأكثر. أزل بعضها."),
        ("pl", 2, "Zmieszczą się najwyżej 2 zdjęcia. Usuń któreś."),
        ("pl", 5, "Zmieści się najwyżej 5 zdjęć. Usuń któreś."),
        ("zh", 1, "最多可以发送 1 张照片。请移除几张。"),
        ("hi", 1, "आप एक फ़ोटो भेज सकते हैं। बाकी हटा दें।"),
    ],
)
def test_photos_are_counted_as_in_the_language(language: str, most: int, expected: str) -> None:
    draft = Recipe.model_validate(recipes.asking("photos", most=most))

    assert sentences(draft, language)["problems.given_photos_many"] == expected


@pytest.mark.parametrize(
    ("most", "expected"), [(8, "8 أحرف"), (80, "80 حرفًا"), (0, "300 حرف"), (1, "حرف واحد"), (2, "حرفين")]
)
def test_letters_are_counted_as_in_arabic(most: int, expected: str) -> None:
    draft = Recipe.model_validate(recipes.asking("prose", most=most))

    assert sentences(draft, "ar")["problems.given_prose_long"].endswith(f" {expected}.")
