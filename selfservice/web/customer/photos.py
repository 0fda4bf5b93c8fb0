"""The photos of a page, to whoever may see that page, as long as it may be seen."""

from __future__ import annotations

from flask import g
from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.media import queries
from selfservice.pages.guarding import SHOWN
from selfservice.situations import asides
from selfservice.web import photos
from selfservice.web.customer import door


def show(medium_id: str) -> ResponseReturnValue:
    """One photo of this very page; what stands in the page's place where the page itself is not shown."""
    view = door.look()
    if view.ask is not None:
        return door.page(view, asides.show(view), 403)
    if view.is_disowned or view.state not in SHOWN:
        return door.page(view, asides.show(view), 410)
    return photos.shown(queries.get_ready(g.page_id, tokens.decode_id(medium_id)))
