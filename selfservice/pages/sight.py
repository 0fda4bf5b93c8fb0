"""From a page's row to the View its template is given; reads what can have run out, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Row

from selfservice import clock, config, tokens
from selfservice.brands import queries as brands
from selfservice.conversations import queries as conversations
from selfservice.errors import Unavailable
from selfservice.kit import Case, Facts, Form
from selfservice.kit.steps import Do, Step
from selfservice.pages import pictures
from selfservice.pages.claims import taken_names
from selfservice.pages.models import Page
from selfservice.pages.states import LIVE
from selfservice.phone import ending
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.situations.view import State, View

CHANGE = "change"
"""The action that takes an answer back; no page type may have one of this name."""


def state_at(page: Page | Row[Any], now: datetime) -> State:
    """The state a page is in at `now`: its times count, whether or not the clock has been round to move it."""
    state = cast(State, page.state)
    if state in LIVE and now >= page.expires_at:
        return "expired"
    if state == "scheduled" and page.send_at is not None and now >= page.send_at:
        return "open"
    return state


def end_of(loaded: Loaded, facts: Facts, since: datetime, timezone: str) -> datetime:
    """When a page of these facts ends that lives from `since` on, by the clock of its zone."""
    return loaded.situation.expires(facts, since.astimezone(ZoneInfo(timezone)))


def view_of(row: Row[Any], *, language: str = "", token: str = "", step: str = "") -> View:
    """The view of a page's row, in `language` if its type has it, at `step` if it can be reached from the one shown."""
    now = clock.now()
    loaded = registry.current().find(row.situation, row.version)
    if loaded is None:
        registry.current().refuse_broken(row.situation, row.version)
        return _retired(row, language=language, token=token, now=now)
    facts = facts_of(loaded, row.facts, row.version)
    answers = answers_of(loaded, row.answers, row.version)
    step_now = step_of(loaded, row, answers)
    if not step_now:
        return _retired(row, language=language, token=token, now=now)
    spoken = choose_language(loaded, language, row.locale)
    face = brands.face(row.brand_id, spoken)
    state = state_at(row, now)
    case = Case(now, ZoneInfo(row.timezone), answers, face.opening)
    taken = taken_of(loaded, facts, case) if state in LIVE else frozenset()
    current = loaded.situation.gone if state == "open" and _is_all_gone(loaded, facts, case, taken) else step_now
    reachable = loaded.situation.reachable(current, facts)
    return View(
        situation=row.situation,
        version=row.version,
        state=state,
        step=_shown_step(loaded, current, step, reachable),
        facts=facts,
        brand=face,
        language=spoken,
        timezone=row.timezone,
        now=now,
        expires_at=row.expires_at,
        revision=row.revision,
        team=face.teams.get(loaded.situation.team, face.name),
        first_name=first_name(row.name),
        ending=ending(row.phone) if row.phone else "",
        token=token,
        answer_tokens=_answer_tokens(loaded, row, facts, state, reachable, now),
        answers=answers,
        taken=taken,
        answered_at=row.answered_at,
        can_change=state == "answered" and may_change(loaded, row, now),
        change_until=row.change_until if row.can_change else None,
        callback_at=row.callback_at if row.callback_at and row.callback_at > now else None,
        host=host(),
        push_key=config.current().push_key if "push" in loaded.situation.channels else "",
        pictures=pictures.sized(facts, token) if token else {},
    )


def may_change(loaded: Loaded, page: Page | Row[Any], now: datetime) -> bool:
    """Whether the closing answer of a page can still be taken back at `now`."""
    if not page.can_change or (page.change_until is not None and now >= page.change_until):
        return False
    given = (loaded.situation.action(key) for key in page.answers)
    if not any(action is not None and action.closing and action.until_taken for action in given):
        return True
    return not conversations.is_taken(page.id, "hand_off")


def facts_of(loaded: Loaded, stored: Mapping[str, Any], version: int) -> Facts:
    """Stored facts as a model, brought forward when they were written by an older version of the type.

    Raises Unavailable where that fails: the page waits until the type's `upgrade` is mended.
    """
    try:
        return loaded.situation.restore(stored, version)
    except Exception as error:  # noqa: BLE001 - whatever an upgrade stumbles over, its page waits for the mend
        reason = type(error).__name__
        structlog.get_logger().error("page.unreadable", situation=loaded.key, version=version, error=reason)
        raise Unavailable("This page cannot be shown at the moment; try again in a few minutes.") from None


