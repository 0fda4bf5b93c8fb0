"""The tables of brands, the organisations whose pages this installation serves, and of their logos."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import Json, db


class Brand(db.Model):  # type: ignore[name-defined,misc]
    """One organisation. `situations` are the page types it speaks for; the brand with `is_default` takes the rest.

    `teams` maps a team's key to its name for customers, by language: `{"fraud": {"en": "Fraud team"}}`. `opening` is
    as `kit.opening.Opening` keeps it; what customers read of it is worked out, but for those languages in which `hours`
    has a line. `logo` is the digest of one, empty for none: its letters, `mark`, then stand alone.
    """

    __tablename__ = "brands"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    names: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    mark: Mapped[str] = mapped_column(String(2))
    colour: Mapped[str] = mapped_column(String(7))
    colour_dark: Mapped[str] = mapped_column(String(7))
    phone: Mapped[str] = mapped_column(String(16))
    phone_shown: Mapped[str] = mapped_column(String(24), default="")
    country: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(10), default="en")
    opening: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default=text("'{}'"))
    hours: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    teams: Mapped[dict[str, dict[str, str]]] = mapped_column(Json, default=dict)
    situations: Mapped[list[Any]] = mapped_column(Json, default=list)
    privacy_url: Mapped[str] = mapped_column(String(200), default="")
    is_default: Mapped[bool] = mapped_column(default=False)
    logo: Mapped[str] = mapped_column(String(32), default="", server_default=text("''"))


class Logo(db.Model):  # type: ignore[name-defined,misc]
    """A picture that brands are known by, under the first 64 bits of its SHA-256; brands alike share one."""

    __tablename__ = "logos"

    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)
