"""Reading composed page types: what there is, and what each version says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import and_, bindparam, select

from selfservice import db as database
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.kit.recipe import Recipe
from selfservice.recipes.models import ComposedType, ComposedVersion
from selfservice.situations.loading import KEY


class Served(NamedTuple):
    """Which version of a composed type is served."""

    key: str
    version: int
    is_retired: bool


_SERVED = (
    select(ComposedType.key, ComposedType.published, ComposedType.is_retired)
    .where(ComposedType.published > 0)
    .order_by(ComposedType.key)
)
_RECIPE = select(ComposedVersion.recipe).where(
    ComposedVersion.key == bindparam("key"), ComposedVersion.version == bindparam("version")
)


def list_all() -> Sequence[ComposedType]:
    """All that there are, published or not, by key."""
    return db.session.scalars(select(ComposedType).order_by(ComposedType.key)).all()


def find(key: str) -> ComposedType | None:
    """The composed type called `key`."""
    return db.session.get(ComposedType, key) if KEY.fullmatch(key) else None


def get(key: str) -> ComposedType:
    """The composed type called `key`; raises NotFound."""
    found = find(key)
    if found is None:
        raise NotFound(f"There is no composed page type called {key}; choose one that is listed.")
    return found


def versions(key: str) -> Sequence[ComposedVersion]:
    """The published versions of a type, the newest first."""
    wanted = select(ComposedVersion).where(ComposedVersion.key == key).order_by(ComposedVersion.version.desc())
    return db.session.scalars(wanted).all()


def get_version(key: str, version: int) -> ComposedVersion:
    """One version of a type; raises NotFound."""
    found = db.session.get(ComposedVersion, (key, version))
    if found is None:
        raise NotFound(f"{key} has no version {version}; choose one that is listed.")
    return found


def list_newest() -> Sequence[ComposedVersion]:
    """The version of each type that new pages are made of, by key."""
    is_newest = and_(ComposedType.key == ComposedVersion.key, ComposedType.published == ComposedVersion.version)
    return db.session.scalars(select(ComposedVersion).join(ComposedType, is_newest).order_by(ComposedVersion.key)).all()


def says(draft: Mapping[str, Any], version: ComposedVersion) -> bool:
    """Whether a draft comes to just what was published as a version."""
    try:
        return Recipe.model_validate(dict(draft)) == Recipe.model_validate(version.recipe)
    except ValidationError:
        return False


def list_served() -> tuple[Served, ...]:
    """What is published at the moment."""
    return tuple(Served(row.key, row.published, row.is_retired) for row in database.fetch(_SERVED, {}))


def find_recipe(key: str, version: int) -> dict[str, Any] | None:
    """What a version says, for serving it."""
    rows = database.fetch(_RECIPE, {"key": key, "version": version})
    return rows[0].recipe if rows else None
