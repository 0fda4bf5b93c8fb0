"""The tables of customers, of the numbers that asked us to stop, and of the devices their pages are opened on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import BigId, UtcDateTime, db

IS_KNOWN = "(ref IS NOT NULL OR name IS NOT NULL OR phone IS NOT NULL OR email IS NOT NULL)"
"""The condition, as SQL, that it is still known who a customer is."""


class Customer(db.Model):  # type: ignore[name-defined,misc]
    """One person. `ref` is the organisation's own name for them; a number belongs to one person at a time.

    `locale` (BCP 47) and `timezone` (IANA) are empty while nobody has said them. `language_chosen_at` is when the
    customer chose the language on a page: from then on, what anybody else says of it no longer counts.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_known", "updated_at", sqlite_where=text(IS_KNOWN), postgresql_where=text(IS_KNOWN)),
        # Somebody known by an e-mail address alone is found by it.
        Index(
            "ix_customers_email",
            "email",
            sqlite_where=text("email IS NOT NULL"),
            postgresql_where=text("email IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ref: Mapped[str | None] = mapped_column(String(80), unique=True)
    name: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(16), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    locale: Mapped[str | None] = mapped_column(String(20))
    language_chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
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
    __table_args__ = (UniqueConstraint("channel", "digest"), Index("ix_suppressions_key_id", "key_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    key_id: Mapped[str] = mapped_column(String(1))
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Wording(db.Model):  # type: ignore[name-defined,misc]
    """What a person was shown when they allowed or forbade something, kept once under its SHA-256."""

    __tablename__ = "wordings"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Consent(db.Model):  # type: ignore[name-defined,misc]
    """One time that somebody allowed or forbade a class of messages on a channel; only ever added to.

    The address stands here as its keyed hash, so that what was said of it holds when the person is erased and comes
    again. `source` is where they said it, `actor` who wrote it down.
    """

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("message_class IN ('service', 'marketing', 'urgent')", name="message_class"),
        Index("ix_consents_digest", "digest", "channel", "message_class", "id"),
        Index("ix_consents_customer_id", "customer_id", "id"),
        Index("ix_consents_key_id", "key_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("customers.id"))
    channel: Mapped[str] = mapped_column(String(20))
    key_id: Mapped[str] = mapped_column(String(1))
    digest: Mapped[str] = mapped_column(String(64))
    message_class: Mapped[str] = mapped_column(String(20))
    is_given: Mapped[bool]
    wording: Mapped[str] = mapped_column(String(64), ForeignKey("wordings.digest"))
    source: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(40))
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Preference(db.Model):  # type: ignore[name-defined,misc]
    """How a customer wants to be written to: `hours` as "09:00-18:00", `channels` as "sms,push,-email", in this order
    and on none with a minus; empty is as usual. `first_channel` is all that the version before knew and still reads.
    """

    __tablename__ = "preferences"

    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("customers.id"), primary_key=True)
    hours: Mapped[str] = mapped_column(String(11), default="")
    first_channel: Mapped[str] = mapped_column(String(20), default="")
    channels: Mapped[str | None] = mapped_column(String(20))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Device(db.Model):  # type: ignore[name-defined,misc]
    """One browser that a person used: its cookie holds a secret, and only the secret's SHA-256 is kept here."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DevicePage(db.Model):  # type: ignore[name-defined,misc]
    """A page that was looked at on a device, so that the device's inbox lists it."""

    __tablename__ = "device_pages"
    __table_args__ = (Index("ix_device_pages_page_id", "page_id"),)

    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"), primary_key=True)
    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Following(db.Model):  # type: ignore[name-defined,misc]
    """A device that may stand for a customer who asked to be told: pushes about all of their pages go there."""

    __tablename__ = "followings"
    __table_args__ = (Index("ix_followings_customer_id", "customer_id"),)

    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("customers.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PageFollowing(db.Model):  # type: ignore[name-defined,misc]
    """A device on which somebody asked to be told whom nothing shows to be the customer: it is told of one page alone.

    `customer_id` is whose page it is.
    """

    __tablename__ = "page_followings"
    __table_args__ = (
        Index("ix_page_followings_page_id", "page_id"),
        Index("ix_page_followings_customer_id", "customer_id"),
    )

    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"), primary_key=True)
    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("customers.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PushSubscription(db.Model):  # type: ignore[name-defined,misc]
    """Where a device takes pushes: the push service's address, and the device's keys in base64url.

    An endpoint is a secret and up to 2 kB long, so it is looked up by its SHA-256. `confirmed_at` is when the device
    last said that it is still its own.
    """

    __tablename__ = "push_subscriptions"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"), unique=True)
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_digest: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
