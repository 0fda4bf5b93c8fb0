"""The page as its customer sees it, shown beside the form, the samples and the page's own screen; nothing is written.

These answers alone may be framed, and by the console alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from selfservice import clock, kit, phone, tokens
from selfservice.brands import queries as brands
from selfservice.brands.face import Face
from selfservice.errors import Invalid, NotFound
from selfservice.kit import Facts, Form, Refused
from selfservice.kit.forms import EXAMPLE_PHOTO, UPLOAD
from selfservice.kit.steps import Do
from selfservice.pages import guarding, queries, sight
from selfservice.situations import asides, registry, rendering
from selfservice.situations.framing import content_security_policy
from selfservice.situations.problem import Problem
from selfservice.situations.registry import Loaded
from selfservice.situations.view import Theme, View
from selfservice.web import encoding
from selfservice.web.console import door, draft, pictures
from selfservice.web.console.draft import Draft

Shown = Literal["asks", "answered", "closed"]


def show_draft() -> ResponseReturnValue:
    """The page that the form would make; a POST, because a form is longer and more private than an address."""
    key = request.form.get("situation", "")
    problem = registry.current().find_problem(key)
    if problem is not None:
        return framed_problem(problem)
    entered = draft.read(registry.current().get(key), request.form)
    wanted, theme, large = _wishes()
    with door.reading():
        view = view_of(entered, wanted)
    if view is None:
        return framed_sentence("Fill in the form to see the page.")
    return framed(replace(view, theme=theme, large=large))


def show_page(page_id: str) -> ResponseReturnValue:
    """A page that exists, as it stands now; what strangers see of it once somebody said that it is not theirs."""
    row = queries.find_sight(tokens.decode_id(page_id))
    if row is None:
        raise NotFound("There is no such page; look for it in the list of pages.")
    problem = registry.current().find_problem(row.situation, row.version)
    if problem is not None:
        return framed_problem(problem)
    view = replace(sight.view_of(row), token="", answer_tokens={})
    return framed(guarding.guarded(row, view, guarding.nobody) if row.disowned_at is not None else view)


def view_of(entered: Draft, wanted: Shown, *, face: Face | None = None) -> View | None:
    """What a draft would look like in one of its states, in the looks of its brand or of `face`; None while too little
    is known.
    """
    now = clock.now()
    if face is None:
        face = brands.face(brands.get_for(entered.loaded.key, entered.brand).id, entered.language)
    zone = ZoneInfo(face.timezone)
    found = draft.specimen(entered, zone=zone, now=now)
    if found is None:
        return None
    ending = _ending(entered.phone, face)
    view = fresh(entered.loaded, found.facts, face, language=entered.language, name=entered.name, ending=ending)
    if wanted == "closed":
        return replace(view, state="expired")
    return _answered(view, entered.loaded, now) if wanted == "answered" else view


def fresh(loaded: Loaded, facts: Facts, face: Face, *, language: str, name: str, ending: str) -> View:
    """A page that has just been made; it can be looked at, and nothing on it sends anything."""
    now = clock.now()
    situation = loaded.situation
    return View(
        situation=loaded.key,
        version=situation.version,
        state="open",
        step=situation.steps[0].key,
        facts=facts,
        brand=face,
        language=language,
        timezone=face.timezone,
        now=now,
        expires_at=situation.expires(facts, now.astimezone(ZoneInfo(face.timezone))),
        revision=1,
        team=face.teams.get(situation.team, face.name),
        first_name=sight.first_name(name),
        ending=ending,
        host=sight.host(),
    )


def framed(view: View) -> Response:
    """A view as an answer that the console may frame."""
    response = encoding.compressed(rendering.among_others(asides.show(pictures.within(view))))
    response.headers["Content-Security-Policy"] = content_security_policy(view, framed=True)
    return response


def framed_problem(problem: Problem) -> Response:
    """What is wrong with a page type, in the place of its page: file, line and what to do."""
    response = encoding.compressed(render_template("console/broken.html", problem=problem))
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'self'"
    return response


def framed_sentence(sentence: str) -> Response:
    """A sentence in the place of a page that cannot be shown yet."""
    response = encoding.compressed(sentence)
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'self'"
    response.mimetype = "text/plain"
    return response


def _answered(view: View, loaded: Loaded, now: datetime) -> View:
    """The page after the first closing answer that these facts allow; as it asks if they allow none."""
    situation = loaded.situation
    buttons = (
        button
        for step in situation.reachable(view.step, view.facts)
        for button in situation.visible(step, view.facts)
        if isinstance(button, Do)
    )
    for button in buttons:
        action = situation.action(button.action)
        if action is None or not action.closing:
            continue
        form = _first_form(loaded, action, view)
        if form is None:
            continue
        try:
            outcome = action.perform(view.facts, form, view.case)
        except Refused:
            continue
        return replace(
            view,
            state="answered",
            step=outcome.shows,
            answers={action.key: form},
            answered_at=now,
            can_change=not outcome.final,
        )
    return view


def _first_form(loaded: Loaded, action: kit.Action, view: View) -> Form | None:
    """The action's form with the first of everything there is to choose."""
    inputs = loaded.situation.inputs(action.key, view.facts, view.case)
    raw = {item.name: item.options[0].value for item in inputs if item.options}
    raw |= {item.name: EXAMPLE_PHOTO for item in inputs if item.control == UPLOAD}
    try:
        return loaded.situation.read(action, view.facts, raw, view.case)
    except Refused:
        return None


def _ending(number: str, face: Face) -> str:
    try:
        return phone.ending(phone.normalise(number, face.country)) if number else ""
    except Invalid:
        return ""


def _wishes() -> tuple[Shown, Theme, bool]:
    asked = request.form.get("state", "")
    shown: Shown = "answered" if asked == "answered" else "closed" if asked == "closed" else "asks"
    theme: Theme = "dark" if request.form.get("theme") == "dark" else "light"
    return shown, theme, request.form.get("large") == "on"
