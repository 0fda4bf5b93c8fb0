"""Showing a page, and answering it with a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, request
from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.db import db
from selfservice.errors import Conflict, Gone, Invalid
from selfservice.pages import answering
from selfservice.pages.claims import LostClaim
from selfservice.situations import rendering
from selfservice.situations.view import View
from selfservice.web.customer import door

BOOKKEEPING = frozenset({"revision", "step"})


def show() -> ResponseReturnValue:
    """The page as it stands; a superseded one leads to its successor. Reads, never writes."""
    row = door.find_row()
    if row.state == "superseded" and row.superseded_by:
        return redirect(_address(tokens.current().sign_page(row.superseded_by)), 303)
    view = door.view_of(row, step=request.args.get("step", ""))
    return door.page(view, rendering.render(view), door.status_of(view))


def answer(action: str) -> ResponseReturnValue:
    """An answer from a form without script: 303 to the page, or the page again with the reason in words."""
    form = {name: value for name, value in request.form.items() if name not in BOOKKEEPING}
    try:
        revision = read_revision(request.form.get("revision"))
        key = answering.form_key(revision, form)
        status = answering.act(g.page_id, action, form=form, revision=revision, key=key)
    except (Conflict, Gone, Invalid) as refusal:
        db.session.rollback()
        view = refused_view(refusal, form, request.form.get("step", ""))
        return door.page(view, rendering.render(view), refusal.status)
    db.session.commit()
    if status == "needs_human":
        view = door.look().with_notice("needs_human")
        return door.page(view, rendering.render(view))
    return redirect(_address(g.token), 303)


def refused_view(refusal: Conflict | Gone | Invalid, form: Mapping[str, Any], step: str) -> View:
    """The page as it stands now, with what the refusal means to its customer."""
    if isinstance(refusal, Invalid):
        view = door.look(step=step)
        return view.with_problems(refusal.fields, {name: str(value) for name, value in form.items()})
    if isinstance(refusal, LostClaim):
        return door.look(step=step).with_notice("lost_claim")
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


def _address(token: str) -> str:
    language = request.args.get("lang", "")
    return f"/p/{token}?lang={language}" if language.isalnum() else f"/p/{token}"
