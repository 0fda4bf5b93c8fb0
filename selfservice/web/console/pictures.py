"""Pictures for pages: taken as soon as they are chosen, or with the form of a new page; and shown again to staff."""

from __future__ import annotations

from contextlib import closing

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import tokens
from selfservice.errors import Invalid
from selfservice.kit.pictures import inside
from selfservice.media import kinds, pictures
from selfservice.pages.pictures import ids_of
from selfservice.situations.view import View
from selfservice.web import photos
from selfservice.web.console import door, draft
from selfservice.web.console.draft import FILE, PREFIX, Draft


def add() -> ResponseReturnValue:
    """Keep a picture by itself: 201 with its id, which facts name it by, and where staff see it."""
    body = _read(pictures.FIELD)
    if not body:
        sentence = f"There is no file; send one in the field `{pictures.FIELD}`."
        raise Invalid(sentence, fields={pictures.FIELD: sentence})
    picture = tokens.encode_id(pictures.add(body, actor=door.actor()))
    return jsonify(id=picture, address=url_for("console.show_picture", picture_id=picture)), 201


def show(picture_id: str) -> ResponseReturnValue:
    """A picture in small."""
    return photos.respond(pictures.read(tokens.decode_id(picture_id), small=True))


def take(entered: Draft) -> tuple[Draft, dict[str, str]]:
    """Keep the pictures that came with the form of a draft: the draft with them, and what is wrong with the others.

    Call it before anything is read or written. Commits.
    """
    problems = {}
    for item in entered.loaded.fields():
        field = PREFIX + item.name
        body = _read(field + FILE) if item.kind.takes_picture else b""
        if not body:
            continue
        try:
            picture = tokens.encode_id(pictures.add(body, actor=door.actor()))
        except Invalid as refusal:
            problems[field] = refusal.message
        else:
            entered = draft.with_picture(entered, item.name, picture)
    return entered, problems


def within(view: View) -> View:
    """The same view with its pictures inside it: a page in a frame may ask nobody for them."""
    ids = ids_of(view.facts)
    files = {ids[one]: (pictures.read(one, small=True), size) for one, size in pictures.sizes(ids).items()}
    return view.with_pictures(
        {text: inside(photo.body, *size, photo.mimetype) for text, (photo, size) in files.items()}
    )


def _read(field: str) -> bytes:
    """The file that was chosen; empty if none was."""
    file = request.files.get(field)
    if file is None:
        return b""
    with closing(file):
        body: bytes = file.read(kinds.MOST_BYTES + 1)
    return body
