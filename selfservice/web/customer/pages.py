"""Showing a page, and answering it with a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import g, redirect, request
from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.db import db
from selfservice.errors import AppError, Conflict, Gone, Invalid
from selfservice.pages import answering, wishes
from selfservice.pages.checks import CheckRequired
from selfservice.pages.claims import LostClaim
from selfservice.pages.refusals import Changed
from selfservice.situations import asides
from selfservice.situations.view import View
from selfservice.web import bodies
from selfservice.web.customer import door, uploads

TAKES_FILES = "customer.answer"
"""The endpoint whose forms may bring photos."""

REFUSALS = (CheckRequired, Conflict, Gone, Invalid)
"""What an answer may be refused with; all else is a mistake in the link, or ours."""


def show() -> ResponseReturnValue:
    """The page as it stands; a superseded one leads to its successor. Reads, never writes."""
    row = door.find_row()
    if row.state == "superseded" and row.superseded_by and row.disowned_at is None:
        return redirect(address(tokens.current().sign_page(row.superseded_by)), 303)
    view = door.view_of(row, step=request.args.get("step", ""))
    return door.as_it_stands(view)


def answer(action: str) -> ResponseReturnValue:
    """An answer from a form without script: 303 to the page, or the page again with the reason in words."""
    try:
        form = uploads.read_form(action) if request.mimetype == bodies.WITH_FILES else request.form.to_dict()
    except REFUSALS as refusal:
        db.session.rollback()
        view = refused_view(refusal, action, {}, "")
        return door.page(view, asides.show(view), refusal.status)
    revision, step = form.pop("revision", None), form.pop("step", "")
    return take(action, form, revision=revision, step=step)


def take(action: str, form: Mapping[str, str], *, revision: Any, step: str = "") -> ResponseReturnValue:
    """Take what a form says as an answer."""
    try:
        seen = read_revision(revision)
        key = answering.form_key(seen, form)
        status = answering.act(g.page_id, action, form=form, revision=seen, key=key, who=door.who)
    except REFUSALS as refusal:
        db.session.rollback()
        view = refused_view(refusal, action, form, step)
        return door.page(view, asides.show(view), refusal.status)
    db.session.commit()
    if status == "needs_human":
        view = door.look().with_notice("needs_human")
        return door.page(view, asides.show(view))
    if door.was_device_asked():
        view = door.look()
        if view.ask is not None:  # A protective answer, from somebody who need not show who they are.
            return door.page(view, asides.show(view.with_notice("taken")))
    return redirect(address(g.token), 303)


def refused_view(refusal: AppError, action: str, form: Mapping[str, Any], step: str) -> View:
    """The page as it stands now, with what the refusal means to its customer."""
    if isinstance(refusal, CheckRequired):
        return door.ask_for(action, {name: str(value) for name, value in form.items()})
    if isinstance(refusal, Invalid):
        view = door.look(step=step)
        return view.with_problems(refusal.fields, {name: str(value) for name, value in form.items()})
    if isinstance(refusal, LostClaim):
        return door.look(step=step).with_notice("lost_claim")
    if isinstance(refusal, Changed):
        return door.look().with_notice("renewed")
    if isinstance(refusal, wishes.Stopped):
        return door.look(step=step).with_notice("stopped")
    return door.look().with_notice("late" if isinstance(refusal, Gone) else "conflict")


def read_revision(text: Any) -> int:
    """The revision a form or a script says it saw; raises Invalid."""
    try:
        return int(str(text))
    except ValueError:
        raise Invalid(
            "The answer does not say which revision of the page it is for; send `revision`.",
            fields={"revision": "revision_missing"},
        ) from None


def address(token: str) -> str:
    """The address of a page in the language that this request is in."""
    language = request.args.get("lang", "")
    return f"/p/{token}?{urlencode({'lang': language})}" if language else f"/p/{token}"
