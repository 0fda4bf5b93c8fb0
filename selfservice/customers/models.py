"""The tables of customers and of the numbers that asked us to stop."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import BigId, UtcDateTime, db


class Customer(db.Model):  # type: ignore[name-defined,misc]
    """One person. `ref` is the organisation's own name for them; a number belongs to one person at a time.

    `locale` (BCP 47) and `timezone` (IANA) are empty while nobody has said them.
    """

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ref: Mapped[str | None] = mapped_column(String(80), unique=True)
    name: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(16), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    locale: Mapped[str | None] = mapped_column(String(20))
    timezone: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def first_name(self) -> str:
        """The word we greet with, empty if no name is known."""
        return (self.name or "").split(" ", 1)[0]


class Suppression(db.Model):  # type: ignore[name-defined,misc]
    """An address that must not be written to. Only its keyed hash is kept: it outlives the customer's row."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("channel", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    key_id: Mapped[str] = mapped_column(String(1))
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
