"""Reading brands: which one speaks for a page type, and its face in a language, remembered for a few seconds."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Row, select

from selfservice import clock
from selfservice import db as database
from selfservice.brands.face import Face
from selfservice.brands.models import Brand
from selfservice.db import db
from selfservice.errors import NotFound

REMEMBERED_SECONDS = 5.0


class _Remembered(NamedTuple):
    until: float
    faces: dict[tuple[int, str], Face]


def get_for(situation: str) -> Brand:
    """The brand that speaks for a page type; raises NotFound when none is set up."""
    brands = db.session.scalars(select(Brand).order_by(Brand.is_default.desc(), Brand.id)).all()
    if not brands:
        raise NotFound("No organisation is set up yet; run `flask --app app db upgrade` once.")
    return next((brand for brand in brands if situation in brand.situations), brands[0])


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
        found = _face(rows[0], language)
        _faces()[brand_id, language] = found
    return found


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


def _face(brand: Row[Any], language: str) -> Face:
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
        hours=brand.hours.get(language, ""),
        privacy_url=brand.privacy_url,
        teams={key: names.get(language, names.get(brand.language, key)) for key, names in brand.teams.items()},
    )
