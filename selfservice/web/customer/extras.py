"""What a page offers beside its question: seen, left for elsewhere, a call back, the calendar file."""

from __future__ import annotations

from flask import Response, g, redirect, request
from flask.typing import ResponseReturnValue

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Invalid, NotFound
from selfservice.pages import requests
from selfservice.pages.guarding import SHOWN
from selfservice.situations import asides, calendar, registry
from selfservice.situations.speaking import words_for
from selfservice.web import device
from selfservice.web.customer import door


def opened() -> ResponseReturnValue:
    """The page's own script says that a person looks at it, at which revision of it, and on which device."""
    requests.opened(g.page_id, device.get_or_make().id, revision=request.args.get("revision", type=int))
    db.session.commit()
    return device.remember(Response(status=204))


def followed() -> ResponseReturnValue:
    """The browser says that somebody goes on to one of the addresses that the page leads to; some never do."""
    requests.followed(g.page_id, request.args.get("link", ""), door.who)
    db.session.commit()
    return Response(status=204)


def show_callback() -> ResponseReturnValue:
    """The small form for being called back."""
    view = door.look()
    return door.as_it_stands(view) if view.is_disowned else door.page(view, asides.render_callback(view))


def ask_callback() -> ResponseReturnValue:
    """Put a call back into the team's queue; 303 to the page, which says by when."""
    try:
        requests.ask_callback(g.page_id, note=request.form.get("note", ""))
    except Invalid as refusal:
        db.session.rollback()
        view = door.look().with_problems(refusal.fields, request.form.to_dict())
        if view.is_disowned:
            return door.as_it_stands(view)
        return door.page(view, asides.render_callback(view), refusal.status)
    db.session.commit()
    return redirect(request.full_path.replace("/-/callback", "").rstrip("?"), 303)


def calendar_file() -> ResponseReturnValue:
    """The page's appointment as an iCalendar file; 404 where there is none."""
    view = door.look()
    if view.ask is not None:
        return door.page(view, asides.show(view), 403)
    if view.is_disowned or view.state not in SHOWN:
        return door.as_it_stands(view)
    loaded = registry.current().find(view.situation, view.version)
    make = loaded.situation.calendar if loaded is not None else None
    entry = make(view.facts, view.answers) if make is not None else None
    if entry is None:
        raise NotFound("This page has no appointment to put into a calendar.")
    text = calendar.write(entry, words_for(view), uid=f"{g.page_id:x}@{view.host}", stamp=clock.now())
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    response.headers["Cache-Control"] = "no-store"
    return response
