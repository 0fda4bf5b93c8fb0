"""Checks of what a phone shows: words that fit into a push in every language and sample, and that tell no secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from selfservice.errors import AppError
from selfservice.kit.words import Words
from selfservice.situations import notifying
from selfservice.situations.contract import specimens
from selfservice.situations.contract.places import line_naming, line_of
from selfservice.situations.contract.wording import BUTTON_WORDS, copy_file
from selfservice.situations.loading import Loaded
from selfservice.situations.notifying import MOST_BYTES, SAYINGS, TITLE, Sending
from selfservice.situations.problem import Problem

RECEIPT = "0" * 34
KEY = "00000000-0000-4000-8000-000000000000"
_SAID = (*SAYINGS, "saved", "sent", "failed", "open")
_OF_EVERY_TYPE = frozenset({TITLE, *(f"push.{word}" for word in _SAID)})


def check(loaded: Loaded, now: datetime) -> Iterator[Problem]:
    """All that is wrong with a type's notifications."""
    yield from _actions(loaded)
    for language in loaded.languages:
        yield from _words(loaded, Words.load(copy_file(loaded, language)))
        yield from _sizes(loaded, language, now)


def _actions(loaded: Loaded) -> Iterator[Problem]:
    file = loaded.folder / "situation.py"
    for action in loaded.situation.actions:
        if action.in_notification and action.form.model_fields:
            sentence = f"The action {action.key} asks for a form, which no notification has; take in_notification out."
            yield Problem(file, line_naming(file, action.key), sentence)
        elif action.in_notification and not notifying.may_be_offered(action, loaded.situation):
            sentence = (
                f"The action {action.key} is offered in notifications, but somebody is asked who they are before it; "
                "take in_notification out."
            )
            yield Problem(file, line_naming(file, action.key), sentence)


def _words(loaded: Loaded, own: Words) -> Iterator[Problem]:
    file = copy_file(loaded, own.language)
    for key in own:
        if not key.startswith("push."):
            continue
        action = loaded.situation.action(key.removeprefix("push."))
        if key not in _OF_EVERY_TYPE and not (action and action.in_notification):
            yield Problem(file, line_of(file, key), f"{key} is said in no notification; take it out or correct it.")
        elif key not in _OF_EVERY_TYPE and len(own[key].split()) > BUTTON_WORDS:
            yield Problem(file, line_of(file, key), f"{key} is a button; at most {BUTTON_WORDS} words fit.")
        elif notifying.asks_who(loaded.situation) and not notifying.is_discreet(own, key):
            sentence = f"{key} names what only the customer may know, and a phone shows it to anybody; say it without."
            yield Problem(file, line_of(file, key), sentence)


def _sizes(loaded: Loaded, language: str, now: datetime) -> Iterator[Problem]:
    file = copy_file(loaded, language)
    for sample in loaded.samples.values():
        try:
            view = specimens.view_of(loaded, sample, language, now)
        except AppError:
            continue  # Told by the rehearsal.
        answers = {button.action: (RECEIPT + button.action, KEY) for button in notifying.offered(view, loaded)}
        sending = Sending(tag="0" * 11, link=specimens.LINK, receipt=RECEIPT, answers=answers, badge=99)
        for saying in (one for one in SAYINGS if f"push.{one}" in loaded.words[language]):
            size = notifying.size_of(notifying.compose(view, loaded, sending, saying=saying))
            if size > MOST_BYTES:
                sentence = f"The notification of {sample.name} has {size} bytes, {MOST_BYTES} fit; shorten its words."
                yield Problem(file, line_of(file, f"push.{saying}"), sentence)
