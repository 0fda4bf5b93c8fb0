"""The outbox, its attempts, the development handset's memory and the workers' signs of life."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import BigId, Json, UtcDateTime, db
from selfservice.messages.states import STATES, UNSENT

OF_NO_PAGE = "page_id IS NULL AND recipient <> ''"
"""The condition, as SQL, that a message is about no page and its words are still there."""

_STATES_SQL = ", ".join(f"'{state}'" for state in STATES)


class Message(db.Model):  # type: ignore[name-defined,misc]
    """One text or push to one recipient, rendered when it was accepted.

    `purpose` is "invitation", "reminder" and the like, or the name of a text in the type's copy file. `sender` is the
    name or number the recipient sees, empty for the provider's own. `reason` says why it is held, suppressed, cancelled
    or failed. `next_look_at` is when the worker has something to do with it, empty when it never has; of those that are
    due, a lower `rank` leaves first. `fence` grows with every lease: a worker that was thought dead cannot write over
    its successor. `failures` counts the same exception in a row, `resends` the flagged re-sends. `stopping` is why one
    that may come to wait again is taken back then: its page is closed, say. A push carries its `payload` beside the
    words and goes to the device whose id is its `recipient`; `ahead_of` is the text that it goes ahead of. A text that
    `stands_by` leaves only if no push has reached its phone; one that stands by `until_seen`, only if nobody has
    pressed one. One that `is_asked_for` answers what its recipient has just done, so it wakes nobody.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES_SQL})", name="state"),
        CheckConstraint("message_class IN ('service', 'marketing', 'urgent')", name="message_class"),
        CheckConstraint("encoding IN ('GSM-7', 'UCS-2')", name="encoding"),
        CheckConstraint("(state IN ('leased', 'sending')) = (lease_until IS NOT NULL)", name="lease"),
        # Small indexes: a message leaves them when nothing is left to do.
        Index(
            "ix_messages_due",
            "state",
            "next_look_at",
            sqlite_where=text("next_look_at IS NOT NULL"),
            postgresql_where=text("next_look_at IS NOT NULL"),
        ),
        # A channel that is slow must not make the others wait behind what it cannot take.
        Index(
            "ix_messages_ready",
            "channel",
            "rank",
            "next_look_at",
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_messages_ahead_of",
            "ahead_of",
            sqlite_where=text("ahead_of IS NOT NULL"),
            postgresql_where=text("ahead_of IS NOT NULL"),
        ),
        Index(
            "ix_messages_leases",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        Index(
            "ix_messages_dead",
            "updated_at",
            sqlite_where=text("state = 'dead'"),
            postgresql_where=text("state = 'dead'"),
        ),
        Index("ix_messages_page_id", "page_id"),
        Index("ix_messages_of_no_page", "created_at", sqlite_where=text(OF_NO_PAGE), postgresql_where=text(OF_NO_PAGE)),
        Index("ix_messages_recipient_state", "recipient", "state"),
        Index("ix_messages_created_at_id", "created_at", "id"),
        Index("ix_messages_customer_id_created_at", "customer_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    conversation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("conversations.id"))
    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("customers.id"))
    purpose: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(20))
    message_class: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(254))
    sender: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    encoding: Mapped[str] = mapped_column(String(5))
    segments: Mapped[int]
    state: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str | None] = mapped_column(String(120))
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    resends: Mapped[int] = mapped_column(default=0)
    stopping: Mapped[str | None] = mapped_column(String(40))
    next_look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    fence: Mapped[int] = mapped_column(default=0)
    rank: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    provider: Mapped[str | None] = mapped_column(String(40))
    provider_ref: Mapped[str | None] = mapped_column(String(120))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payload: Mapped[dict[str, Any] | None] = mapped_column(Json)
    stands_by: Mapped[bool] = mapped_column(default=False, server_default=false())
    until_seen: Mapped[bool] = mapped_column(default=False, server_default=false())
    ahead_of: Mapped[int | None] = mapped_column(BigInteger)
    is_asked_for: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_unsent(self) -> bool:
        """Whether nothing has left us yet, so that its words can still change."""
        return self.state in UNSENT


