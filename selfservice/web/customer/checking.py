"""Is it you? The one question before a page or an answer, and "this isn't me", for whom none of it is meant."""

from __future__ import annotations

from flask import Response, g, make_response, redirect, request
from flask.typing import ResponseReturnValue

from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.pages import checks, disowning, queries, sight
from selfservice.situations import asides, registry
from selfservice.situations.asking import TYPED, Ask
from selfservice.situations.view import View
from selfservice.web import device
from selfservice.web.customer import door, pages

_FORM = "form-"
_STATUS = {"locked": 403, "failed": 403, "over": 403}


def show_check() -> ResponseReturnValue:
    """The question before an answer, for whoever asks for it by its address; else the page, which asks by itself."""
    view = _view()
    if view.ask is None or not view.ask.action:
        return redirect(pages.address(g.token), 303)
    return _asked(view, 200)


def check() -> ResponseReturnValue:
    """One try, or a code to be texted. Right: on to the page, or the answer that waited for it is taken at once."""
    view = _view()
    if view.ask is None:
        return _go_on(view)
    if request.form.get("send"):
        return _send_code(view.ask)
    here = device.get_or_make()
    page = queries.get(g.page_id)
    loaded = registry.current().get(page.situation, page.version)
    facts = sight.facts_of(loaded, page.facts, page.version)
    try:
        verdict = checks.attempt(
            page.id, loaded.situation, facts, view.ask.kind, request.form.get(TYPED, ""), device_id=here.id
        )
    except Invalid as refusal:
        db.session.commit()  # Nothing was tried; the device stays known.
        return device.remember(_asked(_view().with_problems(refusal.fields, {}), refusal.status))
    if verdict == "passed":
        door.choose_language()
    db.session.commit()
    if verdict == "passed":
        return device.remember(make_response(_go_on(_view())))
    problem = {} if verdict == "locked" else {TYPED: "over" if verdict == "over" else f"{view.ask.kind}_wrong"}
    return device.remember(_asked(_view().with_problems(problem, {}), _STATUS[verdict]))


def show_wrong_number() -> ResponseReturnValue:
    """Asking whether it reached the wrong person."""
    view = door.look()
    if view.is_disowned:
        return door.as_it_stands(view)
    return door.page(view, asides.render_wrong_number(view))


def say_wrong_number() -> ResponseReturnValue:
    """Stop everything to this number and tell staff; saying it twice is saying it once."""
    disowning.disown(g.page_id)
    db.session.commit()
    view = door.look()
    return door.page(view, asides.show(view))


def _view() -> View:
    """The page as this device may see it, for the answer that waits for the check if one does."""
    form = {name[len(_FORM) :]: value for name, value in request.form.items() if name.startswith(_FORM)}
    action = request.form.get("action") or request.args.get("action", "")
    return door.ask_for(action, form)


def _send_code(ask: Ask) -> ResponseReturnValue:
    if ask.can_send:
        checks.send_code(queries.get(g.page_id))
        db.session.commit()
    return _asked(_view(), 200) if ask.action else redirect(pages.address(g.token), 303)


def _go_on(view: View) -> ResponseReturnValue:
    """What the check was in the way of: another question, the answer that waits, or the page."""
    if view.ask is not None:
        return _asked(view, 200)
    action = request.form.get("action", "")
    if not action:
        return redirect(pages.address(g.token), 303)
    form = {name[len(_FORM) :]: value for name, value in request.form.items() if name.startswith(_FORM)}
    return pages.take(action, form, revision=request.form.get("revision"))


def _asked(view: View, status: int) -> Response:
    return door.page(view, asides.show(view), status)
