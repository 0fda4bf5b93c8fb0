"""Taking photos for a page, sending them with an answer, forgetting them; what is made of them is `preparing`'s."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import delete, select, text, update

from selfservice import clock, locks, tokens
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.events import service as events
from selfservice.media import kinds, leftovers, queries, stores
from selfservice.media.models import IS_UNSENT, Arrival, Medium, Upload

Source = Literal["upload", "mms"]
MOST_PER_PAGE = 20
QUARANTINE = "quarantine"
CUSTOMER = "customer"

_LATER = timedelta(minutes=10)


def receive(
    page_id: int | None,
    body: bytes,
    *,
    source: Source,
    sender: str,
    medium_id: int | None = None,
    conversation_id: int | None = None,
) -> Medium:
    """Keep a photo that was sent for a page until the worker has prepared it; nobody sees it before.

    One that is about no page is kept for the work that it made for staff (`conversation_id`), and only staff see it.
    `sender` is who sent it, as events name actors: `customer` or `staff:ID`. Call it before anything else is written:
    it commits, because the store is called and no transaction may be open then. The medium's row is flushed, and the
    caller commits; if it does not, the worker deletes the bytes. That it came is told at once (`media.received`), but
    of an upload only when it is sent with an answer. `medium_id` is the id it gets, if it has one already.

    Raises kinds.NotTaken, whose `reason` is a word and whose message tells the sender what to do, and Unavailable.
    """
    kind = kinds.require(body)
    has_room = medium_id is not None  # An upload in parts has had its place since it began.
    if not has_room:
        require_room(page_id, conversation_id)
    key = leftovers.intend(QUARANTINE)
    db.session.commit()
    try:
        stores.current().put(key, body)
        if not has_room:
            require_room(page_id, conversation_id)  # Of those who have come meanwhile, one at a time.
    except (Unavailable, kinds.NotTaken):
        leftovers.give_up([key])
        db.session.commit()
        raise
    if not leftovers.adopt([key]):
        raise Unavailable("The photos' store took too long to keep the photo, so it was not taken; send it again.")
    digest = hashlib.sha256(body).hexdigest()
    values: dict[str, Any] = {"page_id": page_id, "conversation_id": conversation_id}
    values |= {"id": medium_id} if medium_id is not None else {}
    return _add(source, sender, state="received", kind=kind, size=len(body), key=key, sha256=digest, **values)


def require_room(page_id: int | None, conversation_id: int | None = None) -> None:
    """Raise kinds.NotTaken where a page, or work of no page, has as many photos as it can take.

    Nobody else adds one until the commit.
    """
    locks.hold([f"photos:{page_id or conversation_id}"])
    count = queries.count_for_page(page_id) if page_id is not None else queries.count_for_work(conversation_id or 0)
    if count >= MOST_PER_PAGE:
        raise kinds.NotTaken("too_many")


def send(page_id: int, medium_ids: Collection[int], *, answer_id: int, sender: str) -> bool:
    """Send uploads of a page with an answer; False when one is not there, cannot be read or was sent already.

    The caller commits, or takes all of it back.
    """
    sent = db.session.execute(
        update(Medium)
        .where(
            Medium.id.in_(medium_ids),
            Medium.page_id == page_id,
            Medium.source == "upload",
            Medium.sent_by == CUSTOMER,
            Medium.state.in_(("received", "ready")),
            Medium.answer_id.is_(None),
        )
        .values(answer_id=answer_id)
        .execution_options(synchronize_session=False)
    )
    for medium_id in medium_ids:
        tell(medium_id, page_id, "received", actor=sender, source="upload")
    return bool(sent.rowcount == len(medium_ids))  # type: ignore[attr-defined]


def withdraw(answer_ids: Collection[int]) -> None:
    """Delete the photos that were sent with answers which are taken back. The caller commits."""
    mine = select(Medium.id, Medium.key, Medium.preview_key).where(Medium.answer_id.in_(answer_ids))
    _empty(db.session.execute(mine.with_for_update()).all())


def let_go_of_unreadable(answer_id: int) -> int:
    """Note that somebody sees to the photos of an answer that could not be read; says how many. The caller commits."""
    gone = db.session.execute(
        update(Medium)
        .where(Medium.answer_id == answer_id, Medium.state == "refused")
        .values(answer_id=None)
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def put_off_unreadable(answer_id: int) -> None:
    """Look again later at the photos of an answer that could not be read: nobody can see to them now."""
    db.session.execute(
        update(Medium)
        .where(Medium.answer_id == answer_id, Medium.state == "refused")
        .values(next_look_at=clock.now() + _LATER)
        .execution_options(synchronize_session=False)
    )


def forget_one_unsent(page_id: int, medium_id: int) -> None:
    """Delete a photo that was uploaded to a page and is not sent. The caller commits."""
    mine = (Medium.id == medium_id, Medium.page_id == page_id, text(IS_UNSENT))
    _empty(db.session.execute(select(Medium.id, Medium.key, Medium.preview_key).where(*mine).with_for_update()).all())


def forget_unsent(limit: int = 20) -> int:
    """Delete what was uploaded and, for a day, not sent with any answer; says how many photos. The caller commits."""
    mine = select(Medium.id, Medium.key, Medium.preview_key).where(queries.is_unsent_for_long())
    rows = db.session.execute(mine.limit(limit).with_for_update(skip_locked=True)).all()
    _empty(rows)
    return len(rows)


def refuse(
    page_id: int | None, *, source: Source, sender: str, reason: str, size: int = 0, conversation_id: int | None = None
) -> Medium:
    """Write down that something came for a page, or for work of no page, that could not be taken: by MMS.

    `reason` is a word: that of kinds.NotTaken, or `lost` when the provider does not have it any more. The caller
    commits.
    """
    of_what = {"page_id": page_id, "conversation_id": conversation_id}
    medium = _add(source, sender, state="refused", reason=reason, size=size, **of_what)
    tell(medium.id, page_id, "refused", conversation_id=conversation_id, reason=reason)
    return medium


def forget(page_id: int) -> int:
    """Delete all photos of a page, fetched or not, and what their rows tell of them; says how many rows there were.

    The caller commits; from then on nothing is shown, and the worker asks the store until it is empty of them.
    """
    # First what is still to be fetched: who has fetched it and has yet to commit is waited for, and its photo found.
    db.session.execute(delete(Arrival).where(Arrival.page_id == page_id))
    parts = select(Upload.keys).where(Upload.page_id == page_id).with_for_update()
    leftovers.discard(key for keys in db.session.scalars(parts).all() for key in keys)
    db.session.execute(delete(Upload).where(Upload.page_id == page_id))
    mine = select(Medium.id, Medium.key, Medium.preview_key).where(Medium.page_id == page_id)
    rows = db.session.execute(mine.with_for_update()).all()
    _empty(rows)
    return len(rows)


def forget_for_work(conversation_ids: Collection[int]) -> int:
    """Delete all photos that came for work of no page, as `forget` does for a page; says how many rows there were."""
    db.session.execute(delete(Arrival).where(Arrival.conversation_id.in_(conversation_ids)))
    mine = select(Medium.id, Medium.key, Medium.preview_key).where(Medium.conversation_id.in_(conversation_ids))
    rows = db.session.execute(mine.with_for_update()).all()
    _empty(rows)
    return len(rows)


def _empty(rows: Sequence[Any]) -> None:
    """Take out of rows, which the caller holds, all that they tell, and have what lies in the store deleted."""
    leftovers.discard(key for row in rows for key in (row.key, row.preview_key) if key is not None)
    nothing = ("reason", "kind", "key", "sha256", "made_as", "width", "height", "preview_key", "preview_sha256")
    db.session.execute(
        update(Medium)
        .where(Medium.id.in_([row.id for row in rows]))
        .values(state="forgotten", size=0, **dict.fromkeys(nothing))
        .execution_options(synchronize_session="fetch")
    )


def tell(
    medium_id: int,
    page_id: int | None,
    what: str,
    *,
    actor: str = "system",
    conversation_id: int | None = None,
    **data: str,
) -> None:
    """Record `media.WHAT`, in the caller's transaction."""
    told = {"medium": tokens.encode_id(medium_id), **data}
    events.record(f"media.{what}", actor=actor, page_id=page_id, conversation_id=conversation_id, data=told)


def waits_for_answer(source: str, sender: str) -> bool:
    """Whether a photo is nobody's business but the customer's until an answer sends it."""
    return source == "upload" and sender == CUSTOMER


def _add(source: Source, sender: str, **values: Any) -> Medium:
    now = clock.now()
    medium = Medium(
        source=source,
        sent_by=sender,
        tries=0,
        created_at=now,
        next_look_at=now,
        **{"id": tokens.new_id(), **values},
    )
    db.session.add(medium)
    db.session.flush()
    if not waits_for_answer(source, sender):
        tell(
            medium.id,
            medium.page_id,
            "received",
            actor=sender,
            conversation_id=medium.conversation_id,
            source=source,
        )
    return medium
