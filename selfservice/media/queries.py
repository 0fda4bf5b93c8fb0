"""Reading what was sent for a page, and whether the worker has anything to do."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select

from selfservice import clock
from selfservice.db import db, fetch
from selfservice.errors import NotFound
from selfservice.media.models import Arrival, Leftover, Medium


def get_ready(page_id: int, medium_id: int) -> Medium:
    """A photo of this very page that may be shown; raises NotFound for every other."""
    medium = db.session.scalars(
        select(Medium).where(Medium.id == medium_id, Medium.page_id == page_id, Medium.state == "ready")
    ).first()
    if medium is None:
        raise NotFound("There is no such photo on this page; open the page again.")
    return medium


def list_for_page(page_id: int) -> Sequence[Medium]:
    """All that was sent for a page, oldest first."""
    query = select(Medium).where(Medium.page_id == page_id)
    return db.session.scalars(query.order_by(Medium.created_at, Medium.id)).all()


def count_for_page(page_id: int) -> int:
    """How many photos of a page are kept."""
    query = select(func.count()).select_from(Medium).where(Medium.page_id == page_id, Medium.key.is_not(None))
    return db.session.scalar(query) or 0


def is_anything_due() -> bool:
    """Whether a photo waits to be fetched or prepared, or a key to be emptied."""
    now = clock.now()
    waits = exists().where(Medium.state == "received", Medium.next_look_at <= now)
    is_due = (exists().where(table.due_at <= now) for table in (Arrival, Leftover))
    return bool(fetch(select(or_(waits, *is_due)), {})[0][0])
