"""What a customer wants to be sent: under the page's link, and under a link of its own that opens nothing else."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue

from selfservice import phone, tokens
from selfservice.db import db
from selfservice.pages import numbers, ordering, queries, wishes
from selfservice.situations import wishing
from selfservice.situations.view import View
from selfservice.web import security
from selfservice.web.customer import door

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts for its reader (RFC 8058, section 3.1)."""

blueprint = Blueprint("wishes", __name__)


def _enter() -> None:
    """Check the token before anything is read; it leads here and opens no page."""
    g.page_id = tokens.current().read(wishes.PURPOSE, (request.view_args or {}).pop("token"))
    g.token = ""


security.guard(blueprint, "link", _enter)


def show() -> ResponseReturnValue:
    """What holds now, and the questions. Reads, never writes."""
    return _page()


def take() -> ResponseReturnValue:
    """Keep what was chosen (303 to the same page), or stop everything, as the form says."""
    if request.form.get("do") == wishing.SAVE:
        return _save()
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        was_mail = wishes.stop_by_one_click(g.page_id, _view())
        db.session.commit()
        return door.page(_view(), wishing.render_without_mail(_view())) if was_mail else _page()
    wishes.stop_all(g.page_id, _view(), door.who)
    db.session.commit()
    return _page()


blueprint.add_url_rule("/preferences/<token>", "show", show, methods=["GET"])
blueprint.add_url_rule("/preferences/<token>", "take", take, methods=["POST"])


def _save() -> ResponseReturnValue:
    try:
        wishes.save(g.page_id, request.form, _view(), door.who)
    except ordering.Alone as refusal:
        db.session.rollback()
        response = _page(is_alone=True)
        response.status_code = refusal.status
        return response
    db.session.commit()
    chosen = request.form.get("language", "") or request.args.get("lang", "")
    return redirect(f"{request.path}?saved=1" + (f"&lang={chosen}" if chosen.isalpha() else ""), 303)


def _page(*, is_alone: bool = False) -> Response:
    view = _view()
    if view.is_disowned:
        return door.as_it_stands(view)
    wished = wishes.read_for(g.page_id, door.who, is_saved="saved" in request.args, is_alone=is_alone)
    return door.page(view, wishing.render(view, wished))


def _view() -> View:
    """The page as whoever asks may see it, with the endings of the numbers that it went to.

    Without a link to the page in it for whoever was given this link alone.
    """
    view = door.look()
    if view.is_disowned:
        return view
    endings = [phone.ending(number) for number in numbers.of_page(queries.get(g.page_id))]
    view = replace(view, ending=", ".join(endings))
    return view if g.token else replace(view, token="", answer_tokens={})