class Attempt(db.Model):  # type: ignore[name-defined,misc]
    """One try to send, committed before the provider is called. Without `finished_at` nobody knows how it ended."""

    __tablename__ = "message_attempts"
    __table_args__ = (
        UniqueConstraint("message_id", "fence"),
        CheckConstraint(
            "result IN ('submitted', 'refused', 'refused_for_good', 'uncertain', 'never_taken')", name="result"
        ),
        CheckConstraint("(finished_at IS NULL) = (result IS NULL)", name="finished"),
        Index(
            "ix_message_attempts_provider_ref",
            "provider",
            "provider_ref",
            sqlite_where=text("provider_ref IS NOT NULL"),
            postgresql_where=text("provider_ref IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("messages.id"))
    fence: Mapped[int]
    provider: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[str | None] = mapped_column(String(20))
    provider_ref: Mapped[str | None] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(String(120))


class ProviderReceipt(db.Model):  # type: ignore[name-defined,misc]
    """What a provider said became of a message, as it came: `key` names it among the provider's. Never changed.

    One whose message nobody knows yet is parked; `message_id` is filled in once that is known.
    """

    __tablename__ = "provider_receipts"
    __table_args__ = (
        UniqueConstraint("provider", "key"),
        CheckConstraint(
            "report IN ('submitted', 'carrier_accepted', 'undelivered_temporary', 'undelivered_permanent', "
            "'delivered', 'failed')",
            name="report",
        ),
        Index("ix_provider_receipts_message_id", "message_id"),
        Index(
            "ix_provider_receipts_parked",
            "provider",
            "ref",
            sqlite_where=text("message_id IS NULL"),
            postgresql_where=text("message_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120))
    ref: Mapped[str] = mapped_column(String(120))
    report: Mapped[str] = mapped_column(String(24))
    message_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("messages.id"))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HandsetText(db.Model):  # type: ignore[name-defined,misc]
    """A text on the development handset: `out` reached `number` from `sender`, `in` was typed there as a reply.

    The handset stands for a provider, so it keeps its own copy and knows nothing of messages but `client_ref`.
    """

    __tablename__ = "handset_texts"
    __table_args__ = (
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("(direction = 'out') = (client_ref IS NOT NULL)", name="client_ref"),
        Index("ix_handset_texts_number_id", "number", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    client_ref: Mapped[str | None] = mapped_column(String(11), unique=True)
    number: Mapped[str] = mapped_column(String(16))
    sender: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class HandsetEmail(db.Model):  # type: ignore[name-defined,misc]
    """An e-mail on the development handset, which keeps its own copy and knows nothing of messages but `client_ref`."""

    __tablename__ = "handset_emails"
    __table_args__ = (Index("ix_handset_emails_address_id", "address", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    client_ref: Mapped[str] = mapped_column(String(11), unique=True)
    address: Mapped[str] = mapped_column(String(254))
    sender: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    unsubscribe_url: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkerHeartbeat(db.Model):  # type: ignore[name-defined,misc]
    """A worker's last sign of life; `name` is its host and process. Its row goes when it stops cleanly."""

    __tablename__ = "worker_heartbeats"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderAlarm(db.Model):  # type: ignore[name-defined,misc]
    """A provider at `host` that says it is not us, by its HTTP status; the row goes when it takes a message again."""

    __tablename__ = "provider_alarms"

    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    status: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderHealth(db.Model):  # type: ignore[name-defined,misc]
    """A provider that fails or is slow, and its `share` of a hundred messages on its way back.

    `falls` counts how often it came to this in a row: each time it rests longer. The row goes when it gets everything
    again, so that a provider without a row is well.
    """

    __tablename__ = "provider_health"
    __table_args__ = (
        CheckConstraint("share IN (0, 1, 5, 25)", name="share"),
        CheckConstraint("reason IN ('failures', 'slow')", name="reason"),
    )

    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    share: Mapped[int]
    reason: Mapped[str] = mapped_column(String(20))
    falls: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
