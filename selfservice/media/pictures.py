"""Pictures that staff show on pages: made clean before they are kept, and kept as long as a page shows them.

They are no photos of a page: one picture may stand on any number of pages. Nobody but staff and commands brings them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, exists, insert, select

from selfservice import clock, tokens
from selfservice.db import db, fetch
from selfservice.errors import Invalid, NotFound, Unavailable
from selfservice.events import service as events
from selfservice.kit.pictures import EXAMPLES
from selfservice.media import developing, kinds, leftovers, reading, stores
from selfservice.media.developing import Spoilt
from selfservice.media.models import Picture, PictureUse
from selfservice.media.reading import Photo

FIELD = "picture"
FOLDER = "picture"
UNUSED_LIVES = timedelta(days=30)
"""How long a picture waits for its first page."""

_EXAMPLES = {tokens.decode_id(example.id): example for example in EXAMPLES.values()}
_NO_PICTURE = "This is no picture that can be read; save it as a JPEG or PNG and choose that."
_SENTENCES = {
    "empty": "The file is empty; choose the picture again.",
    "too_large": f"The file is larger than {kinds.MOST_BYTES // 1024**2} MB; save the picture in a smaller size.",
    "too_many_pixels": "The picture has more than 50 megapixels; save it in a smaller size.",
}


class Size(NamedTuple):
    """How wide and high a picture is, in pixels."""

    width: int
    height: int


def add(body: bytes, *, actor: str) -> int:
    """Keep a picture; gives its id. Nothing that a camera noted is in what is kept, and no more than pages show.

    Call it before anything is read or written: it takes up to seconds, and commits. Raises Invalid and Unavailable.
    """
    try:
        made = developing.develop(kinds.require(body), body, "picture")
    except (kinds.NotTaken, Spoilt) as refusal:
        sentence = _SENTENCES.get(refusal.reason, _NO_PICTURE)
        raise Invalid(sentence, fields={FIELD: sentence}) from None
    keys = [leftovers.intend(FOLDER), leftovers.intend(FOLDER)]
    db.session.commit()
    try:
        for key, file in zip(keys, (made.picture, made.preview), strict=True):
            stores.current().put(key, file)
    except Unavailable:
        leftovers.give_up(keys)
        db.session.commit()
        raise
    if not leftovers.adopt(keys):
        raise Unavailable("The photos' store took too long to keep the picture, so it was not kept; choose it again.")
    picture = Picture(
        id=tokens.new_id(),
        key=keys[0],
        sha256=hashlib.sha256(made.picture).hexdigest(),
        preview_key=keys[1],
        preview_sha256=hashlib.sha256(made.preview).hexdigest(),
        made_as=made.made_as,
        width=made.width,
        height=made.height,
        added_by=actor,
        created_at=clock.now(),
    )
    db.session.add(picture)
    events.record("picture.added", actor=actor, data={"picture": tokens.encode_id(picture.id)})
    db.session.commit()
    return picture.id


def sizes(ids: Collection[int]) -> dict[int, Size]:
    """How large each of these pictures is; one that is not there is left out. Reads what is committed."""
    found = {one: Size(_EXAMPLES[one].width, _EXAMPLES[one].height) for one in ids if one in _EXAMPLES}
    wanted = [one for one in ids if one not in _EXAMPLES]
    if wanted:
        query = select(Picture.id, Picture.width, Picture.height).where(Picture.id.in_(wanted))
        found |= {row.id: Size(row.width, row.height) for row in fetch(query, {})}
    return found


def read(picture_id: int, *, small: bool = False) -> Photo:
    """A picture, or its small one, as it may be shown; raises NotFound, Missing and Unavailable."""
    if picture_id in _EXAMPLES:
        return Photo(_EXAMPLES[picture_id].file.read_bytes(), "image/jpeg", "photo.jpg")
    picture = db.session.get(Picture, picture_id)
    if picture is None:
        raise NotFound("There is no such picture any more; choose it again.")
    return reading.read(picture, preview=small)


def use(page_id: int, ids: Collection[int]) -> frozenset[int]:
    """Let a page show these pictures and no others; gives those that are not there, which it then does not show.

    What no page shows any more is deleted. The caller commits, or takes all of it back.
    """
    wanted = {one for one in ids if one not in _EXAMPLES}
    mine = set(db.session.scalars(select(PictureUse.picture_id).where(PictureUse.page_id == page_id)))
    # Held until the commit, so that none of them goes while this page begins to show it; with those that may go, in one
    # order and at once as firmly as they need, so that pages which swap pictures do not wait in a circle.
    goes = bool(mine - wanted)
    there = select(Picture.id).where(Picture.id.in_(wanted | mine)).order_by(Picture.id)
    held = there.with_for_update(read=not goes, key_share=not goes)
    found = wanted.intersection(db.session.scalars(held)) if wanted | mine else set()
    if found - mine:
        fresh = [{"page_id": page_id, "picture_id": one} for one in sorted(found - mine)]
        db.session.execute(insert(PictureUse), fresh)
    if mine - found:
        gone = (PictureUse.page_id == page_id, PictureUse.picture_id.in_(mine - found))
        db.session.execute(delete(PictureUse).where(*gone))
        _delete_unused(mine - found)
    return frozenset(wanted - found)


def let_go(page_ids: Collection[int]) -> None:
    """These pages show no pictures any more, and what no other page shows is deleted. The caller commits."""
    theirs = PictureUse.page_id.in_(page_ids)
    ids = set(db.session.scalars(select(PictureUse.picture_id).where(theirs)))
    if ids:
        db.session.execute(delete(PictureUse).where(theirs))
        _delete_unused(ids)


def list_for(page_ids: Collection[int]) -> Iterable[Picture]:
    """The pictures that some pages show, in the order in which they came."""
    uses = select(PictureUse.picture_id).where(PictureUse.page_id.in_(page_ids))
    return db.session.scalars(select(Picture).where(Picture.id.in_(uses)).order_by(Picture.created_at, Picture.id))


def is_left_over() -> ColumnElement[bool]:
    """The condition that a picture has waited for its first page for too long."""
    return and_(Picture.created_at <= clock.now() - UNUSED_LIVES, ~_is_used())


def delete_left_over(ids: Collection[int]) -> None:
    """Delete those of these pictures that no page shows. The caller commits."""
    _delete_unused(set(ids))


def _is_used() -> ColumnElement[bool]:
    return exists().where(PictureUse.picture_id == Picture.id)


def _delete_unused(ids: set[int]) -> None:
    """First they are held: whoever begins to show one meanwhile is waited for, and seen by the second look."""
    db.session.execute(select(Picture.id).where(Picture.id.in_(ids)).order_by(Picture.id).with_for_update()).all()
    unused = and_(Picture.id.in_(ids), ~_is_used())
    rows = db.session.execute(select(Picture.id, Picture.key, Picture.preview_key).where(unused)).all()
    leftovers.discard(key for row in rows for key in (row.key, row.preview_key))
    db.session.execute(
        delete(Picture).where(Picture.id.in_([row.id for row in rows])).execution_options(synchronize_session="fetch")
    )