def case_of(loaded: Loaded, page: Page, now: datetime) -> Case:
    """What an action on a page may know at `now` beside its facts."""
    opening = brands.face(page.brand_id, page.locale).opening
    return Case(now, ZoneInfo(page.timezone), answers_of(loaded, page.answers, page.version), opening)


def answers_of(loaded: Loaded, stored: Mapping[str, Any], version: int) -> dict[str, Form]:
    """The forms of the actions in force, brought forward; what the type cannot read any more is left out.

    `version` is that of the page's facts; an answer given under a later one says so.
    """
    restored = {
        key: loaded.situation.restore_answer(key, answer["form"], answer.get("version", version))
        for key, answer in stored.items()
    }
    return {key: form for key, form in restored.items() if form is not None}


def step_of(loaded: Loaded, page: Page | Row[Any], answers: Mapping[str, Form]) -> str:
    """The step a page shows as its type is now: the first if its own has gone, or may say what cannot be read any more.

    Empty if it stands answered and there is nothing to show for that answer: of those that close a page one stands.
    """
    situation = loaded.situation
    lost = [situation.action(key) for key in page.answers if key not in answers]
    has_step = situation.step(page.step) is not None
    if page.state == "answered":
        is_kept = any(action.closing for action in situation.actions if action.key in answers)
        is_kept = is_kept or all(action is not None and not action.closing for action in lost)
        return page.step if has_step and is_kept else ""
    return page.step if has_step and not lost else situation.steps[0].key


def choose_language(loaded: Loaded, *wishes: str) -> str:
    """The first wish the type has words in, by its primary subtag; English otherwise."""
    for wish in wishes:
        for candidate in (wish, wish.replace("_", "-").partition("-")[0].lower()):
            if candidate in loaded.languages:
                return candidate
    return "en"


def taken_of(loaded: Loaded, facts: Facts, case: Case) -> frozenset[str]:
    """The names of the claims on offer of which nothing is left."""
    return taken_names(frozenset().union(*loaded.situation.on_offer(facts, case).values()))


def _is_all_gone(loaded: Loaded, facts: Facts, case: Case, taken: frozenset[str]) -> bool:
    """Whether others have taken all that a page of a type with a step for that offers."""
    if not taken or not loaded.situation.gone:
        return False
    return all(names & taken for names in loaded.situation.on_offer(facts, case).values())


def first_name(name: str | None) -> str:
    """The name a person is greeted by: the first word of the full name."""
    return name.split()[0] if name and name.split() else ""


def host() -> str:
    """The host that all links begin with, as customers read it."""
    return config.current().base_url.partition("://")[2]


def _shown_step(loaded: Loaded, current: str, wished: str, reachable: tuple[Step, ...]) -> str:
    keys = {step.key for step in reachable}
    if wished in keys:
        return wished
    return current if current in keys else loaded.situation.steps[0].key


def _answer_tokens(
    loaded: Loaded, row: Row[Any], facts: Facts, state: str, reachable: tuple[Step, ...], now: datetime
) -> dict[str, str]:
    """Tokens for what this sight of the page lets its customer do, and for nothing else."""
    if state in LIVE:
        buttons = (button for step in reachable for button in loaded.situation.visible(step, facts))
        allowed = {button.action for button in buttons if isinstance(button, Do)}
        if state == "answered":
            allowed = allowed | {CHANGE} if may_change(loaded, row, now) else set()
    else:
        allowed = {action.key for action in loaded.situation.actions if action.accepts_late}
    return tokens.current().sign_answers(row.id, allowed)


def _retired(row: Row[Any], *, language: str, token: str, now: datetime) -> View:
    shared = registry.current().shared
    wishes = (language, row.locale.split("-")[0], "en")
    spoken = next(wish for wish in wishes if wish in shared)
    face = brands.face(row.brand_id, spoken)
    return View(
        situation=row.situation,
        version=row.version,
        state="retired",
        step="",
        facts=Facts(),
        brand=face,
        language=spoken,
        timezone=row.timezone,
        now=now,
        expires_at=row.expires_at,
        revision=row.revision,
        team=face.name,
        first_name=first_name(row.name),
        ending=ending(row.phone) if row.phone else "",
        token=token,
        callback_at=row.callback_at if row.callback_at and row.callback_at > now else None,
        host=host(),
    )
