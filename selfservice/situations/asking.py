"""Asking: what a page shows while it does not know yet that the right person looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from selfservice.kit import Action, Do, Facts, Situation
from selfservice.kit.checks import CheckKind

Code = Literal["", "sent", "over"]
TYPED = "typed"
"""The one field of a check."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What has to be shown first, and how that stands.

    `tries_left` is None as long as no try was wrong. `code` is "sent" while a texted code can be typed in, "over" when
    the last one can no longer be; `can_send` says whether another may be texted, `is_resting` that
    its number has had all that it gets in an hour. `action` is the answer that waits for
    it, with what its `form` held, or empty if it is the page itself; `words` is where the words of its button stand.
    `protective` are the answers that may be given all the same.
    """

    kind: CheckKind
    is_locked: bool = False
    tries_left: int | None = None
    code: Code = ""
    can_send: bool = False
    is_resting: bool = False
    action: str = ""
    words: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    protective: tuple[Do, ...] = ()


def words_of(situation: Situation, action_key: str, step: str, facts: Facts) -> str:
    """What the button says that began an answer; only of an action that asks by itself, whose words tell nothing."""
    action = situation.action(action_key)
    if action is None or action.check is None:
        return ""
    return next((button.words for button in _answers(situation, step, facts) if button.action == action_key), "")


def protective_answers(situation: Situation, step: str, facts: Facts) -> tuple[Do, ...]:
    """The answers that need no check and no form, as far as the page could be given them now."""
    found: dict[str, Do] = {}
    for button in _answers(situation, step, facts):
        action = situation.action(button.action)
        if action is not None and _is_plain_protection(action):
            found.setdefault(button.action, button)
    return tuple(found.values())


def _answers(situation: Situation, step: str, facts: Facts) -> Iterator[Do]:
    for reached in situation.reachable(step, facts):
        yield from (button for button in situation.visible(reached, facts) if isinstance(button, Do))


def _is_plain_protection(action: Action) -> bool:
    return action.needs_no_check and not action.form.model_fields
