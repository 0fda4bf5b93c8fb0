"""Reading brands: which one speaks for a page type, and its face in a language, remembered for a few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Row, select

from selfservice import clock
from selfservice import db as database
from selfservice.brands.face import Face
from selfservice.brands.models import Brand, Logo
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.kit import opening_lines
from selfservice.kit.formats import Reader
from selfservice.kit.opening import Opening

REMEMBERED_SECONDS = 5.0


class _Remembered(NamedTuple):
    until: float
    faces: dict[tuple[int, str], Face]


def get_for(situation: str, key: str = "") -> Brand:
    """The brand called `key`, or without one the brand that speaks for a page type; raises NotFound."""
    if key:
        return get_by_key(key)
    brands = list_all()
    if not brands:
        raise NotFound("No organisation is set up yet; run `flask --app app db upgrade` once.")
    return next((brand for brand in brands if situation in brand.situations), brands[0])


def get_by_key(key: str) -> Brand:
    """The brand called `key`; raises NotFound."""
    brand = db.session.scalars(select(Brand).where(Brand.key == key)).first()
    if brand is None:
        known = ", ".join(db.session.scalars(select(Brand.key).order_by(Brand.key)))
        raise NotFound(f"There is no brand called {key}; use one of these: {known}.")
    return brand


def list_all() -> Sequence[Brand]:
    """All brands, the default one first."""
    return db.session.scalars(select(Brand).order_by(Brand.is_default.desc(), Brand.id)).all()


def get(brand_id: int) -> Brand:
    """The brand; raises NotFound."""
    brand = db.session.get(Brand, brand_id)
    if brand is None:
        raise NotFound("There is no such organisation; choose one that is set up.")
    return brand


def face(brand_id: int, language: str) -> Face:
    """How a brand shows itself in `language`; a change to it is seen within seconds. Raises NotFound."""
    found = _faces().get((brand_id, language))
    if found is None:
        rows = database.fetch(select(Brand.__table__).where(Brand.id == brand_id), {})
        if not rows:
            raise NotFound("There is no such organisation; choose one that is set up.")
        found = show(rows[0], language)
        _faces()[brand_id, language] = found
    return found


def find_logo(digest: str) -> bytes | None:
    """The PNG under a digest, if there is one."""
    rows = database.fetch(select(Logo.png).where(Logo.digest == digest), {})
    return rows[0].png if rows else None


def forget_faces() -> None:
    """Read brands afresh: called after one was changed."""
    current_app.extensions.pop("selfservice.faces", None)


def _faces() -> dict[tuple[int, str], Face]:
    remembered: _Remembered | None = current_app.extensions.get("selfservice.faces")
    now = clock.now().timestamp()
    if remembered is None or not remembered.until - REMEMBERED_SECONDS <= now < remembered.until:
        remembered = _Remembered(now + REMEMBERED_SECONDS, {})
        current_app.extensions["selfservice.faces"] = remembered
    return remembered.faces


def show(brand: Brand | Row[Any], language: str) -> Face:
    """How a brand's row, also one that is not kept yet, shows itself in `language`."""
    zone = ZoneInfo(brand.timezone)
    opening = Opening.read(brand.opening, zone)
    reader = Reader(language, zone, clock.now(), brand.country)
    worked_out = opening_lines.line(opening, reader) if opening else ""
    return Face(
        id=brand.id,
        key=brand.key,
        name=brand.names.get(language, brand.name),
        mark=brand.mark,
        colour=brand.colour,
        colour_dark=brand.colour_dark,
        phone=brand.phone,
        phone_shown=brand.phone_shown,
        country=brand.country,
        timezone=brand.timezone,
        language=brand.language,
        opening=opening,
        hours=brand.hours.get(language) or worked_out,
        privacy_url=brand.privacy_url,
        logo=brand.logo,
        teams={key: names.get(language, names.get(brand.language, key)) for key, names in brand.teams.items()},
    )
