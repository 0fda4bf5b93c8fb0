"""Answers by text: what each type's words mean, and what the contract says of words that could be misunderstood."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from selfservice.kit import texting
from selfservice.situations import replying
from selfservice.situations.contract import replies
from selfservice.situations.loading import load_folder, load_shared
from selfservice.situations.registry import BUILT_IN, Registry

FRAUD = "fraud_alert"
NO = 'no = "NO, N, 2'
QUESTION = "Reply NO or YES."


def problems(folder: Path) -> list[str]:
    return [one.sentence for one in replies.check(load_folder(folder, load_shared(BUILT_IN / "words")))]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the fraud alert to be broken."""
    return Path(shutil.copytree(BUILT_IN / FRAUD, tmp_path / "broken"))


def replace(folder: Path, old: str, new: str) -> None:
    file = folder / "copy" / "en.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("key", "language", "text", "action"),
    [
        *((FRAUD, "en", "NO", "no"), (FRAUD, "en", "no, it wasn't me!", "no"), (FRAUD, "es", "SÍ", "yes")),
        *(
            (FRAUD, "pl", "Tak", "yes"),
            (FRAUD, "ar", "لا", "no"),
            (FRAUD, "zh", "否", "no"),
            (FRAUD, "hi", "हाँ", "yes"),
        ),
        # The page's language first, any other that leaves no doubt after it.
        *((FRAUD, "zh", "no", "no"), (FRAUD, "en", "sí", "yes"), (FRAUD, "en", "maybe", None)),
        *(("appointment_reminder", "en", "C", "confirm"), ("order_status", "en", "Day", "change_day")),
    ],
)
def test_a_text_names_an_action(registry: Registry, key: str, language: str, text: str, action: str | None) -> None:
    found = replying.find_action(registry.get(key), language, text)

    assert (found.key if found else None) == action


def test_no_word_of_any_type_means_stop_in_any_language(registry: Registry) -> None:
    for loaded in registry:
        for words in loaded.words.values():
            named = [word for _, listed in replying.reply_words(words) for word in listed]
            assert [word for word in named if texting.find_command(word)] == []


def test_every_type_as_it_is_has_nothing_to_mend(registry: Registry) -> None:
    assert [one.sentence for loaded in registry for one in replies.check(loaded)] == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (NO, 'no = "NO, STOP, 2', "reply_words.no has 'STOP', which means stop on every page; use another word."),
        (NO, 'no = "NO, baja, 2', "reply_words.no has 'baja', which means stop on every page; use another word."),
        (NO, 'no = "NO, Help, 2', "reply_words.no has 'Help', which means help on every page; use another word."),
        (NO, 'no = "NO, 1, 2', "reply_words.yes has '1', which reply_words.no has too; give it to one of them."),
        (NO, 'no = "NO, , 2', "reply_words.no has an empty place between its commas; take it out."),
        (NO, 'nope = "NO, N, 2', "reply_words.nope names no action of this type; take it out or correct its name."),
        (QUESTION, "Answer {link}", "sms.question holds {link}, and its point is to have none; take it out."),
        (QUESTION, "Reply NO.", "sms.question does not say 'YES', the first word for yes; say it."),
    ],
)
def test_a_word_that_could_be_misunderstood_is_told(broken: Path, old: str, new: str, sentence: str) -> None:
    replace(broken, old, new)

    assert sentence in problems(broken)


def test_a_question_that_is_missing_is_told(broken: Path) -> None:
    replace(broken, "question = ", "other = ")

    assert "sms.question is missing, and this type asks in the text; write it." in problems(broken)
