"""Standing answers: what a page and its answers' rows say once one is given or undone. The caller holds the page."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, update

from selfservice import clock
from selfservice.db import db
from selfservice.kit import Form, Situation
from selfservice.pages import photos, refusals
from selfservice.pages.answer_states import sources_of
from selfservice.pages.models import Answer, Page
from selfservice.pages.scenes import Scene
from selfservice.tokens import new_id


def write(page: Page, **values: Any) -> None:
    """Write what an answer changes, if the page is still as it was seen; raises Beaten otherwise."""
    result = db.session.execute(
        update(Page)
        .where(Page.id == page.id, Page.revision == page.revision, Page.state == page.state)
        .values(revision=page.revision + 1, updated_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise refusals.beaten()
    db.session.refresh(page)


def keep(scene: Scene, form: Form, key: str, *, status: str) -> None:
    """Keep an answer, with the photos that it names; raises Invalid as photos.send does."""
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


def list_lasting(page: Page, situation: Situation) -> dict[str, Any]:
    """The answers that outlast a closing one: those of actions that leave the page open."""
    closing = {action.key for action in situation.actions if action.closing}
    return {key: answer for key, answer in page.answers.items() if key not in closing}


def undo_closing(page: Page, situation: Situation) -> list[int]:
    """Say of the closing answers that they no longer count; gives their ids."""
    closing = [action.key for action in situation.actions if action.closing]
    undone = db.session.scalars(
        update(Answer)
        .where(Answer.page_id == page.id, Answer.action.in_(closing), Answer.status.in_(sources_of("undone")))
        .values(status="undone")
        .returning(Answer.id)
        .execution_options(synchronize_session=False)
    )
    return list(undone)
