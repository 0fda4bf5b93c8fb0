"""Late answers: the page has changed or ended since. Protective ones go to a person; others change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from selfservice.errors import Gone
from selfservice.events import service as events
from selfservice.kit import Form
from selfservice.pages import outcomes, queries, refusals, sight, standing
from selfservice.pages.refusals import Changed
from selfservice.pages.requests import CUSTOMER
from selfservice.pages.scenes import Scene

Status = Literal["already_applied", "needs_human"]


def meet(scene: Scene, form: Form, revision: int, key: str) -> Status:
    """The page has changed since the customer saw it: the same answer again, a protective one, or a beaten one.

    Raises Beaten, Changed, and Gone where nobody else was first.
    """
    page = scene.page
    given = page.answers.get(scene.action.key)
    if given is not None and given["form"] == form.model_dump(mode="json"):
        return "already_applied"
    if scene.action.accepts_late and page.state == "answered":
        return _hand_over(scene, form, key)
    if revision < page.revision and not queries.was_answered_after(page.id, revision):
        raise Changed("The page says something new since it was opened; read it again, and answer that.")
    if revision == page.revision and page.state == "answered" and not sight.may_change(scene.loaded, page, scene.now):
        raise refusals.final()
    raise refusals.beaten()


def meet_after_the_end(scene: Scene, form: Mapping[str, Any], key: str, state: str) -> Status:
    """The page has ended: a protective answer is taken all the same, every other raises Gone."""
    if scene.action.accepts_late and state != "scheduled":
        return _hand_over(scene, scene.read(form), key)
    raise Gone("This page has ended, so nothing was changed; a person can help.", code=state)


def _hand_over(scene: Scene, form: Form, key: str) -> Status:
    """Take a protective answer that came too late to apply by itself: a person does what it asks for."""
    outcome = scene.perform(form)
    standing.keep(scene, form, key, status="needs_human")
    outcomes.hand_over(scene.page, scene.loaded, scene.action, outcome)
    events.record("answer.needs_human", actor=CUSTOMER, page_id=scene.page.id, data={"action": scene.action.key})
    return "needs_human"
