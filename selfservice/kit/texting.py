"""What people text: one spelling for all ways of writing a word, and the words that mean the same on every page.

The words are data (`texting.toml`); what a page type's own answers are called stands in its copy files.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

Command = Literal["stop", "start", "help", "more"]
COMMANDS: tuple[Command, ...] = get_args(Command)

FILE = Path(__file__).with_suffix(".toml")
_COURTESY = "courtesy"
_DOUBTFUL = "doubtful"

# Letters that Unicode keeps apart and hurried people do not.
_SAME = str.maketrans(
    {"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "ss", "ٱ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ँ": "ं"}
)
_APOSTROPHES = frozenset("'’‘ʼ`´′＇")
_SILENT = frozenset("ـ\u093c")
"""Arabic's tatweel and Devanagari's nukta: left out as often as written."""


def spelt(text: str) -> str:
    """The words of a text in one spelling, a space between: small letters, no marks, no accents, plain digits.

    Compatibility forms (full-width letters) become ordinary ones, Arabic loses its vowel signs and hamzas.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_SAME)
    return " ".join("".join(_kept(character) for character in folded).split())


def find_command(text: str) -> Command | None:
    """What a text asks for if it says that and nothing else, courtesy aside; None for everything else."""
    meanings = _meanings()
    return next((meanings[said] for said in readings(text) if said in meanings), None)


def readings(text: str) -> tuple[str, ...]:
    """The ways to read a text as a word: as it stands, and without courtesy and repetition."""
    words = spelt(text).split()
    whole, core = " ".join(words), " ".join(_once(_bare(words)))
    return tuple(dict.fromkeys(said for said in (whole, core) if said))


def mentions_stop(text: str) -> bool:
    """Whether a word for stop, or several, stand in a text, which may mean something else by it."""
    padded = f" {spelt(text)} "
    return any(meaning == "stop" and _stands_in(said, padded) for said, meaning in _meanings().items())


def is_doubtful(text: str) -> bool:
    """Whether a text that means stop may mean what a page asks about: to cancel an appointment, say."""
    doubtful = {spelt(word) for words in _table()[_DOUBTFUL].values() for word in words}
    return any(said in doubtful for said in readings(text))


def list_words(command: Command) -> Mapping[str, Sequence[str]]:
    """The words that mean `command`, as they are written, by language."""
    return cast(Mapping[str, Sequence[str]], _table()[command])


def _stands_in(said: str, padded: str) -> bool:
    """Chinese puts no space between its words; a single sign of it stands in too many others."""
    has_no_spaces = len(said) > 1 and "\u4e00" <= said[0] <= "\u9fff"
    return (said if has_no_spaces else f" {said} ") in padded


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Me") or character in _SILENT or character in _APOSTROPHES or _is_mark(character):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return character if category[0] in "LM" else " "


def _is_mark(character: str) -> bool:
    """Accents, Arabic vowel signs and what chooses a sign's look; Devanagari's vowels are letters to its readers."""
    return unicodedata.category(character) == "Mn" and not "\u0900" <= character <= "\u097f"


def _bare(words: list[str]) -> list[str]:
    """The words without the courtesy before and after; all of them if nothing else is said."""
    rest = words
    while rest:
        phrase = next((phrase for phrase in _courtesies() if _edge(rest, phrase)), None)
        if phrase is None:
            return rest
        rest = rest[len(phrase) :] if _edge(rest, phrase) == "before" else rest[: -len(phrase)]
    return words


def _edge(words: list[str], phrase: tuple[str, ...]) -> str:
    if tuple(words[: len(phrase)]) == phrase:
        return "before"
    return "after" if tuple(words[-len(phrase) :]) == phrase else ""


def _once(words: list[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        if place == 0 or word != words[place - 1]:
            yield word


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _meanings() -> dict[str, Command]:
    return {spelt(word): command for command in COMMANDS for words in list_words(command).values() for word in words}


@cache
def _courtesies() -> tuple[tuple[str, ...], ...]:
    """The longest first."""
    phrases = {tuple(spelt(phrase).split()) for words in _table()[_COURTESY].values() for phrase in words}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
