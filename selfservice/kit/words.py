"""Words: the copy files (TOML, one a language) and their placeholders; every word a customer reads comes from here.

A placeholder names a fact (`{at:weekday}`), a form of an action done (`{move.slot:time}`) or one of the standard values
(`{name}`, `{brand}`, ...); behind the colon stands one of `formats.FORMATS`. A sentence that uses `{name}` is kept
under its key with `_named` added and is used where the name is known. A sentence that changes with a number is a table
of its forms, those that CLDR has for the language (`one`, `few`, ...; `other` in each), chosen by the value `count`:

    [check.tries]
    one = "You have one try left."
    other = "You have {count} tries left."
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from selfservice.errors import BrokenFile
from selfservice.kit.facts import Facts
from selfservice.kit.formats import FORMATS, Reader
from selfservice.kit.locales import locale
from selfservice.kit.tracing import call

NAMED = "_named"
COUNT = "count"
OTHER = ".other"
PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
_FORMATTER = string.Formatter()
_HIDDEN = re.compile(r"\[|(^|\.)_")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


class Words(Mapping[str, str]):
    """The sentences of one copy file, flat: `steps.ask.headline`."""

    def __init__(self, language: str, sentences: Mapping[str, str]) -> None:
        self.language = language
        self._sentences = dict(sentences)

    @classmethod
    def load(cls, path: Path) -> Words:
        """Read one copy file; raises BrokenFile with the line."""
        try:
            text = path.read_text(encoding="utf-8")
            table = tomllib.loads(text)
        except OSError as error:
            raise BrokenFile(path, None, f"It cannot be read ({error.strerror}); write the copy file.") from None
        except UnicodeDecodeError:
            raise BrokenFile(path, None, "It is not UTF-8; save it as UTF-8.") from None
        except tomllib.TOMLDecodeError as error:
            raise BrokenFile(path, *_place_in_toml(str(error), text)) from None
        return cls(path.stem, dict(_flatten(table, path)))

    def __getitem__(self, key: str) -> str:
        return self._sentences[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sentences)

    def __len__(self) -> int:
        return len(self._sentences)

    @property
    def own_name(self) -> str:
        """What those who speak the language call it: Español."""
        return self.get(f"languages.{self.language}", self.language)

    def over(self, shared: Words) -> Words:
        """These words, with the shared ones where these say nothing."""
        return Words(self.language, {**shared._sentences, **self._sentences})

    def pick(self, key: str, *, named: bool) -> str:
        """The sentence under `key`, its `_named` form if a name is known; raises KeyError."""
        if named:
            special = self._sentences.get(key + NAMED)
            if special is not None:
                return special
        return self._sentences[key]

    def say(self, key: str, values: Mapping[str, Any], reader: Reader) -> str:
        """The sentence under `key` with its placeholders filled; raises KeyError for one that nobody gives."""
        if key + OTHER in self._sentences:
            return call(self._count, key, values, reader)
        sentence = self.pick(key, named=bool(values.get("name")))
        return call(fill, sentence, values, reader) if "{" in sentence or "}" in sentence else sentence

    def form(self, key: str, count: int) -> str:
        """The form for so many of a sentence that changes with a number, its placeholders as they are."""
        form = locale(self.language).plural_form(count)
        # Spanish has a form for millions that nobody here needs to write.
        return self._sentences.get(f"{key}.{form}", self._sentences[key + OTHER])

    def _count(self, key: str, values: Mapping[str, Any], reader: Reader) -> str:
        return fill(self.form(key, values[COUNT]), values, reader)


@cache
def forms_of(language: str) -> frozenset[str]:
    """The forms (CLDR) that a sentence has in a language for whole numbers: `one` and `other` in English."""
    choose = locale(language).plural_form
    return frozenset({*(choose(number) for number in range(200)), "other"})


def counted(words: Mapping[str, str], key: str) -> str:
    """The sentence that `key` is one form of: `check.tries` for `check.tries.one`; empty if it is none."""
    sentence, _, form = key.rpartition(".")
    return sentence if form in PLURALS and sentence + OTHER in words else ""


@lru_cache(maxsize=8192)
def pieces(sentence: str) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """(text, path of the placeholder after it, format) for each part of a sentence; the path is empty at the end.

    Raises ValueError for a placeholder that cannot be read or leads inside Python, and a format that does not exist.
    """
    found = []
    for text, name, form, conversion in _FORMATTER.parse(sentence):
        if conversion or _HIDDEN.search(name or ""):
            raise ValueError(
                f"The placeholder {{{name}}} may hold names, dots and a format only, and no name begins with _."
            )
        if name is not None and (form or "") not in FORMATS:
            raise ValueError(f"There is no format {form!r}; use one of {', '.join(sorted(FORMATS))[2:]}.")
        found.append((text, tuple(name.split(".")) if name else (), form or ""))
    return tuple(found)


def fill(sentence: str, values: Mapping[str, Any], reader: Reader) -> str:
    """A sentence with its placeholders filled; raises KeyError naming one that has no value."""
    filled = ""
    for text, path, form in pieces(sentence):
        filled += text
        if path:
            value = values[path[0]] if len(path) == 1 else _look_up(values, path)
            # Most placeholders are texts as they are.
            filled += FORMATS[form](value, reader) if form or type(value) is not str else value
    return filled


@lru_cache(maxsize=256)
def names_of(facts: type[Facts]) -> frozenset[str]:
    """What a placeholder may name of a type's facts: each fact, and each property that the type works out from them."""
    derived = (name for name, member in vars(facts).items() if isinstance(member, property))
    return frozenset((*facts.model_fields, *derived))


def values_of(facts: Facts) -> dict[str, Any]:
    """The values of all that a placeholder may name of these facts."""
    return {name: getattr(facts, name) for name in names_of(type(facts))}


def _look_up(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value = values[path[0]]
    for name in path[1:]:
        value = getattr(value, name)
    return value


def _place_in_toml(complaint: str, text: str) -> tuple[int, str]:
    """The line that a complaint of tomllib is about, and what to do there."""
    found = _TOML_PLACE.search(complaint)
    what = _TOML_PLACE.sub("", complaint)
    line = int(found[1]) if found and found[1] else text.rstrip("\n").count("\n") + 1
    return line, f"It is not valid TOML: {what[:1].lower()}{what[1:]}; mend this line or the one before."


def _flatten(table: Mapping[str, Any], path: Path, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, path, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise BrokenFile(path, None, f"{prefix}{key} is not a text; put it in quotes.")
