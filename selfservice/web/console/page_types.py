"""The page types: what each is for and how it looks in every stage; in a demo also how to make one and try it out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import clock, config, tokens
from selfservice.brands import queries as brands
from selfservice.config import HANDSET
from selfservice.db import db
from selfservice.errors import Forbidden, NotFound
from selfservice.messages.channels import handset
from selfservice.pages import service
from selfservice.pages.service import NewPage, Person
from selfservice.recipes import queries as recipes
from selfservice.situations import registry, watching
from selfservice.situations.registry import Loaded
from selfservice.situations.samples import Sample
from selfservice.situations.showing import components
from selfservice.situations.stages import stages
from selfservice.staff.models import Role
from selfservice.web import encoding
from selfservice.web.console import door, gallery, preview, recipe_screen, sendings
from selfservice.web.console.gallery import Looks
from selfservice.web.console.times import Times

_SAID = {"removed": "The draft is removed."}
SAMPLE_PHONE = "+12025550123"
"""The phone on the handset that samples are sent to. It rings nobody: NANPA keeps 555-01 free for stories."""


def show_types() -> ResponseReturnValue:
    """Every type that is served, by its fullest sample, and what is wrong with each folder that cannot be."""
    types = registry.current()
    looks = Looks.read()
    shown = []
    for loaded in types:
        sample = gallery.fullest(loaded)
        shown.append((loaded, gallery.show(loaded, sample, looks) if sample else None))
    return _screen(
        "console/types.html",
        looks,
        types=shown,
        broken=types.problems(),
        place="console.show_types",
        **_composed(),
    )


def show_type(key: str) -> ResponseReturnValue:
    """One type: each of its samples in every stage, with its text; or what is wrong with its folder."""
    looks = Looks.read()
    problem = registry.current().find_problem(key)
    if problem is not None:
        return _screen("console/types.html", looks, types=(), broken=[(key, problem)], place="console.show_types")
    loaded = registry.current().get(key)
    samples = [gallery.show(loaded, sample, looks) for sample in loaded.samples.values()]
    composed = _published(loaded) if loaded.is_composed else None
    values = {"type": loaded, "samples": samples, "composed": composed, "may_compose": _may_compose()}
    return _screen("console/type.html", looks, **values, place="console.show_type", key=key)


def show_sample(key: str, sample: str) -> ResponseReturnValue:
    """One stage of one sample, as its customer sees it, for a frame; or what is wrong with its files."""
    problem = registry.current().find_problem(key)
    if problem is not None:
        return preview.framed_problem(problem)
    loaded, found = _sample(key, sample)
    looks = Looks.read()
    stage = request.args.get("stage", "")
    try:
        every = dict(stages(loaded, gallery.fresh_view(loaded, found, looks.language)))
        view = every.get(stage) or next(iter(every.values()))
        return preview.framed(replace(view, theme=looks.theme, large=looks.large))
    except Exception as error:
        problem = gallery.find_problem(error, loaded, found)
        if problem is None:
            raise
        return preview.framed_problem(problem)


def show_components() -> ResponseReturnValue:
    """Every component that pages are made of, each with its variants."""
    return _screen("console/component_gallery.html", Looks.read(), names=components.names(), place="console.components")


def show_component(name: str) -> ResponseReturnValue:
    """One component in all its variants, for a frame."""
    if name not in components.names():
        raise NotFound(f"There is no component called {name}; choose one that the gallery shows.")
    looks = Looks.read()
    face = brands.face(brands.get_for("").id, "en")
    html = components.render(name, face, clock.now(), looks.theme, large=looks.large)
    response = encoding.compressed(html)
    look = components.sheet(face, looks.theme, large=looks.large)
    policy = f"default-src 'none'; style-src {look.hash}; img-src data:; form-action 'none'; frame-ancestors 'self'"
    response.headers["Content-Security-Policy"] = f"{policy}; sandbox"
    return response


def send_sample(key: str, sample: str) -> ResponseReturnValue:
    """Make a page from a sample and text it to the handset, which is shown next; in a demo alone."""
    if not has_handset():
        raise Forbidden("Samples go to the development handset alone, and this installation has another provider.")
    loaded, found = _sample(key, sample)
    brand = brands.get_for(key)
    language = loaded.choose_language(request.form.get("language", ""))
    facts = found.facts(zone=ZoneInfo(brand.timezone), now=clock.now())
    person = Person(name="Maria Santos", phone=SAMPLE_PHONE, locale=language)
    new = NewPage(situation=key, facts=facts, customer=person, actor=door.actor(), locale=language)
    issued = service.issue(new)
    db.session.commit()
    if not issued.messages or sendings.outcome(issued.messages[0]):
        return door.to_page(tokens.encode_id(issued.page.id))
    # A phone is known from its first text on; until then that text appears in the list of phones.
    if handset.list_texts(SAMPLE_PHONE, limit=1):
        return redirect(url_for("phone.show_phone", address=SAMPLE_PHONE.removeprefix("+")), 303)
    return redirect(url_for("phone.show"), 303)


def tell_signature() -> ResponseReturnValue:
    """Tells one state of the types' files from another, so that a gallery knows when to show them anew."""
    return jsonify(signature=watching.signature(current_app))


def has_handset() -> bool:
    """Whether all that is sent goes to the development handset."""
    settings = config.current()
    return not settings.is_production and all(provider.startswith(HANDSET) for provider in settings.sms)


def _sample(key: str, sample: str) -> tuple[Loaded, Sample]:
    loaded = registry.current().get(key)
    if sample not in loaded.samples:
        raise NotFound(f"{loaded.name} has no sample called {sample}; choose one that is listed with the type.")
    return loaded, loaded.samples[sample]


def _composed() -> dict[str, Any]:
    """What the list says of composed types: how far each is, those that are drafts alone, and what was just done."""
    made = recipes.list_all() if _may_compose() else ()
    newest = {one.key: one for one in recipes.list_newest()} if _may_compose() else {}
    return {
        "conditions": {one.key: recipe_screen.condition(one, newest[one.key]) for one in made if one.published},
        "drafts": [one for one in made if not one.published],
        "may_compose": _may_compose(),
        "done": _SAID.get(request.args.get("made", "")),
    }


def _published(loaded: Loaded) -> dict[str, str]:
    """Who published the version of a composed type, and when."""
    version = recipes.get_version(loaded.key, loaded.situation.version)
    times = Times(brands.get_for(loaded.key).timezone)
    [who] = recipe_screen.editors([version.published_by]).values()
    return {"when": times.within(version.published_at), "who": who}


def _may_compose() -> bool:
    return door.here().role is not Role.AGENT


def _screen(template: str, looks: Looks, *, place: str, key: str = "", **values: Any) -> ResponseReturnValue:
    here: dict[str, Any] = {"key": key} if key else {}

    def at(**changes: str) -> str:
        """This screen with the pages looked at in another way."""
        return url_for(place, **{**here, **looks.changed(**changes)})

    return door.page(
        template,
        looks=looks,
        at=at,
        choices=gallery.choices(),
        has_handset=has_handset(),
        signature=watching.signature(current_app),
        **values,
    )
