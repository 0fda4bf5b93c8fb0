"""Notifications: what a phone shows of a page that was not asked for, in the shape of Declarative Web Push; pure.

A type that asks who looks says nothing of the page before that: its sentences are given no facts, no answers and no
name, and where one names them all the same, the words of every page are said instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from selfservice.kit import Action, Do, Situation
from selfservice.kit.locales import tag
from selfservice.kit.words import NAMED, Words, pieces
from selfservice.situations import registry
from selfservice.situations.loading import Loaded
from selfservice.situations.speaking import RIGHT_TO_LEFT, Speaker
from selfservice.situations.view import View

SHAPE = 8030
"""What marks a push as declarative: the number of the RFC of web push itself."""

MOST_ACTIONS = 2
"""Chromium shows two buttons, others fewer; the device leaves out what it has no room for."""

MOST_BYTES = 3993
"""What fits into a push."""

Saying = Literal["body", "updated", "reminder", "gone"]
"""What is told of a page: that it is there, that its facts have changed, that it still waits for an answer, that others
have taken what it offers.
"""

SAYINGS: tuple[Saying, ...] = get_args(Saying)
TITLE = "push.title"
_SHOWN = (TITLE, "email.subject", *(f"{table}.{saying}" for table in ("push", "email") for saying in SAYINGS))
"""What is said before anybody has opened the page."""

_TOLD_LATER = ("saved", "sent", "failed", "open")
"""What the worker says of an answer given from a notification, under `push.` of the words."""


@dataclass(frozen=True)
class Offered:
    """A button of a notification: the action, its words, the step where the page has it."""

    action: str
    label: str
    step: str


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What only the sender of one notification knows.

    `tag` is the page's id; `answers` maps each action that is offered to its token and the key that makes it one
    answer however often it is sent; `badge` is how many pages wait on the device.
    """

    tag: str
    link: str
    receipt: str
    answers: Mapping[str, tuple[str, str]]
    badge: int


def offered(view: View, loaded: Loaded) -> list[Offered]:
    """The answers that can be given from a notification of this page, as it stands.

    Never one that has a form, or before which somebody is asked who they are.
    """
    if view.state not in ("scheduled", "open"):
        return []
    say = speaker(view, loaded)
    found: dict[str, Offered] = {}
    for step in loaded.situation.reachable(view.step, view.facts):
        for button in loaded.situation.visible(step, view.facts):
            action = loaded.situation.action(button.action) if isinstance(button, Do) else None
            if action is not None and action.key not in found and may_be_offered(action, loaded.situation):
                label = say.find(f"push.{action.key}") or say(f"buttons.{button.words}")
                found[action.key] = Offered(action.key, label, step.key)
    return list(found.values())[:MOST_ACTIONS]


def compose(view: View, loaded: Loaded, sending: Sending, *, saying: Saying = "body") -> dict[str, Any]:
    """The payload of one push."""
    say = speaker(view, loaded)
    buttons = [button for button in offered(view, loaded) if button.action in sending.answers]
    notification = {
        "title": say(TITLE),
        "body": say(f"push.{saying}"),
        "lang": tag(view.language),
        "dir": "rtl" if view.language in RIGHT_TO_LEFT else "ltr",
        "tag": sending.tag,
        "navigate": sending.link,
        "silent": False,
        "actions": [
            {"action": button.action, "title": button.label, "navigate": f"{sending.link}?step={button.step}"}
            for button in buttons
        ],
        "data": {
            "v": 1,
            "receipt": sending.receipt,
            "answers": {button.action: _answer(button, sending, view.revision) for button in buttons},
            "words": {word: say(f"push.{word}") for word in _TOLD_LATER},
        },
    }
    return {"web_push": SHAPE, "notification": notification, "app_badge": str(sending.badge)}


def may_be_offered(action: Action, situation: Situation) -> bool:
    """Whether an action can be done from a notification: declared so, without a form, and nobody is asked before it."""
    if not action.in_notification or action.form.model_fields:
        return False
    return action.needs_no_check or not (situation.is_guarded or action.check)


def asks_who(situation: Situation) -> bool:
    """Whether a page of this type may ask who looks at it or who answers: then its notifications tell nothing."""
    return situation.is_guarded or bool(situation.checks)


def words_of(payload: Mapping[str, Any]) -> str:
    """What a person reads of a payload."""
    notification = payload["notification"]
    return f"{notification['title']}\n{notification['body']}"


def size_of(payload: Mapping[str, Any]) -> int:
    """How many bytes a payload has before it is encrypted."""
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


def _answer(button: Offered, sending: Sending, revision: int) -> dict[str, Any]:
    token, key = sending.answers[button.action]
    return {"url": f"/a/{token}", "key": key, "revision": revision, "said": button.label}


def speaker(view: View, loaded: Loaded) -> Speaker:
    """Says what may be told of a page to whoever holds the phone, or reads over a shoulder."""
    # Foreign words inside a right-to-left line are for the phone to put in order: it knows what it draws with.
    words = loaded.words[view.language]
    if not asks_who(loaded.situation):
        return Speaker(words, view.values(), view.reader)
    return Speaker(_discreet(words), view.blind(ending="").values(), view.reader)


def _discreet(words: Words) -> Words:
    """The words of a type that asks who looks, with those of every page in place of any that would tell too much."""
    shared: Mapping[str, str] = registry.shared_words().get(words.language, {})
    # No page has a reminder of its own to fall back on.
    others = {key: key if key in shared else f"{key.partition('.')[0]}.body" for key in _SHOWN}
    telling = {key: shared[other] for key, other in others.items() if other in shared and not is_discreet(words, key)}
    return Words(words.language, {**words, **telling})


def is_discreet(words: Words, key: str) -> bool:
    """Whether the sentence under `key` names nothing that is known of the page or of its customer alone."""
    named = {path[0] for form in (key, key + NAMED) if form in words for _, path, _ in pieces(words[form]) if path}
    return named <= _OPEN


_OPEN = frozenset({"brand", "team", "until", "phone", "host"})
