"""The photos of a page, and those that came with a text about none, to staff who may see these."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.media import queries as media
from selfservice.media.models import Medium
from selfservice.pages import queries
from selfservice.web import photos
from selfservice.web.console import inbox


def show_photo(page_id: str, medium_id: str) -> ResponseReturnValue:
    """A photo that was sent for the page."""
    return photos.shown(_find(page_id, medium_id))


def show_preview(page_id: str, medium_id: str) -> ResponseReturnValue:
    """The same in small, for the story."""
    return photos.shown(_find(page_id, medium_id), preview=True)


def show_work_photo(conversation_id: str, medium_id: str) -> ResponseReturnValue:
    """A photo that came with a text about no page, to those who may work on it."""
    return photos.shown(_find_of_work(conversation_id, medium_id))


def show_work_preview(conversation_id: str, medium_id: str) -> ResponseReturnValue:
    """The same in small, for the inbox."""
    return photos.shown(_find_of_work(conversation_id, medium_id), preview=True)


def _find_of_work(conversation_id: str, medium_id: str) -> Medium:
    return media.get_ready_of_work(inbox.permitted(conversation_id), tokens.decode_id(medium_id))


def _find(page_id: str, medium_id: str) -> Medium:
    return media.get_ready(queries.get(tokens.decode_id(page_id)).id, tokens.decode_id(medium_id))
