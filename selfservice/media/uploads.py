"""Uploads: a photo comes from a page in small parts, goes on where it stopped, and is one once all of it is there.

Each part lies in the store under a key of its own, noted as a leftover until it counts; so half a photo is never taken
for a whole one, and what nobody goes on with is swept after a day. The upload and the photo share one id.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from selfservice.media import kinds, leftovers, queries, service, stores
from selfservice.media.models import Upload
from selfservice.media.store import Missing

MOST_PART = 192 * 1024
"""Bytes of one part: what a poor line carries in some seconds, and a lost signal costs at most."""

MOST_AN_HOUR = 60
_HOUR = timedelta(hours=1)
_FOLDER = "part"


class Progress(NamedTuple):
    """How far an upload is: `coming`, or what became of the photo (`received`, `ready`, `refused` with its reason)."""

    id: int
    size: int
    offset: int
    state: str
    reason: str = ""


class Elsewhere(Conflict):
    """A part does not follow what is there: ask how far the upload is, and go on from there."""

    code = "offset"


def begin(page_id: int, size: int) -> Progress:
    """Make room for a photo of `size` bytes. The caller commits.

    Raises kinds.NotTaken, and TooMany.
    """
    if size <= 0:
        raise kinds.NotTaken("empty")
    if size > kinds.MOST_BYTES:
        raise kinds.NotTaken("too_large")
    service.require_room(page_id)
    require_patience(page_id)
    row = Upload(
        id=tokens.new_id(), page_id=page_id, state="coming", size=size, received=0, keys=[], created_at=clock.now()
    )
    db.session.add(row)
    db.session.flush()
    return _coming(row)


def require_patience(page_id: int) -> None:
    """Raise TooMany where a lot was uploaded to a page within the hour."""
    if queries.count_uploads_since(page_id, clock.now() - _HOUR) >= MOST_AN_HOUR:
        raise TooMany("A lot was uploaded to this page within the hour; wait, and send the rest.", retry_after=600)


def add(page_id: int, upload_id: int, offset: int, part: bytes) -> Progress:
    """Keep a part that begins at `offset`; with the last one the photo is there. An empty part asks for that again.

    Commits, because the store is called. Raises NotFound, Elsewhere, Invalid, kinds.NotTaken and Unavailable; nothing
    of a part that is refused is kept.
    """
    row = queries.find_upload(page_id, upload_id)
    if row is None or row.state != "coming":
        return find(page_id, upload_id)
    if offset != row.received:
        raise Elsewhere("This part does not follow what is there; ask for the offset and go on from it.")
    if len(part) > MOST_PART or offset + len(part) > row.size:
        raise Invalid(f"A part has {MOST_PART} bytes at most, and all of them the size that was named.")
    if offset == 0 and part:
        _require_photo(row, part)
    if part:
        row = _keep(row, part)
    return _coming(row) if row.received < row.size else _finish(row)


def find(page_id: int, upload_id: int) -> Progress:
    """How far an upload for this very page is; raises NotFound also for what was sent."""
    row = queries.find_upload(page_id, upload_id)
    if row is not None and row.state == "coming":
        return _coming(row)
    medium = queries.find_uploaded(page_id, upload_id)
    if medium is None or medium.state == "forgotten" or medium.answer_id is not None:
        raise NotFound("There is no such upload on this page; choose the photo again.")
    return Progress(medium.id, medium.size, medium.size, medium.state, medium.reason or "")


def drop(page_id: int, upload_id: int) -> None:
    """Give up an upload under way, or a photo that is not sent yet; nothing if there is none. The caller commits."""
    row = queries.find_upload(page_id, upload_id)
    if row is not None and row.state == "coming":
        _end(row.id, row.keys, "dropped")
    service.forget_one_unsent(page_id, upload_id)


def sweep(limit: int = 20) -> int:
    """Give up what nobody went on with for a day, and delete what was not sent; says how many. Commits."""
    old = select(Upload.id, Upload.keys).where(queries.is_old_upload()).limit(limit).with_for_update(skip_locked=True)
    rows = db.session.execute(old).all()
    leftovers.discard(key for row in rows for key in row.keys)
    db.session.execute(delete(Upload).where(Upload.id.in_([row.id for row in rows])))
    count = len(rows) + service.forget_unsent(limit)
    db.session.commit()
    return count


def _require_photo(row: Upload, part: bytes) -> None:
    """Refuse what is no photo by its first bytes, before the rest of it has to come."""
    try:
        kinds.require(part)
    except kinds.NotTaken:
        _end(row.id, row.keys, "dropped")
        db.session.commit()
        raise


def _keep(row: Upload, part: bytes) -> Upload:
    page_id, upload_id, offset, keys = row.page_id, row.id, row.received, row.keys
    key = leftovers.intend(_FOLDER)
    db.session.commit()
    try:
        stores.current().put(key, part)
    except Unavailable:
        _give_up(key)
        raise
    is_next = leftovers.adopt([key]) and _advance(upload_id, offset, [*keys, key], len(part))
    if not is_next:
        db.session.rollback()
        _give_up(key)
        raise Elsewhere("Another part was there first; ask for the offset and go on from it.")
    db.session.commit()
    kept = queries.find_upload(page_id, upload_id)
    if kept is None:
        raise NotFound("This upload was given up; choose the photo again.")
    return kept


def _give_up(key: str) -> None:
    leftovers.give_up([key])
    db.session.commit()


def _advance(upload_id: int, offset: int, keys: list[str], length: int) -> bool:
    moved = db.session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state == "coming", Upload.received == offset)
        .values(received=offset + length, keys=keys)
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]


def _finish(row: Upload) -> Progress:
    """Put the parts together and take them for a photo, as any other that comes. Commits."""
    page_id, upload_id, keys = row.page_id, row.id, list(row.keys)
    db.session.rollback()  # No transaction is open while the store is asked.
    store = stores.current()
    try:
        body = b"".join(store.get(key) for key in keys)
        service.receive(page_id, body, source="upload", sender="customer", medium_id=upload_id)
        is_first = _end(upload_id, keys, "whole")
    except IntegrityError:
        is_first = False
    except (Missing, kinds.NotTaken):
        db.session.rollback()
        if _end(upload_id, keys, "dropped"):
            db.session.commit()
            raise
        is_first = False
    if is_first:
        db.session.commit()
    else:
        db.session.rollback()  # Somebody else finished it, or gave it up, meanwhile.
    return find(page_id, upload_id)


def _end(upload_id: int, keys: list[str], state: str) -> bool:
    """Let go of the parts; False when the upload was no longer under way, and nothing is changed."""
    moved = db.session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state == "coming")
        .values(state=state, keys=[])
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    leftovers.discard(keys)
    return True


def _coming(row: Upload) -> Progress:
    return Progress(row.id, row.size, row.received, row.state)
