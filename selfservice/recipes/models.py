"""The tables of composed page types: what is being written, and every version that was ever published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from selfservice.db import Json, UtcDateTime, db


class ComposedType(db.Model):  # type: ignore[name-defined,misc]
    """One composed page type. `draft` is shaped like a recipe and may be none yet; `revision` counts its changes.

    `published` is the version that new pages are made of, 0 before the first. Of a retired one no pages are made.
    """

    __tablename__ = "composed_types"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    draft: Mapped[dict[str, Any]] = mapped_column(Json)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    published: Mapped[int] = mapped_column(Integer, default=0)
    is_retired: Mapped[bool] = mapped_column(default=False)
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_by: Mapped[str] = mapped_column(String(60))


class ComposedVersion(db.Model):  # type: ignore[name-defined,misc]
    """What was published as one version of a composed type. It never changes: pages are out that were made of it."""

    __tablename__ = "composed_versions"

    key: Mapped[str] = mapped_column(ForeignKey("composed_types.key"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipe: Mapped[dict[str, Any]] = mapped_column(Json)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str] = mapped_column(String(60))
