"""Answering: doing an action on a page as its customer, and who is let to. `late_answers` meets what comes too late."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from selfservice.conversations import queries as work
from selfservice.conversations import service as conversations
from selfservice.db import db
from selfservice.errors import Gone, NotFound
from selfservice.events import service as events
from selfservice.kit import Action, Form
from selfservice.messages import standby
from selfservice.pages import (
    claims,
    guarding,
    late_answers,
    outcomes,
    queries,
    refusals,
    reopening,
    scenes,
    sight,
    standing,
)
from selfservice.pages.guarding import Who, nobody
from selfservice.pages.moves import move
from selfservice.pages.refusals import Beaten
from selfservice.pages.requests import CUSTOMER
from selfservice.pages.scenes import Scene

Status = Literal["applied", "already_applied", "needs_human"]


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
        raise refusals.disowned()
    if page.state == "answered":
        work.find_current(page_id, "hand_off")  # Whoever takes it comes wholly before this answer, or after it.
    taken = queries.find_answer(page_id, action_key, key)
    if taken is not None:
        return "needs_human" if taken.status == "needs_human" else "already_applied"
    if action_key == sight.CHANGE:
        return reopening.take_back(page, revision=revision, key=key, who=who)
    scene = scenes.make(page, action_key)
    state = sight.state_at(page, scene.now)
    if state not in ("open", "answered"):
        return late_answers.meet_after_the_end(scene, form, key, state)
    guarding.require(page, scene.loaded.situation, scene.facts, scene.action, who)
    if page.state == "scheduled" and move(page.id, "open", actor="system", sources=("scheduled",)):
        db.session.refresh(page)  # Its time has come; the clock has not been round yet.
    given = scene.read(form)
    if revision != page.revision or not scene.may_answer(state):
        return late_answers.meet(scene, given, revision, key)
    _apply(scene, given, key)
    return "applied"


def admit(page_id: int, action_key: str, who: Who) -> Action:
    """The action, if an answer by it would be looked at now on this device. Changes nothing.

    Raises NotFound, Gone, Beaten and checks.CheckRequired, as `act` does.
    """
    page = queries.get(page_id)
    if page.disowned_at is not None:
        raise refusals.disowned()
    scene = scenes.make(page, action_key)
    state = sight.state_at(page, scene.now)
    if state not in ("open", "answered"):
        raise Gone("This page has ended, so nothing was kept; a person can help.", code=state)
    guarding.require(page, scene.loaded.situation, scene.facts, scene.action, who)
    if not scene.may_answer(state):
        raise Beaten("This answer cannot be given here any more; open the page to see how things stand.")
    return scene.action


def _apply(scene: Scene, form: Form, key: str) -> None:
    page, action, situation = scene.page, scene.action, scene.loaded.situation
    outcome = scene.perform(form)
    was_answered = page.state == "answered"
    if action.closing:
        claims.give_back(page.id)
        outcomes.take_back(page, scene.loaded)
        standing.undo_closing(page, situation)
    claims.win(page.id, outcome.claims)
    given = {"form": form.model_dump(mode="json"), "at": scene.now.isoformat(), "version": situation.version}
    lasting = standing.list_lasting(page, situation) if action.closing else page.answers
    values: dict[str, Any] = {"answers": {**lasting, action.key: given}}
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
    standing.write(page, step=outcome.shows, **values)
    standing.keep(scene, form, key, status="applied")
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
