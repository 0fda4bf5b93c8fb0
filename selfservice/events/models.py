"""The event table: append-only, one row for everything that happened; no personal data in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import BigId, Json, UtcDateTime, db


class Event(db.Model):  # type: ignore[name-defined,misc]
    """Something that happened. `actor` is `customer`, `system`, `cli` or `staff:ID`; `data` holds no personal data.

    `txid` is the transaction that wrote the row: on PostgreSQL rows become visible out of the order of their ids, and
    only the transaction ids say what may still appear.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_page_id_id", "page_id", "id"),
        Index("ix_events_txid_id", "txid", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    txid: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(40))
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    conversation_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
