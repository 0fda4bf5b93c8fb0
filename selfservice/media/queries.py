"""Reading what was sent for a page, and whether the worker has anything to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text

from selfservice import clock
from selfservice.db import db, fetch
from selfservice.errors import NotFound
from selfservice.media.models import IS_UNREADABLE, IS_UNSENT, Arrival, Leftover, Medium, Upload

UNSENT_LIVES = timedelta(days=1)
"""How long what was uploaded, wholly or not, waits to be sent with an answer."""


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
    """How many photos a page has: those that are kept, and uploads that are under way."""
    kept = select(Medium.id).where(Medium.page_id == page_id, Medium.key.is_not(None))
    coming = select(Upload.id).where(Upload.page_id == page_id, Upload.state == "coming")
    return db.session.scalar(select(func.count()).select_from(kept.union(coming).subquery())) or 0


def get_ready_of_work(conversation_id: int, medium_id: int) -> Medium:
    """A photo of this very work of no page that may be shown; raises NotFound for every other."""
    mine = (Medium.id == medium_id, Medium.conversation_id == conversation_id, Medium.state == "ready")
    medium = db.session.scalars(select(Medium).where(*mine)).first()
    if medium is None:
        raise NotFound("There is no such photo with this text; open the inbox again.")
    return medium


def list_for_work(conversation_ids: Collection[int]) -> Sequence[Medium]:
    """All that was sent for work of no page, oldest first."""
    query = select(Medium).where(Medium.conversation_id.in_(conversation_ids))
    return db.session.scalars(query.order_by(Medium.created_at, Medium.id)).all()


def count_for_work(conversation_id: int) -> int:
    """How many photos of work of no page are kept."""
    mine = (Medium.conversation_id == conversation_id, Medium.key.is_not(None))
    return db.session.scalar(select(func.count()).select_from(Medium).where(*mine)) or 0


def count_uploads_since(page_id: int, moment: datetime) -> int:
    """How many uploads for a page were begun from a moment on, in parts or whole, whatever became of them."""
    in_parts = select(Upload.id).where(Upload.page_id == page_id, Upload.created_at >= moment)
    is_upload = (Medium.page_id == page_id, Medium.source == "upload", Medium.created_at >= moment)
    whole = select(Medium.id).where(*is_upload)
    return db.session.scalar(select(func.count()).select_from(in_parts.union(whole).subquery())) or 0


def find_upload(page_id: int, upload_id: int) -> Upload | None:
    """An upload for this very page."""
    query = select(Upload).where(Upload.id == upload_id, Upload.page_id == page_id)
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def find_uploaded(page_id: int, medium_id: int) -> Medium | None:
    """What was uploaded to this very page, in whatever state."""
    is_theirs = (Medium.source == "upload", Medium.sent_by == "customer")
    mine = (Medium.id == medium_id, Medium.page_id == page_id, *is_theirs)
    return db.session.scalars(select(Medium).where(*mine).execution_options(populate_existing=True)).first()


def list_unreadable(limit: int = 20) -> Sequence[tuple[int, int]]:
    """Ids of pages and answers of photos that were sent and could not be read, as long as nobody has seen to it."""
    query = select(Medium.page_id, Medium.answer_id).where(is_unreadable())
    return [(row.page_id, row.answer_id) for row in fetch(query.distinct().limit(limit), {})]


def is_old_upload() -> ColumnElement[bool]:
    """The condition that an upload has waited for too long."""
    return Upload.created_at <= clock.now() - UNSENT_LIVES


def is_unsent_for_long() -> ColumnElement[bool]:
    """The condition that a photo was uploaded and is not sent, for too long."""
    return and_(text(IS_UNSENT), Medium.created_at <= clock.now() - UNSENT_LIVES)


def is_unreadable() -> ColumnElement[bool]:
    """The condition that a photo was sent and could not be read, and is to be asked for again."""
    return and_(text(IS_UNREADABLE), Medium.next_look_at <= clock.now())


def is_anything_due() -> bool:
    """Whether a photo waits to be fetched, prepared or asked for again, or something of it to be emptied."""
    now = clock.now()
    waits = exists().where(Medium.state == "received", Medium.next_look_at <= now)
    is_due = (exists().where(table.due_at <= now) for table in (Arrival, Leftover))
    is_old = (
        exists().where(is_old_upload()),
        exists(Medium.id).where(is_unsent_for_long()),
        exists(Medium.id).where(is_unreadable()),
    )
    return bool(fetch(select(or_(waits, *is_due, *is_old)), {})[0][0])
