"""Composing a page type: starting one, its form that saves itself as a draft, and the page that comes of it so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfservice.db import db
from selfservice.errors import Conflict, Forbidden, Invalid
from selfservice.recipes import naming, queries, service, starters
from selfservice.recipes.models import ComposedType
from selfservice.staff.models import Role
from selfservice.web.console import door, preview, recipe_form, recipe_look, recipe_screen
from selfservice.web.console.gallery import Looks
from selfservice.web.console.recipe_screen import Here

_SAID = {
    "started": "The draft is kept. Nobody sees it until you publish it.",
    "taken": "The draft says what that version said. Publish it to make pages of it again.",
    "fine": "Nothing to mend: it can be published.",
    "retired": "It is retired. No new pages are made of it; those that are out can be answered until they end.",
    "restored": "It is back. New pages can be made of it.",
}


_NO_KEY = "Write a key in small letters of English: none can be taken from this name."


def show_new_type() -> ResponseReturnValue:
    """What a new type is called, and what it starts from."""
    require_supervisor()
    return _new({"start": request.args.get("start", "")})


def start_type() -> ResponseReturnValue:
    """Keep a new draft and lead to its composer; a form that cannot be used comes back as it was."""
    require_supervisor()
    entered = {name: recipe_form.text_of(request.form.get(name, "")) for name in ("name", "key", "start")}
    key = entered["key"] or service.propose_key(entered["name"])
    if not (entered["name"] and key):
        lacking = {"key": _NO_KEY} if entered["name"] else {"name": "Write what staff call it."}
        return _new(entered, problems=lacking, status=422)
    try:
        made = service.start(key, {**_start(entered["start"]), "name": entered["name"]}, actor=door.actor())
    except (Invalid, Conflict) as refusal:
        db.session.rollback()
        fields = refusal.fields if isinstance(refusal, Invalid) else {"key": refusal.message}
        return _new({**entered, "key": key}, problems=fields, status=refusal.status)
    db.session.commit()
    return redirect(url_for("console.compose_type", key=made.key, made="started"), 303)


def compose_type(key: str) -> ResponseReturnValue:
    """The composer of a type; with `check` it says all that is wrong, with `quiet` for its script alone."""
    require_supervisor()
    made = queries.get(key)
    is_asked = request.args.get("check") == "on"
    complaints = service.judge(made) if is_asked or request.args.get("quiet") else ()
    wanted = "fine" if is_asked and not complaints else request.args.get("made", "")
    done = f"Version {made.published} is published." if wanted == "published" else _SAID.get(wanted, "")
    return recipe_screen.show(made, made.draft, Here.read(), complaints=complaints, is_asked=is_asked, done=done)


def save_type(key: str) -> ResponseReturnValue:
    """Keep what the form says, do what its button says with it, and come back to where that was."""
    require_supervisor()
    what, _, place = request.form.get("do", "save").partition(":")
    draft = naming.named(recipe_form.read(request.form), writing=request.form.get("writing", ""))
    at = ""
    if recipe_form.is_change(what):
        draft, at = recipe_form.change(draft, what, place)
    revision = recipe_form.number_of(place) or 0 if what == "mine" else revision_of_form()
    made = save(key, draft, revision)
    if not isinstance(made, ComposedType):
        return made
    db.session.commit()
    state = {
        "beside": place if what == "beside" else request.form.get("beside", ""),
        "at": at,
        "check": "on" if what == "check" or request.form.get("told") else "",
        "quiet": request.form.get("quiet", ""),
    }
    shown: dict[str, Any] = {name: value for name, value in state.items() if value}
    anchor = at or ("mend" if what == "check" else "")
    return redirect(url_for("console.compose_type", key=key, **shown, _anchor=anchor or None), 303)


def save(key: str, draft: dict[str, Any], revision: int) -> ComposedType | ResponseReturnValue:
    """Keep a draft, not yet for good; or the composer as it was entered, with the reason why it cannot be kept."""
    try:
        return service.save(key, draft, revision, actor=door.actor())
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        return recipe_screen.show(queries.get(key), draft, Here.read(revision=revision), refusal=refusal)


def preview_type(key: str) -> ResponseReturnValue:
    """The page that a draft, or one of its versions, comes to, for a frame; or what keeps it from being shown."""
    require_supervisor()
    made, looks = queries.get(key), Looks.read()
    version = request.args.get("version")
    number = recipe_form.number_of(version or "") or 0
    draft = made.draft if version is None else queries.get_version(key, number).recipe
    try:
        with recipe_look.drawn(draft, key) as loaded:
            view = recipe_look.view_of(loaded, request.args.get("stage", ""), looks.language)
            return preview.framed(replace(view, theme=looks.theme, large=looks.large))
    except Invalid as refusal:
        return preview.framed_sentence(refusal.message)


def revision_of_form() -> int:
    """The revision of the draft that the form was filled from."""
    return recipe_form.number_of(request.form.get("revision", "")) or 0


def require_supervisor() -> None:
    """Raise Forbidden for agents."""
    if door.here().role is Role.AGENT:
        raise Forbidden("Only supervisors can compose page types, so nothing was done; ask one of them.")


def _start(wanted: str) -> dict[str, Any]:
    """What a new draft starts from: a composed type that there is, one of ours, or nothing."""
    kind, _, key = wanted.partition(":")
    if kind == "like":
        draft = queries.get(key).draft
        return {name: value for name, value in draft.items() if name != "name"}
    return starters.get(key) if kind == "starter" else {"open_days": 14}


def _new(entered: dict[str, str], *, problems: Any = None, status: int = 200) -> ResponseReturnValue:
    return door.page(
        "console/new_type.html",
        status,
        entered=entered,
        problems=problems or {},
        starters=starters.list_all(),
        composed=queries.list_all(),
    )
