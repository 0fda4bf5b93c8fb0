"""Setting up brands."""

from __future__ import annotations

from sqlalchemy import select

from selfservice import phone
from selfservice.brands.models import Brand
from selfservice.brands.queries import forget_faces
from selfservice.db import db


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


def save(brand: Brand) -> Brand:
    """Add or change a brand. How its number is written is kept with it: working it out is slow."""
    brand.phone_shown = phone.display(brand.phone)
    db.session.add(brand)
    db.session.flush()
    forget_faces()
    return brand
