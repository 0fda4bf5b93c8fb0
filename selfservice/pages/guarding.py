"""Guarding: what somebody sees who has not shown who they are, or who said that a page is not theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from selfservice import clock
from selfservice.customers import queries as customers
from selfservice.kit import Action, Facts, Situation
from selfservice.kit.checks import CheckKind
from selfservice.pages import checks, sight
from selfservice.pages.check_states import MOST_TRIES
from selfservice.pages.models import Check, Page
from selfservice.situations import registry
from selfservice.situations.asking import Ask, Code, protective_answers, words_of
from selfservice.situations.view import View

Who = Callable[[], int | None]
"""Gives the id of the device that asks, if it is known; not called for pages that ask nobody."""

SHOWN = frozenset({"open", "answered"})


def nobody() -> None:
    """No device at all."""
    return


def is_let_in(page: Page, device_id: int | None) -> bool:
    """Whether this device would be shown the page."""
    if page.disowned_at is not None:
        return False
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None or not loaded.situation.is_guarded:
        return True
    facts = sight.facts_of(loaded, page.facts, page.version)
    return checks.missing_at_door(page.id, loaded.situation, facts, device_id) is None


def touch(page: Page, device_id: int) -> None:
    """A sign of life on a device: what was passed there for a sensitive page goes on holding."""
    loaded = registry.current().find(page.situation, page.version)
    if loaded is not None and loaded.situation.checks and loaded.situation.sensitivity == "sensitive":
        checks.touch(page.id, device_id)


def require(page: Page, situation: Situation, facts: Facts, action: Action | None, who: Who) -> None:
    """Raise CheckRequired unless this device has shown that it may answer; asks nobody where nothing is checked."""
    if not situation.is_guarded and (action is None or action.check is None):
        return
    device_id = who()
    if checks.missing_for(page.id, situation, facts, action, device_id) is not None:
        raise checks.CheckRequired
    if device_id is not None:
        touch(page, device_id)


def guarded(row: Any, view: View, who: Who) -> View:
    """The view of a page's row for this device: as it is, or blind with what has to be shown first."""
    if row.disowned_at is not None:
        return view.blind(ending="", callback_at=None, is_disowned=True)
    loaded = registry.current().find(row.situation, row.version)
    if loaded is None or not loaded.situation.is_guarded or view.state not in SHOWN:
        return view
    kind = checks.missing_at_door(row.id, loaded.situation, view.facts, who())
    return view if kind is None else _asking(row, view, loaded.situation, kind)


def asked_for(row: Any, view: View, action: str, form: Mapping[str, str], who: Who) -> View:
    """The view of a page that asks who is there before it takes an answer; as it is if there is nothing to ask."""
    loaded = registry.current().find(row.situation, row.version)
    if loaded is None or row.disowned_at is not None or view.state not in SHOWN:
        return guarded(row, view, who)
    situation = loaded.situation
    kind = checks.missing_for(row.id, situation, view.facts, situation.action(action), who())
    return view if kind is None else _asking(row, view, situation, kind, action=action, form=form)


def _asking(
    row: Any,
    view: View,
    situation: Situation,
    kind: CheckKind,
    *,
    action: str = "",
    form: Mapping[str, str] | None = None,
) -> View:
    check = checks.find(row.id, kind)
    is_locked = check is not None and check.state == "locked"
    can_text = kind == "otp" and not is_locked and bool(row.phone) and not customers.is_suppressed(row.phone)
    is_resting = can_text and checks.is_resting(row.phone)
    protective = protective_answers(situation, row.step, view.facts)
    ask = Ask(
        kind=kind,
        is_locked=is_locked,
        tries_left=MOST_TRIES - check.tries if check and check.tries else None,
        code=_code(check) if kind == "otp" else "",
        can_send=can_text and not is_resting,
        is_resting=is_resting,
        action=action,
        words=words_of(situation, action, row.step, view.facts),
        form=dict(form or {}),
        protective=protective,
    )
    tokens = {do.action: view.answer_tokens[do.action] for do in protective if do.action in view.answer_tokens}
    return view.blind(answer_tokens=tokens, ask=ask)


def _code(check: Check | None) -> Code:
    if check is None or check.codes == 0:
        return ""
    is_alive = check.code_digest and check.code_expires_at and check.code_expires_at > clock.now()
    return "sent" if is_alive and check.tries < MOST_TRIES else "over"
