"""The conversations table: every time a person is needed, with the team that answers for it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.conversations.states import STATES
from selfservice.db import UtcDateTime, db

State = Literal["waiting", "open", "snoozed", "closed"]
_STATES_SQL = ", ".join(f"'{state}'" for state in STATES)
Kind = Literal["callback", "call", "hand_off", "wrong_number", "reply", "unanswered"]

IS_TOLD = "closed_at IS NOT NULL AND (phone IS NOT NULL OR note <> '')"
"""The condition, as SQL, that work is done and what the customer said is still there."""

OF_NO_PAGE = "page_id IS NULL AND phone IS NOT NULL"
"""The condition, as SQL, that work is about no page, and somebody could be called."""


class Conversation(db.Model):  # type: ignore[name-defined,misc]
    """Work for staff: a customer who asked to be called or wrote a text, an answer that needs a person, or none.

    `reason` is written by us, `note` by the customer. `due_at` is what the customer was told.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES_SQL})", name="state"),
        Index("ix_conversations_state_team_due_at", "state", "team", "due_at"),
        Index("ix_conversations_page_id", "page_id"),
        Index(
            "ix_conversations_customer_id",
            "customer_id",
            sqlite_where=text("customer_id IS NOT NULL"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        Index("ix_conversations_of_no_page", "phone", sqlite_where=text(OF_NO_PAGE), postgresql_where=text(OF_NO_PAGE)),
        Index("ix_conversations_told", "closed_at", sqlite_where=text(IS_TOLD), postgresql_where=text(IS_TOLD)),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    team: Mapped[str] = mapped_column(String(40))
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    customer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("customers.id"))
    phone: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    urgent: Mapped[bool] = mapped_column(default=False)
    user_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
