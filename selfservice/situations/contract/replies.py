"""Checks of answers by text: words that mean one action each and nothing else, and a question that names them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from selfservice.errors import ConfigError
from selfservice.kit import texting
from selfservice.kit.words import Words, pieces
from selfservice.situations.contract.places import line_for, line_of
from selfservice.situations.contract.wording import copy_file
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.replying import QUESTION, TABLE, reply_words


def check(loaded: Loaded) -> Iterator[Problem]:
    """All that is wrong with the words that a type's actions are named by in texts."""
    for language in loaded.languages:
        words = Words.load(copy_file(loaded, language))
        yield from _words(words, loaded, copy_file(loaded, language))
        if loaded.situation.asks_in_text:
            yield from _question(words, copy_file(loaded, language))


def _words(words: Words, loaded: Loaded, file: Path) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for action, listed in reply_words(words):
        key = TABLE + action
        line = line_of(file, key)
        if loaded.situation.action(action) is None:
            yield Problem(file, line, f"{key} names no action of this type; take it out or correct its name.")
        for word in listed:
            said = texting.spelt(word)
            meaning = texting.find_command(word)
            if not said:
                yield Problem(file, line, f"{key} has an empty place between its commas; take it out.")
            elif meaning is not None:
                sentence = f"{key} has {word!r}, which means {meaning} on every page; use another word."
                yield Problem(file, line, sentence)
            elif owners.setdefault(said, action) != action:
                sentence = f"{key} has {word!r}, which {TABLE}{owners[said]} has too; give it to one of them."
                yield Problem(file, line, sentence)


def _question(words: Words, file: Path) -> Iterator[Problem]:
    question = words.get(QUESTION)
    if question is None:
        yield Problem(
            file, line_for(file, QUESTION), f"{QUESTION} is missing, and this type asks in the text; write it."
        )
        return
    line = line_of(file, QUESTION)
    try:
        names_link = any(path == ("link",) for _, path, _ in pieces(question))
    except (ValueError, ConfigError):
        return  # Told by the wording.
    if names_link:
        yield Problem(file, line, f"{QUESTION} holds {{link}}, and its point is to have none; take it out.")
    asked = dict(reply_words(words))
    if not asked:
        yield Problem(file, line, f"{QUESTION} asks, and no [reply_words] say what an answer means; write them.")
    told = f" {texting.spelt(question)} "
    for action, listed in asked.items():
        if not any(texting.spelt(word) in told for word in listed[:1]):
            sentence = f"{QUESTION} does not say {listed[0]!r}, the first word for {action}; say it."
            yield Problem(file, line, sentence)
