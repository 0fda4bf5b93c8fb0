"""The texts that came in, as they came, and what was made of each."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import Json, UtcDateTime, db

Meaning = Literal["stop", "start", "help", "more", "answer", "staff"]

IS_TOLD = "understood_at IS NOT NULL AND sender <> ''"
"""The condition, as SQL, that a text was understood and its words are still there."""


class InboundText(db.Model):  # type: ignore[name-defined,misc]
    """One text that somebody sent us; the provider's `ref` makes it one however often it is handed over.

    `sender` is a number (E.164) where the provider gives one. `media` are pairs of address and content type, still at
    the provider. Until `understood_at` is set nobody has acted on it. `page_id` is the page that it was about.
    """

    __tablename__ = "inbound_texts"
    __table_args__ = (
        UniqueConstraint("provider", "ref"),
        CheckConstraint("meaning IN ('stop', 'start', 'help', 'more', 'answer', 'staff')", name="meaning"),
        CheckConstraint("(understood_at IS NULL) = (meaning IS NULL)", name="understood"),
        Index("ix_inbound_texts_sender_received_at", "sender", "received_at"),
        Index("ix_inbound_texts_page_id", "page_id"),
        Index(
            "ix_inbound_texts_customer_id",
            "customer_id",
            sqlite_where=text("customer_id IS NOT NULL"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        Index("ix_inbound_texts_conversation_id", "conversation_id"),
        Index("ix_inbound_texts_told", "received_at", sqlite_where=text(IS_TOLD), postgresql_where=text(IS_TOLD)),
        Index(
            "ix_inbound_texts_waiting",
            "received_at",
            sqlite_where=text("understood_at IS NULL"),
            postgresql_where=text("understood_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    provider: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str] = mapped_column(String(120))
    sender: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    media: Mapped[list[list[str]]] = mapped_column(Json)
    meaning: Mapped[str | None] = mapped_column(String(12))
    customer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("customers.id"))
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    conversation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("conversations.id"))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    understood_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
