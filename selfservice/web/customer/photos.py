"""The photos and pictures of a page, to whoever may see that page, as long as it may be seen."""

from __future__ import annotations

from flask import Response, g
from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.errors import NotFound
from selfservice.media import pictures, queries
from selfservice.pages.guarding import SHOWN
from selfservice.situations import asides
from selfservice.situations.view import View
from selfservice.web import photos
from selfservice.web.customer import door


def show(medium_id: str) -> ResponseReturnValue:
    """One photo of this very page; what stands in the page's place where the page itself is not shown."""
    return _hidden(door.look()) or photos.shown(queries.get_ready(g.page_id, tokens.decode_id(medium_id)))


def show_picture(picture_id: str) -> ResponseReturnValue:
    """One of the pictures that this very page shows now, likewise."""
    return _picture(picture_id)


def show_small_picture(picture_id: str) -> ResponseReturnValue:
    """The same where a few pixels do."""
    return _picture(picture_id, small=True)


def _picture(picture_id: str, *, small: bool = False) -> Response:
    view = door.look()
    hidden = _hidden(view)
    if hidden is not None:
        return hidden
    if picture_id not in view.pictures:
        raise NotFound("This page shows no such picture; open the page again.")
    return photos.respond(pictures.read(tokens.decode_id(picture_id), small=small))


def _hidden(view: View) -> Response | None:
    """What stands in the place of a page that is not shown; None for one that is."""
    if view.ask is not None:
        return door.page(view, asides.show(view), 403)
    if view.is_disowned or view.state not in SHOWN:
        return door.page(view, asides.show(view), 410)
    return None
