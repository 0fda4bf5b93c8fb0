"""Setting up brands: adding, changing and removing them, and their logos. What was changed is an event, by whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from selfservice import phone
from selfservice.brands import details, queries
from selfservice.brands.models import Brand, Logo
from selfservice.db import db
from selfservice.errors import Conflict, Invalid
from selfservice.events import service as events

MOST_LOGO_BYTES = 24 * 1024
_NEEDED = ("name", "colour", "phone")
_USUAL: dict[str, Any] = {"country": "US", "timezone": "UTC", "language": "en", "colour_dark": ""}


def ensure_default() -> Brand:
    """The default brand, made plain and neutral when there is none, so that a fresh installation can send."""
    brand = db.session.scalars(select(Brand).where(Brand.is_default)).first()
    if brand is None:
        brand = Brand(
            key="default",
            name="Our organisation",
            names={
                "es": "Nuestra organización",
                "ar": "مؤسستنا",
                "pl": "Nasza organizacja",
                "zh": "我们的机构",
                "hi": "हमारी संस्था",
            },
            mark="O",
            colour="#2c3a8f",
            colour_dark="#a9b5ff",
            phone="+12025550100",
            country="US",
            timezone="UTC",
            is_default=True,
        )
        save(brand)
    return brand


def add(key: str, values: Mapping[str, Any], *, is_default: bool = False, actor: str) -> Brand:
    """A new brand; `values` by field as `details.clean` takes them, at least name, colour and phone.

    Raises Invalid with a sentence for each field that is wrong, Conflict for a key or a page type that is taken.
    """
    details.clean_key(key)
    if db.session.scalar(select(Brand.id).where(Brand.key == key)) is not None:
        raise Conflict(f"There is a brand called {key} already; choose another key, or change that brand.")
    given = _with_usual(values)
    cleaned = details.clean(given, country=given["country"])
    _require_free(key, cleaned.get("situations", ()))
    brand = save(Brand(key=key, **{"mark": cleaned["name"][0].upper(), **cleaned}))
    if is_default:
        _make_default(brand)
    events.record("brand.added", actor=actor, data={"brand": key})
    return brand


def change(brand: Brand, values: Mapping[str, Any], *, is_default: bool | None = None, actor: str) -> list[str]:
    """Change what `values` holds of a brand; returns the names of the fields that are now others.

    Raises Invalid with a sentence for each field that is wrong, and Conflict for a page type that another brand speaks
    for, or where no brand would be the default any more.
    """
    cleaned = details.clean(_with_colour(brand, values), country=values.get("country") or brand.country)
    if is_default is False and brand.is_default:
        raise Conflict("One brand has to speak where no other does: make another one the default instead.")
    _require_free(brand.key, cleaned.get("situations", ()))
    changed = [name for name, value in cleaned.items() if getattr(brand, name) != value]
    for name in changed:
        setattr(brand, name, cleaned[name])
    save(brand)
    if is_default and not brand.is_default:
        _make_default(brand)
        changed.append("is_default")
    if changed:
        events.record("brand.changed", actor=actor, data={"brand": brand.key, "fields": changed})
    return changed


def remove(brand: Brand, *, actor: str) -> None:
    """Remove a brand; raises Conflict while it has pages, also ended ones, and for the default one."""
    if brand.is_default:
        raise Conflict(f"{brand.key} is the default brand: make another one the default, then remove it.")
    key, digest = brand.key, brand.logo
    try:
        with db.session.begin_nested():
            db.session.delete(brand)
            db.session.flush()
    except IntegrityError:
        raise Conflict(
            f"{key} has pages, and they go on speaking for it: it stays. Give its page types to another brand instead."
        ) from None
    _drop_logo(digest)
    queries.forget_faces()
    events.record("brand.removed", actor=actor, data={"brand": key})


def set_logo(brand: Brand, png: bytes | None, *, actor: str) -> None:
    """Show a picture, a square PNG that our own decoder made, where the letters stand; None takes it away.

    Raises Invalid for one that is too large to come along with every page.
    """
    if png is not None and len(png) > MOST_LOGO_BYTES:
        sentence = f"The logo comes to more than {MOST_LOGO_BYTES // 1024} kB; use a plainer picture, without a photo."
        raise Invalid(sentence, fields={"logo": sentence})
    old = brand.logo
    brand.logo = hashlib.sha256(png).hexdigest()[:16] if png is not None else ""
    if png is not None and db.session.get(Logo, brand.logo) is None:
        db.session.add(Logo(digest=brand.logo, png=png))
    save(brand)
    if old != brand.logo:
        _drop_logo(old)
        events.record("brand.changed", actor=actor, data={"brand": brand.key, "fields": ["logo"]})


def save(brand: Brand) -> Brand:
    """Add or change a brand. How its number is written is kept with it: working it out is slow."""
    brand.phone_shown = phone.display(brand.phone)
    db.session.add(brand)
    db.session.flush()
    queries.forget_faces()
    return brand


def _with_usual(values: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a new brand that cannot do without a value, in the order in which they are cleaned."""
    given = {**_USUAL, **dict.fromkeys(_NEEDED, ""), **{name: value for name, value in values.items() if value}}
    return {name: given[name] for name in details.FIELDS if name in given}


def _with_colour(brand: Brand, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the order in which they are cleaned; a dark colour that is to be worked out needs the light one."""
    given = {"colour": brand.colour, **values} if values.get("colour_dark") == "" else values
    return {name: given[name] for name in details.FIELDS if name in given}


def _require_free(key: str, situations: Iterable[str]) -> None:
    for other in queries.list_all():
        taken = sorted(set(situations) & set(other.situations))
        if taken and other.key != key:
            raise Conflict(f"{other.key} speaks for pages of the type {taken[0]}: take the type from it first.")


def _make_default(brand: Brand) -> None:
    db.session.execute(update(Brand).where(Brand.id != brand.id).values(is_default=False))
    brand.is_default = True
    db.session.flush()


def _drop_logo(digest: str) -> None:
    """Forget a logo that no brand shows any more."""
    db.session.execute(
        delete(Logo).where(Logo.digest == digest, ~select(Brand.id).where(Brand.logo == digest).exists())
    )
