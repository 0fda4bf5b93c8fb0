"""What a customer answers on a page: doing an action, taking it back, and what happens when it comes late."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal, cast

from sqlalchemy import CursorResult, update

from selfservice import clock
from selfservice.conversations import service as conversations
from selfservice.db import db
from selfservice.errors import Conflict, Gone, Invalid, NotFound
from selfservice.events import service as events
from selfservice.kit import Action, Case, Facts, Form, Outcome, Refused, Situation
from selfservice.media import service as media
from selfservice.messages import standby
from selfservice.pages import checks, claims, follow_ups, guarding, outcomes, photos, queries, sight
from selfservice.pages.answer_states import sources_of
from selfservice.pages.guarding import Who, nobody
from selfservice.pages.models import Answer, Page
from selfservice.pages.moves import move
from selfservice.pages.requests import CUSTOMER
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.tokens import new_id

Status = Literal["applied", "already_applied", "needs_human"]


class Beaten(Conflict):
    """Another answer is in force; the page shows which."""


class Changed(Conflict):
    """What the page says has changed since the customer saw it, and nobody has answered it."""

    code = "changed"


@dataclass(frozen=True)
class _Scene:
    """An action about to be done: the held page, its type, and what is known now."""

    page: Page
    loaded: Loaded
    action: Action
    facts: Facts
    now: datetime

    @cached_property
    def case(self) -> Case:
        """What the action may know beside the facts."""
        return sight.case_of(self.loaded, self.page, self.now)


def form_key(revision: int, form: Mapping[str, Any]) -> str:
    """The idempotency key of a form sent without script: the same form sent twice is one answer."""
    digest = hashlib.sha256(json.dumps(form, sort_keys=True, default=str).encode()).hexdigest()
    return f"form:{revision}:{digest[:32]}"


def act(
    page_id: int, action_key: str, *, form: Mapping[str, Any], revision: int, key: str, who: Who = nobody
) -> Status:
    """Do an action on a page as its customer. The caller commits.

    `revision` is that of the sight of the page the customer answered; `key` makes a repeated sending one answer; `who`
    gives the device, where a check has to be passed on it.
    Raises NotFound (no such page or action), Gone (the page has ended, or its answer can no longer be changed), Beaten
    (another answer won), Changed (its facts are new), claims.LostClaim, wishes.Stopped (a yes that cannot count),
    checks.CheckRequired, or Invalid whose fields hold keys of the copy file.
    """
    page = queries.lock(page_id)
    if page is None:
        raise NotFound("There is no such page; open the link as it was sent.")
    if page.disowned_at is not None:
        raise Gone("Somebody said that this page is not for them, so it takes no answers.", code="disowned")
    taken = queries.find_answer(page_id, action_key, key)
    if taken is not None:
        return "needs_human" if taken.status == "needs_human" else "already_applied"
    if action_key == sight.CHANGE:
        return _take_back(page, revision=revision, key=key, who=who)
    scene = _scene(page, action_key)
    state = sight.state_at(page, scene.now)
    if state not in ("open", "answered"):
        return _after_the_end(scene, form, key, state)
    _require_check(page, scene.loaded.situation, scene.facts, scene.action, who)
    if page.state == "scheduled" and move(page.id, "open", actor="system", sources=("scheduled",)):
        db.session.refresh(page)  # Its time has come; the clock has not been round yet.
    given = _read(scene, form)
    if revision != page.revision or not _may_answer(scene, state):
        return _too_late_for_this_sight(scene, given, revision, key)
    return _apply(scene, given, key)


def admit(page_id: int, action_key: str, who: Who) -> Action:
    """The action, if an answer by it would be looked at now on this device. Changes nothing.

    Raises NotFound, Gone, Beaten and checks.CheckRequired, as `act` does.
    """
    page = queries.get(page_id)
    if page.disowned_at is not None:
        raise Gone("Somebody said that this page is not for them, so it takes no answers.", code="disowned")
    scene = _scene(page, action_key)
    state = sight.state_at(page, scene.now)
    if state not in ("open", "answered"):
        raise Gone("This page has ended, so nothing was kept; a person can help.", code=state)
    _require_check(page, scene.loaded.situation, scene.facts, scene.action, who)
    if not _may_answer(scene, state):
        raise Beaten("This answer cannot be given here any more; open the page to see how things stand.")
    return scene.action


def _scene(page: Page, action_key: str) -> _Scene:
    loaded = registry.current().find(page.situation)
    if loaded is None:
        registry.current().refuse_broken(page.situation)
        raise Gone("This kind of page is no longer served; a person can help.", code="retired")
    action = loaded.situation.action(action_key)
    if action is None:
        raise NotFound("This page has no such action; open the page again and use its buttons.")
    return _Scene(page, loaded, action, sight.facts_of(loaded, page.facts, page.version), clock.now())


def _read(scene: _Scene, form: Mapping[str, Any]) -> Form:
    try:
        return scene.loaded.situation.read(scene.action, scene.facts, form, scene.case)
    except Refused as refusal:
        raise Invalid("The answer is not complete; fill in what is marked.", fields=refusal.problems) from None


def _require_check(page: Page, situation: Situation, facts: Facts, action: Action | None, who: Who) -> None:
    """Raise CheckRequired unless this device has shown that it may answer; asks nobody where nothing is checked."""
    if not situation.is_guarded and (action is None or action.check is None):
        return
    device_id = who()
    if checks.missing_for(page.id, situation, facts, action, device_id) is not None:
        raise checks.CheckRequired
    if device_id is not None:
        guarding.touch(page, device_id)


def _may_answer(scene: _Scene, state: str) -> bool:
    if state == "answered" and not sight.may_change(scene.loaded, scene.page, scene.now):
        return False
    shown = sight.step_of(scene.loaded, scene.page, scene.case.answers)
    return scene.loaded.situation.allows(scene.action.key, shown, scene.facts)


def _too_late_for_this_sight(scene: _Scene, form: Form, revision: int, key: str) -> Status:
    """The page has changed since the customer saw it: the same answer again, a protective one, or a beaten one."""
    standing = scene.page.answers.get(scene.action.key)
    if standing is not None and standing["form"] == form.model_dump(mode="json"):
        return "already_applied"
    if scene.action.accepts_late and scene.page.state == "answered":
        return _hand_over(scene, form, key)
    if revision < scene.page.revision and not queries.was_answered_after(scene.page.id, revision):
        raise Changed("The page says something new since it was opened; read it again, and answer that.")
    if (
        revision == scene.page.revision
        and scene.page.state == "answered"
        and not sight.may_change(scene.loaded, scene.page, scene.now)
    ):
        raise _final()
    raise Beaten("Another answer was given first; open the page to see which, and change it there.")


def _final() -> Gone:
    """The page is the one that was seen, and its answer stands: nobody else was first."""
    return Gone("The answer can no longer be changed here, so it stays as it is; a person can help.", code="final")


def _after_the_end(scene: _Scene, form: Mapping[str, Any], key: str, state: str) -> Status:
    if scene.action.accepts_late and state != "scheduled":
        return _hand_over(scene, _read(scene, form), key)
    raise Gone("This page has ended, so nothing was changed; a person can help.", code=state)


def _hand_over(scene: _Scene, form: Form, key: str) -> Status:
    """Take a protective answer that came too late to apply by itself: a person does what it asks for."""
    outcome = _perform(scene, form)
    _keep(scene, form, key, status="needs_human")
    outcomes.hand_over(scene.page, scene.loaded, scene.action, outcome)
    events.record("answer.needs_human", actor=CUSTOMER, page_id=scene.page.id, data={"action": scene.action.key})
    return "needs_human"


def _perform(scene: _Scene, form: Form) -> Outcome:
    try:
        return scene.action.perform(scene.facts, form, scene.case)
    except Refused as refusal:
        raise Invalid("The answer cannot be used as it is; choose again.", fields=refusal.problems) from None


def _apply(scene: _Scene, form: Form, key: str) -> Status:
    page, action = scene.page, scene.action
    outcome = _perform(scene, form)
    was_answered = page.state == "answered"
    if action.closing:
        claims.give_back(page.id)
        outcomes.take_back(page, scene.loaded)
        _undo_closing(scene)
    claims.win(page.id, outcome.claims)
    standing = {
        "form": form.model_dump(mode="json"),
        "at": scene.now.isoformat(),
        "version": scene.loaded.situation.version,
    }
    values: dict[str, Any] = {"answers": {**_lasting(scene, keep=not action.closing), action.key: standing}}
    if action.closing:
        values |= {
            "state": "answered",
            "can_change": not outcome.final,
            "change_until": outcome.changeable_until,
            "answered_at": scene.now,
            "follow_up_at": None,
        }
    if outcome.expires_at is not None:
        values["expires_at"] = outcome.expires_at
    _update(page, step=outcome.shows, **values)
    _keep(scene, form, key, status="applied")
    standby.take_back_for_page(page.id, reason="page_answered", and_held=True)
    if action.closing and page.follow_ups_done:
        conversations.settle(page.id, "unanswered", actor=CUSTOMER)
    if action.closing and not was_answered:
        events.record("page.answered", actor=CUSTOMER, page_id=page.id)
    events.record(
        "answer.applied",
        actor=CUSTOMER,
        page_id=page.id,
        data={"action": action.key, "step": outcome.shows, "changed": was_answered},
    )
    outcomes.carry_out(page, outcome)
    return "applied"


def _take_back(page: Page, *, revision: int, key: str, who: Who) -> Status:
    now = clock.now()
    state = sight.state_at(page, now)
    if state == "open" and revision < page.revision:
        return "already_applied"
    if state != "answered":
        raise Gone("This page has ended, so the answer stays as it is; a person can help.", code=state)
    loaded = registry.current().get(page.situation)
    facts = sight.facts_of(loaded, page.facts, page.version)
    _require_check(page, loaded.situation, facts, None, who)
    if revision != page.revision:
        raise Beaten("Another answer was given first; open the page to see which, and change it there.")
    if not sight.may_change(loaded, page, now):
        raise _final()
    outcomes.take_back(page, loaded)
    media.withdraw(_reopen(page, loaded, facts, now, step=loaded.situation.steps[0].key))
    db.session.add(
        Answer(
            id=new_id(), page_id=page.id, action=sight.CHANGE, key=key, status="applied", revision=page.revision, at=now
        )
    )
    events.record("answer.undone", actor=CUSTOMER, page_id=page.id)
    events.record("page.open", actor=CUSTOMER, page_id=page.id)
    db.session.flush()
    return "applied"


def ask_again(page: Page, loaded: Loaded, action: Action) -> bool:
    """Have a page ask once more for the photos of an answer that cannot be read. The caller holds it, and commits.

    False where the page has moved on, or has ended; then nothing is changed.
    """
    now = clock.now()
    if sight.state_at(page, now) != ("answered" if action.closing else "open"):
        return False
    if not action.closing:
        _update(page, step=action.again)
        return True
    facts = sight.facts_of(loaded, page.facts, page.version)
    _reopen(page, loaded, facts, now, step=action.again)
    events.record("page.open", actor="system", page_id=page.id)
    return True


def _reopen(page: Page, loaded: Loaded, facts: Facts, now: datetime, *, step: str) -> list[int]:
    """Undo the closing answers of an answered page, so that it asks at `step`; gives their ids."""
    closing = next((action for action in loaded.situation.actions if action.closing), loaded.situation.actions[0])
    scene = _Scene(page, loaded, closing, facts, now)
    claims.give_back(page.id)
    undone = _undo_closing(scene)
    ends_at = max(loaded.situation.expires(facts, page.created_at), now + timedelta(minutes=1))
    _update(
        page,
        state="open",
        step=step,
        answers=_lasting(scene, keep=False),
        can_change=False,
        change_until=None,
        answered_at=None,
        expires_at=ends_at,
    )
    follow_ups.plan(page, is_reopened=True)
    return undone


def _update(page: Page, **values: Any) -> None:
    """Write what an answer changes, if the page is still as it was seen; raises Beaten otherwise."""
    result = db.session.execute(
        update(Page)
        .where(Page.id == page.id, Page.revision == page.revision, Page.state == page.state)
        .values(revision=page.revision + 1, updated_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise Beaten("Another answer was given first; open the page to see which, and change it there.")
    db.session.refresh(page)


def _keep(scene: _Scene, form: Form, key: str, *, status: str) -> None:
    answer_id = new_id()
    db.session.add(
        Answer(
            id=answer_id,
            page_id=scene.page.id,
            action=scene.action.key,
            key=key,
            status=status,
            form=form.model_dump(mode="json"),
            revision=scene.page.revision,
            at=scene.now,
        )
    )
    db.session.flush()
    photos.send(scene.page.id, form, answer_id)


def _lasting(scene: _Scene, *, keep: bool) -> dict[str, Any]:
    """The answers that stay in force: all of them, or only those of actions that leave the page open."""
    if keep:
        return dict(scene.page.answers)
    closing = {action.key for action in scene.loaded.situation.actions if action.closing}
    return {key: answer for key, answer in scene.page.answers.items() if key not in closing}


def _undo_closing(scene: _Scene) -> list[int]:
    """Say of the closing answers that they no longer count; gives their ids."""
    closing = [action.key for action in scene.loaded.situation.actions if action.closing]
    undone = db.session.scalars(
        update(Answer)
        .where(Answer.page_id == scene.page.id, Answer.action.in_(closing), Answer.status.in_(sources_of("undone")))
        .values(status="undone")
        .returning(Answer.id)
        .execution_options(synchronize_session=False)
    )
    return list(undone)
