"""What becomes of a composed type: published as a version, retired, brought back, removed; and its versions so far."""

from __future__ import annotations

from typing import NamedTuple

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfservice.brands import queries as brands
from selfservice.db import db
from selfservice.errors import Conflict, Invalid
from selfservice.recipes import naming, queries, service
from selfservice.recipes.models import ComposedType
from selfservice.web.console import door, recipe_form, recipe_screen, recipes
from selfservice.web.console.gallery import Looks
from selfservice.web.console.recipe_screen import Here
from selfservice.web.console.times import Times


class Version(NamedTuple):
    """A version as the list shows it."""

    number: int
    when: str
    who: str
    name: str
    is_served: bool


def publish_type(key: str) -> ResponseReturnValue:
    """Keep what the form says and make it the next version; with something to mend, say all of it instead."""
    recipes.require_supervisor()
    draft = naming.named(recipe_form.read(request.form))
    made = recipes.save(key, draft, recipes.revision_of_form())
    if not isinstance(made, ComposedType):
        return made
    db.session.commit()  # What is written stays, whether or not it can be published.
    try:
        service.publish(key, made.revision, actor=door.actor())
    except Invalid:
        db.session.rollback()
        made = queries.get(key)
        return recipe_screen.show(made, made.draft, Here.read(), complaints=service.judge(made), is_asked=True)
    except Conflict as refusal:
        db.session.rollback()
        made = queries.get(key)
        return recipe_screen.show(made, made.draft, Here.read(), refusal=refusal)
    db.session.commit()
    return redirect(url_for("console.compose_type", key=key, made="published"), 303)


def retire_type(key: str) -> ResponseReturnValue:
    """Make no more pages of a type, or make them again."""
    recipes.require_supervisor()
    retired = request.form.get("retired") == "on"
    service.set_retired(key, retired, actor=door.actor())
    db.session.commit()
    return redirect(url_for("console.compose_type", key=key, made="retired" if retired else "restored"), 303)


def remove_type(key: str) -> ResponseReturnValue:
    """Remove a draft that was never published."""
    recipes.require_supervisor()
    service.remove(key, actor=door.actor())
    db.session.commit()
    return redirect(url_for("console.show_types", made="removed"), 303)


def show_versions(key: str) -> ResponseReturnValue:
    """Every version that was published, with its page."""
    recipes.require_supervisor()
    made = queries.get(key)
    times = Times(brands.get_for(key).timezone)
    published = queries.versions(key)
    names = recipe_screen.editors([one.published_by for one in published])
    versions = [
        Version(
            one.version,
            times.within(one.published_at),
            names[one.published_by],
            one.recipe.get("name", key),
            one.version == made.published,
        )
        for one in published
    ]
    newest = next((one for one in published if one.version == made.published), None)
    return door.page(
        "console/versions.html",
        made=made,
        versions=versions,
        condition=recipe_screen.condition(made, newest),
        has_changes=recipe_screen.has_changes(made, newest),
        looks=Looks.read(),
    )


def take_up_version(key: str, version: int) -> ResponseReturnValue:
    """Let the draft say what a version said."""
    recipes.require_supervisor()
    service.take_up(key, version, recipes.revision_of_form(), actor=door.actor())
    db.session.commit()
    return redirect(url_for("console.compose_type", key=key, made="taken"), 303)
