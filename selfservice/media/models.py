"""The tables of media: what came for a page, what is still coming, what pages show, what the store holds for no row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import Json, UtcDateTime, db

SOURCES = ("upload", "mms")
STATES = ("received", "ready", "refused", "forgotten")
_SOURCES_SQL = ", ".join(f"'{source}'" for source in SOURCES)
_STATES_SQL = ", ".join(f"'{state}'" for state in STATES)
_IS_WAITING = text("state = 'received'")
UPLOAD_STATES = ("coming", "whole", "dropped")
_UPLOAD_STATES_SQL = ", ".join(f"'{state}'" for state in UPLOAD_STATES)
IS_UNSENT = "source = 'upload' AND sent_by = 'customer' AND answer_id IS NULL AND key IS NOT NULL"
_IS_UNSENT = text(IS_UNSENT)
IS_UNREADABLE = "state = 'refused' AND answer_id IS NOT NULL"
_IS_UNREADABLE = text(IS_UNREADABLE)


_OF_ONE = "(page_id IS NULL) <> (conversation_id IS NULL)"


class Medium(db.Model):  # type: ignore[name-defined,misc]
    """One photo that was sent for a page, or with a text about no page: it is of the work that this made for staff.

    `kind` is what its first bytes said, `size` how many bytes came. `key` names the bytes in the store, `sha256` is
    theirs: while it is received those that came, in quarantine; once it is ready those that were made of them, in
    `made_as` with `width` and `height`. Refused or forgotten it has none; `reason` says why it was refused.
    `answer_id` is the answer that it was sent with; a customer's upload has none until then, and nobody else knows of
    it. `tries` counts the claims of workers since one was last heard of.
    """

    __tablename__ = "media"
    __table_args__ = (
        CheckConstraint(f"source IN ({_SOURCES_SQL})", name="source"),
        CheckConstraint(f"state IN ({_STATES_SQL})", name="state"),
        CheckConstraint("(state IN ('received', 'ready')) = (key IS NOT NULL)", name="key"),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint(_OF_ONE, name="of_one"),
        Index("ix_media_page_id", "page_id"),
        Index("ix_media_conversation_id", "conversation_id"),
        Index("ix_media_waiting", "next_look_at", sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING),
        Index("ix_media_unsent", "created_at", sqlite_where=_IS_UNSENT, postgresql_where=_IS_UNSENT),
        Index("ix_media_unreadable", "page_id", sqlite_where=_IS_UNREADABLE, postgresql_where=_IS_UNREADABLE),
        Index("ix_media_answer_id", "answer_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    conversation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("conversations.id"))
    answer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("answers.id"))
    source: Mapped[str] = mapped_column(String(10))
    sent_by: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(10))
    size: Mapped[int]
    key: Mapped[str | None] = mapped_column(String(40))
    sha256: Mapped[str | None] = mapped_column(String(64))
    made_as: Mapped[str | None] = mapped_column(String(10))
    width: Mapped[int | None]
    height: Mapped[int | None]
    preview_key: Mapped[str | None] = mapped_column(String(40))
    preview_sha256: Mapped[str | None] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    next_look_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Upload(db.Model):  # type: ignore[name-defined,misc]
    """A photo on its way from a customer's page, part by part; once it is whole it is the medium of the same id.

    `received` of `size` bytes are there, in the parts under `keys`, in their order.
    """

    __tablename__ = "media_uploads"
    __table_args__ = (
        CheckConstraint(f"state IN ({_UPLOAD_STATES_SQL})", name="state"),
        CheckConstraint("received BETWEEN 0 AND size", name="received"),
        Index("ix_media_uploads_page_id", "page_id", "created_at"),
        Index("ix_media_uploads_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"))
    state: Mapped[str] = mapped_column(String(10))
    size: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    keys: Mapped[list[Any]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Arrival(db.Model):  # type: ignore[name-defined,misc]
    """A photo for a page or for work of no page that the `provider` who took it keeps at `url`; fetched at `due_at`."""

    __tablename__ = "media_arrivals"
    __table_args__ = (
        CheckConstraint(_OF_ONE, name="of_one"),
        Index("ix_media_arrivals_due_at", "due_at"),
        Index("ix_media_arrivals_page_id", "page_id"),
        Index("ix_media_arrivals_conversation_id", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    conversation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("conversations.id"))
    provider: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(Text)
    sent_by: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)


class Picture(db.Model):  # type: ignore[name-defined,misc]
    """A picture that staff show on pages: made clean before it is kept, `width` by `height` pixels, and a small one."""

    __tablename__ = "pictures"
    __table_args__ = (Index("ix_pictures_created_at", "created_at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    preview_key: Mapped[str] = mapped_column(String(40))
    preview_sha256: Mapped[str] = mapped_column(String(64))
    made_as: Mapped[str] = mapped_column(String(10))
    width: Mapped[int]
    height: Mapped[int]
    added_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PictureUse(db.Model):  # type: ignore[name-defined,misc]
    """That a page shows a picture."""

    __tablename__ = "picture_uses"
    __table_args__ = (Index("ix_picture_uses_picture_id", "picture_id"),)

    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    picture_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pictures.id"), primary_key=True)


class Leftover(db.Model):  # type: ignore[name-defined,misc]
    """A key of the store to be emptied at `due_at`, unless what lies there is taken into use before.

    Written before the store is called, so that nothing lies there that no row knows of. `tries` counts how often it
    was tried to empty it; from the first on it cannot be taken into use any more.
    """

    __tablename__ = "media_leftovers"
    __table_args__ = (Index("ix_media_leftovers_due_at", "due_at"),)

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
