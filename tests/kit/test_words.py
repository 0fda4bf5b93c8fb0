"""Copy files: reading them, and filling their sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import ConfigError
from selfservice.kit import Facts, Form, Line, Moment, fact, pick
from selfservice.kit.formats import Reader
from selfservice.kit.words import Words, fill, forms_of, names_of, pieces, values_of

READER = Reader("en", ZoneInfo("Europe/London"), datetime(2026, 11, 21, 9, tzinfo=UTC), "GB")
AT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)


class Visit(Facts):
    at: Moment = fact("When", default=AT)
    person: Line = fact("Who", default="Dr Okafor")

    @property
    def title(self) -> str:
        """Worked out from another fact."""
        return self.person.upper()


class Move(Form):
    slot: Moment = pick("offered")


def write(folder: Path, text: str, name: str = "en.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_sentences_are_flat_and_their_own_come_before_shared_ones(tmp_path: Path) -> None:
    own = Words.load(write(tmp_path, 'title = "Own"\n[steps.ask]\nheadline = "Coming?"\n'))
    shared = Words("en", {"title": "Shared", "buttons.change": "Change"})

    assert dict(own.over(shared)) == {"title": "Own", "steps.ask.headline": "Coming?", "buttons.change": "Change"}
    assert own.language == "en"


def test_sentence_greets_by_name_where_the_name_is_known() -> None:
    words = Words("en", {"hello": "Hello", "hello_named": "Hello {name}"})

    assert words.say("hello", {"name": "Maria"}, READER) == "Hello Maria"
    assert words.say("hello", {"name": ""}, READER) == "Hello"


TRIES = {
    "en": {"one": "{count} try", "other": "{count} tries"},
    "pl": {"one": "{count} próba", "few": "{count} próby", "many": "{count} prób", "other": "{count} próby"},
    "ar": {
        "zero": "لا محاولات",
        "one": "محاولة واحدة",
        "two": "محاولتان",
        "few": "{count} محاولات",
        "many": "{count} محاولة",
        "other": "{count} محاولة",
    },
    "zh": {"other": "{count} 次"},
    "hi": {"one": "{count} बार", "other": "{count} बार"},
}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["0 tries", "1 try", "2 tries", "5 tries", "22 tries"]),
        ("pl", ["0 prób", "1 próba", "2 próby", "5 prób", "22 próby"]),
        ("ar", ["لا محاولات", "محاولة واحدة", "محاولتان", "5 محاولات", "22 محاولة"]),
        ("zh", ["0 次", "1 次", "2 次", "5 次", "22 次"]),
        ("hi", ["0 बार", "1 बार", "2 बार", "5 बार", "22 बार"]),
    ],
)
def test_sentence_counts_as_its_language_does(language: str, said: list[str]) -> None:
    words = Words(language, {f"tries.{form}": sentence for form, sentence in TRIES[language].items()})

    assert [words.say("tries", {"count": count}, READER) for count in (0, 1, 2, 5, 22)] == said


def test_forms_of_a_language_are_those_that_whole_numbers_take() -> None:
    assert {language: forms_of(language) for language in TRIES} == {
        language: frozenset(forms) for language, forms in TRIES.items()
    }
    assert forms_of("es") == {"one", "other"}


def test_placeholders_name_facts_properties_and_forms() -> None:
    values = {**values_of(Visit()), "move": Move(slot=AT)}

    said = fill("{title} {at:weekday} {move.slot:time} {{}}", values, READER)

    assert said == "DR OKAFOR Tuesday 10:20 am {}"
    assert names_of(Visit) == {"at", "person", "title"}


def test_value_is_never_read_as_a_placeholder() -> None:
    assert fill("{person}", {"person": "{at} <b>"}, READER) == "{at} <b>"


def test_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="where"):
        fill("At {where}", {}, READER)


@pytest.mark.parametrize("sentence", ["{at!r}", "{at[0]}", "{at.__class__}", "{_at}", "{at:yearly}", "{at", "at}"])
def test_sentence_that_cannot_be_filled_is_refused(sentence: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pieces(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("title = ", "is not valid TOML"),
        ("title = 5", "title is not a text; put it in quotes"),
        ("[steps]\nask = ['x']", "steps.ask is not a text; put it in quotes"),
    ],
)
def test_copy_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(ConfigError, match=sentence) as caught:
        Words.load(path)

    assert str(path) in caught.value.message


def test_missing_copy_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"es\.toml: It cannot be read .*; write the copy file"):
        Words.load(tmp_path / "es.toml")
