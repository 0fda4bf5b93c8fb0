"""The tables of pages, their answers and the claims that answers hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import Json, UtcDateTime, db
from selfservice.pages import answer_states
from selfservice.pages.states import LIVE, STATES

ERASED = "erased "
"""What stands before the type of a page whose facts are gone: to everything that shows pages, that type is gone."""

_STATES_SQL = ", ".join(f"'{state}'" for state in STATES)
_STATUSES_SQL = ", ".join(f"'{status}'" for status in answer_states.STATES)
_LIVE_SQL = ", ".join(f"'{state}'" for state in LIVE)
_CLOSED_SQL = ", ".join(f"'{state}'" for state in STATES if state not in LIVE)
HAS_ENDED_AND_SPEAKS = f"state IN ({_CLOSED_SQL}) AND substr(situation, 1, {len(ERASED)}) <> '{ERASED}'"
"""The condition, as SQL, that a page has ended and its facts are still there."""

IS_FOLLOWED_UP = "follow_up_at IS NOT NULL"
"""The condition, as SQL, that something is still to be done about a page if nobody answers."""


IS_EXHAUSTED = "exhausted_at IS NOT NULL"


class Page(db.Model):  # type: ignore[name-defined,misc]
    """One signed page for one situation of one customer.

    `step` is the face shown; `answers` maps each action in force to `{"form": ..., "at": ..., "version": ...}`, the
    version of the type it was given under (without one, the page's); `revision` grows with every answer and every
    change of facts, so that two answers to the same sight of the page cannot both win.
    `can_change` says whether the closing answer can still be taken back, `change_until` until when if that is before
    the page's end. `opened_at` is set by the page's own script.
    `first_device_id` is the device that was the first to show the page; it stays when that device is forgotten, so that
    no later one takes its place.
    `channels` are those on which whoever made it let it be told, empty for a link that is handed over; NULL if that is
    not known. `follow_up_at` is when somebody is to look whether it is answered; `follow_ups_done` has the moment that
    each follow-up was for which is over, by name, or `called_off`.
    `disowned_at` is when somebody said that the number it went to is not this customer's.
    """

    __tablename__ = "pages"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES_SQL})", name="state"),
        CheckConstraint("revision > 0", name="revision"),
        Index(
            "uq_pages_live_case_ref",
            "case_ref",
            unique=True,
            sqlite_where=text(f"state IN ({_LIVE_SQL})"),
            postgresql_where=text(f"state IN ({_LIVE_SQL})"),
        ),
        Index("ix_pages_state_expires_at", "state", "expires_at"),
        Index(
            "ix_pages_ended",
            "situation",
            "updated_at",
            sqlite_where=text(HAS_ENDED_AND_SPEAKS),
            postgresql_where=text(HAS_ENDED_AND_SPEAKS),
        ),
        Index(
            "ix_pages_follow_up_at",
            "follow_up_at",
            sqlite_where=text(IS_FOLLOWED_UP),
            postgresql_where=text(IS_FOLLOWED_UP),
        ),
        Index("ix_pages_created_at_id", "created_at", "id"),
        Index("ix_pages_customer_id_created_at", "customer_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    situation: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("customers.id"))
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=1)
    step: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    answers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    can_change: Mapped[bool] = mapped_column(default=False)
    change_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locale: Mapped[str] = mapped_column(String(20))
    timezone: Mapped[str] = mapped_column(String(40))
    case_ref: Mapped[str | None] = mapped_column(String(80))
    channels: Mapped[list[str] | None] = mapped_column(Json)
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    follow_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    follow_ups_done: Mapped[dict[str, str]] = mapped_column(Json, default=dict, server_default="{}")
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_device_id: Mapped[int | None] = mapped_column(BigInteger)
    callback_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disowned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    superseded_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pages.id"))
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Answer(db.Model):  # type: ignore[name-defined,misc]
    """One answer that was taken. The key is the client's Idempotency-Key, kept for the page's life."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("page_id", "action", "key"),
        CheckConstraint(f"status IN ({_STATUSES_SQL})", name="status"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"))
    action: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    form: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Claim(db.Model):  # type: ignore[name-defined,misc]
    """Something that can run out, and how much of it is taken.

    `exhausted_at` is when the last of it went, until all that are offered it know; later where they cannot be told yet.
    """

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken"),
        CheckConstraint("capacity > 0", name="capacity"),
        Index(
            "ix_claims_exhausted_at",
            "exhausted_at",
            sqlite_where=text(IS_EXHAUSTED),
            postgresql_where=text(IS_EXHAUSTED),
        ),
    )

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    exhausted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PageOffer(db.Model):  # type: ignore[name-defined,misc]
    """What a page offers, where its type tells its customer when others have taken it; `gone_at` is when they had."""

    __tablename__ = "page_offers"
    __table_args__ = (Index("ix_page_offers_page_id", "page_id"),)

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClaimHold(db.Model):  # type: ignore[name-defined,misc]
    """What one page has won of a claim."""

    __tablename__ = "claim_holds"

    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), ForeignKey("claims.name"), primary_key=True)
    amount: Mapped[int]


class Check(db.Model):  # type: ignore[name-defined,misc]
    """Who asks whether it is the customer who looks at a page, and how often they were wrong: a row for each kind.

    The limits are the page's, whatever device asks. `codes` counts the one-time codes that were sent, `tries` the
    wrong ones since the last; only the keyed hash of a code is kept.
    """

    __tablename__ = "checks"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'failed', 'locked')", name="state"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
        CheckConstraint("codes BETWEEN 0 AND 3", name="codes"),
        CheckConstraint("(state = 'locked') = (locked_at IS NOT NULL)", name="locked"),
    )

    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    tries: Mapped[int] = mapped_column(default=0)
    codes: Mapped[int] = mapped_column(default=0)
    code_digest: Mapped[str | None] = mapped_column(String(64))
    code_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CheckPass(db.Model):  # type: ignore[name-defined,misc]
    """A device on which a page's check was passed; `seen_at` is when that pass was last used."""

    __tablename__ = "check_passes"
    __table_args__ = (Index("ix_check_passes_device_id", "device_id"),)

    page_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pages.id"), primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    passed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
