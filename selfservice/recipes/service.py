"""Composing page types: starting one, saving its draft, publishing it as a version, retiring it. Events say by whom."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Conflict, Invalid
from selfservice.events import service as events
from selfservice.kit.recipe import Recipe
from selfservice.pages import queries as pages
from selfservice.recipes import queries
from selfservice.recipes.models import ComposedType, ComposedVersion
from selfservice.recipes.shelf import forget
from selfservice.situations import registry
from selfservice.situations.loading import KEY
from selfservice.situations.making import examining
from selfservice.situations.making.examining import Complaint

MOST_BYTES = 64 * 1024
"""What a draft may take as JSON in UTF-8; two answers, with all that is said at its longest in six languages, take two
thirds of it."""


def start(key: str, draft: Mapping[str, Any], *, actor: str) -> ComposedType:
    """A new composed type; raises Invalid for a key that is none, Conflict for one that is taken."""
    if not KEY.fullmatch(key):
        sentence = "Write 2 to 40 small letters, digits and _, a letter first, such as meter_reading."
        raise Invalid(sentence, fields={"key": sentence})
    taken = Conflict(f"There is a page type called {key} already, or pages of one; choose another key.")
    if queries.find(key) is not None or _is_anothers(key):
        raise taken
    made = ComposedType(key=key, draft=_kept(draft), edited_at=clock.now(), edited_by=actor)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        raise taken from None
    events.record("type.started", actor=actor, data={"situation": key})
    return made


def save(key: str, draft: Mapping[str, Any], revision: int, *, actor: str) -> ComposedType:
    """Keep what a draft says now, as a change of its `revision`; raises Conflict if somebody else changed it since."""
    made = queries.get(key)
    kept = _kept(draft)
    if made.draft == kept and made.revision == revision:
        return made
    change = (
        update(ComposedType)
        .where(ComposedType.key == key, ComposedType.revision == revision)
        .values(draft=kept, revision=revision + 1, edited_at=clock.now(), edited_by=actor)
        .returning(ComposedType.key)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalar(change) is None:
        raise Conflict("Somebody else has changed this draft since you opened it, so yours is not saved yet.")
    db.session.refresh(made)
    return made


def judge(made: ComposedType) -> list[Complaint]:
    """All that has to be mended before a draft can be published; an empty list if nothing."""
    recipe = examining.read(made.draft)
    return examining.examine(recipe, made.key, clock.now()) if isinstance(recipe, Recipe) else recipe


def publish(key: str, revision: int, *, actor: str) -> int:
    """Make the draft the next version, of which new pages are made from now on; returns its number.

    Pages that are out stay as they were sent. Raises Invalid, its `fields` by place in the recipe, and Conflict if
    the draft has changed since `revision`, says what the published version says, or has a key that a folder has taken.
    """
    made = db.session.get(ComposedType, key, with_for_update=True, populate_existing=True) or queries.get(key)
    if made.revision != revision:
        raise Conflict("Somebody else has changed this draft since you opened it, so it is not published; look again.")
    if not made.published and _is_anothers(key):
        sentence = f"There is a page type called {key} by now, or pages of one, so this one cannot be published."
        raise Conflict(f"{sentence} Compose one like it under another key.")
    complaints = judge(made)
    if complaints:
        fields = {one.place: one.sentence for one in reversed(complaints)}
        raise Invalid("There is something to mend before it can be published.", fields=fields)
    recipe = Recipe.model_validate(made.draft).model_dump(mode="json", exclude_defaults=True)
    if made.published and queries.get_version(key, made.published).recipe == recipe and not made.is_retired:
        raise Conflict(f"Version {made.published} says just this, so there is nothing new to publish.")
    version = made.published + 1
    db.session.add(
        ComposedVersion(key=key, version=version, recipe=recipe, published_at=clock.now(), published_by=actor)
    )
    made.published, made.is_retired = version, False
    made.edited_at, made.edited_by = clock.now(), actor
    db.session.flush()
    events.record("type.published", actor=actor, data={"situation": key, "version": version})
    forget()
    return version


def set_retired(key: str, retired: bool, *, actor: str) -> ComposedType:
    """Make no more pages of a type, or make them again; those that are out run to their end either way.

    Raises Conflict for one that was never published.
    """
    made = queries.get(key)
    if not made.published:
        raise Conflict(f"{key} was never published, so there is nothing to retire; remove it instead.")
    if made.is_retired != retired:
        made.is_retired = retired
        db.session.flush()
        events.record("type.retired" if retired else "type.restored", actor=actor, data={"situation": key})
        forget()
    return made


def take_up(key: str, version: int, revision: int, *, actor: str) -> ComposedType:
    """Let the draft say what a version said, in place of what it says now; raises Conflict as `save` does."""
    return save(key, queries.get_version(key, version).recipe, revision, actor=actor)


def remove(key: str, *, actor: str) -> None:
    """Remove a type that was never published; raises Conflict for one that was, as pages may be out."""
    made = queries.get(key)
    gone = delete(ComposedType).where(ComposedType.key == key, ComposedType.published == 0).returning(ComposedType.key)
    if db.session.scalar(gone.execution_options(synchronize_session=False)) is None:
        raise Conflict(f"{made.key} was published, and pages of it may be out: retire it instead.")
    events.record("type.removed", actor=actor, data={"situation": key})


def propose_key(name: str) -> str:
    """A key for a type, a fact or an answer that staff call `name`; empty if there is nothing to take it from."""
    letters = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "_", letters.replace("'", "")).strip("_")
    return plain[:40].rstrip("_") if KEY.match(plain) else ""


def _is_anothers(key: str) -> bool:
    """Whether a key that no composed type is published under has a folder, also a broken one, or pages of one."""
    types = registry.current()
    return types.find(key) is not None or types.find_problem(key) is not None or pages.has_any_of(key)


def _kept(draft: Mapping[str, Any]) -> dict[str, Any]:
    if len(json.dumps(draft, ensure_ascii=False).encode()) > MOST_BYTES:
        raise Invalid("There is too much text in this type; leave some of it out.")
    return dict(draft)
