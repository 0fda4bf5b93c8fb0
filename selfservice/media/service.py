"""Taking photos for a page, and forgetting them; what is made of them in between is `preparing`'s."""

from __future__ import annotations

import hashlib
from typing import Literal

from sqlalchemy import delete, select, update

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.events import service as events
from selfservice.media import kinds, leftovers, queries, stores
from selfservice.media.models import Arrival, Medium

Source = Literal["upload", "mms"]
MOST_PER_PAGE = 20
QUARANTINE = "quarantine"


def receive(page_id: int, body: bytes, *, source: Source, sender: str) -> Medium:
    """Keep a photo that was sent for a page until the worker has prepared it; nobody sees it before.

    `sender` is who sent it, as events name actors: `customer` or `staff:ID`. Call it before anything else is written:
    it commits, because the store is called and no transaction may be open then. The medium's row and its event
    `media.received` are flushed, and the caller commits; if it does not, the worker deletes the bytes.

    Raises kinds.NotTaken, whose `reason` is a word and whose message tells the sender what to do, and Unavailable.
    """
    kind = kinds.require(body)
    if queries.count_for_page(page_id) >= MOST_PER_PAGE:
        raise kinds.NotTaken("too_many")
    key = leftovers.intend(QUARANTINE)
    db.session.commit()
    try:
        stores.current().put(key, body)
    except Unavailable:
        leftovers.give_up([key])
        db.session.commit()
        raise
    if not leftovers.adopt([key]):
        raise Unavailable("The photos' store took too long to keep the photo, so it was not taken; send it again.")
    digest = hashlib.sha256(body).hexdigest()
    return _add(page_id, source, sender, state="received", kind=kind, size=len(body), key=key, sha256=digest)


def refuse(page_id: int, *, source: Source, sender: str, reason: str, size: int = 0) -> Medium:
    """Write down that something came for a page that could not be taken, where its sender reads no answer: an MMS.

    `reason` is a word: that of kinds.NotTaken, or `lost` when the provider does not have it any more. The caller
    commits.
    """
    medium = _add(page_id, source, sender, state="refused", reason=reason, size=size)
    tell(medium.id, page_id, "refused", reason=reason)
    return medium


def forget(page_id: int) -> int:
    """Delete all photos of a page, fetched or not, and what their rows tell of them; says how many rows there were.

    The caller commits; from then on nothing is shown, and the worker asks the store until it is empty of them.
    """
    # First what is still to be fetched: who has fetched it and has yet to commit is waited for, and its photo found.
    db.session.execute(delete(Arrival).where(Arrival.page_id == page_id))
    mine = select(Medium.id, Medium.key, Medium.preview_key).where(Medium.page_id == page_id)
    rows = db.session.execute(mine.with_for_update()).all()
    leftovers.discard(key for row in rows for key in (row.key, row.preview_key) if key is not None)
    nothing = ("reason", "kind", "key", "sha256", "made_as", "width", "height", "preview_key", "preview_sha256")
    db.session.execute(
        update(Medium)
        .where(Medium.id.in_([row.id for row in rows]))
        .values(state="forgotten", size=0, **dict.fromkeys(nothing))
        .execution_options(synchronize_session="fetch")
    )
    return len(rows)


def tell(medium_id: int, page_id: int, what: str, *, actor: str = "system", **data: str) -> None:
    """Record `media.WHAT`, in the caller's transaction."""
    told = {"medium": tokens.encode_id(medium_id), **data}
    events.record(f"media.{what}", actor=actor, page_id=page_id, data=told)


def _add(page_id: int, source: Source, sender: str, **values: object) -> Medium:
    now = clock.now()
    medium = Medium(
        id=tokens.new_id(),
        page_id=page_id,
        source=source,
        sent_by=sender,
        tries=0,
        created_at=now,
        next_look_at=now,
        **values,
    )
    db.session.add(medium)
    db.session.flush()
    tell(medium.id, page_id, "received", actor=sender, source=source)
    return medium
