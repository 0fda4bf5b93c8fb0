"""Preparing photos, in the worker: from what came to what may be seen; what came is deleted.

Every step may be the last one this process does. A photo is claimed by a look that is put off; its pictures are noted
before they are stored; one transaction takes them into use and gives what came away.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.media import developing, leftovers, service, stores, waiting
from selfservice.media.developing import Made, Spoilt
from selfservice.media.models import Medium
from selfservice.media.store import Missing

MOST_TRIES = 3
"""So many workers may die over one photo."""

_ATTEMPT_TAKES = timedelta(minutes=3)
_PAUSE = timedelta(seconds=20)


def prepare_next() -> bool:
    """Prepare the photo that waits longest; False when there is none. Commits."""
    row = _claim()
    if row is None:
        return False
    if row.tries > MOST_TRIES:
        _refuse(row, "too_hard")
        return True
    try:
        _prepare(row)
    except Spoilt as spoilt:
        _refuse(row, spoilt.reason)
    except Missing:
        _refuse(row, "lost")
    except Unavailable:
        _put_off(row)
    return True


def _claim() -> Any:
    columns = ("id", "page_id", "conversation_id", "kind", "key", "sha256", "tries")
    is_received = Medium.state == "received"
    return next(iter(waiting.claim(Medium, "next_look_at", *columns, takes=_ATTEMPT_TAKES, only=is_received)), None)


def _prepare(row: Any) -> None:
    """From the bytes in quarantine to a photo that is ready; raises Spoilt, Missing and Unavailable. Commits."""
    store = stores.current()
    photo = store.get(row.key)
    if hashlib.sha256(photo).hexdigest() != row.sha256:
        raise Spoilt("broken")
    made = developing.develop(row.kind, photo)
    keys = [leftovers.intend("photo"), leftovers.intend("preview")]
    db.session.commit()
    try:
        for key, body in zip(keys, (made.picture, made.preview), strict=True):
            store.put(key, body)
    except Unavailable:
        leftovers.give_up(keys)
        db.session.commit()
        raise
    if not (leftovers.adopt(keys) and _finish(row, made, *keys)):
        db.session.rollback()
        leftovers.give_up(keys)
    db.session.commit()


def _finish(row: Any, made: Made, key: str, preview_key: str) -> bool:
    """Take the pictures into use; False when the photo was forgotten, or prepared by another worker, meanwhile."""
    values = {
        "state": "ready",
        "key": key,
        "sha256": hashlib.sha256(made.picture).hexdigest(),
        "preview_key": preview_key,
        "preview_sha256": hashlib.sha256(made.preview).hexdigest(),
        "made_as": made.made_as,
        "width": made.width,
        "height": made.height,
    }
    return _move(row, "ready", values)


def _refuse(row: Any, reason: str) -> None:
    values = {"state": "refused", "reason": reason, "key": None, "sha256": None, "next_look_at": clock.now()}
    _move(row, "refused", values, reason=reason)
    db.session.commit()


def _move(row: Any, what: str, values: dict[str, Any], **data: str) -> bool:
    moved = db.session.execute(
        update(Medium)
        .where(Medium.id == row.id, Medium.state == "received", Medium.key == row.key)
        .values(**values)
        .returning(Medium.source, Medium.sent_by, Medium.answer_id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is None:
        return False
    leftovers.discard([row.key])
    if moved.answer_id is not None or not service.waits_for_answer(moved.source, moved.sent_by):
        service.tell(row.id, row.page_id, what, conversation_id=row.conversation_id, **data)
    return True


def _put_off(row: Any) -> None:
    """The store is away, which is not the photo's fault."""
    db.session.execute(
        update(Medium)
        .where(Medium.id == row.id, Medium.state == "received")
        .values(next_look_at=clock.now() + _PAUSE, tries=0)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
