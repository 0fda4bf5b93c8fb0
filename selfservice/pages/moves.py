"""The one way to move a page from state to state: a conditional UPDATE and its event, in the caller's transaction."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, update

from selfservice import clock
from selfservice.db import db
from selfservice.events import service as events
from selfservice.messages import service as messages
from selfservice.pages.models import Page
from selfservice.pages.states import LIVE, sources_of


def move(page_id: int, target: str, *, actor: str, sources: tuple[str, ...] = (), **values: Any) -> bool:
    """Move a page to `target` and record it; False when it is in no state that allows it, and nothing is changed.

    `sources` narrows the states it may come from; `values` are further columns to set in the same statement. A page
    that leaves the live states takes its unsent messages with it; one that is not open is followed up no more.
    """
    if target != "open":
        values = {"follow_up_at": None, **values}
    allowed = [state for state in sources_of(target) if not sources or state in sources]
    result = db.session.execute(
        update(Page)
        .where(Page.id == page_id, Page.state.in_(allowed))
        .values(state=target, updated_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        return False
    events.record(f"page.{target}", actor=actor, page_id=page_id)
    if target not in LIVE:
        messages.cancel_for_page(page_id, reason=f"page_{target}", actor=actor)
    return True
