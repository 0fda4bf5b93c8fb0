"""Photos from a page: sent in small parts by its script, or whole with the form where there is no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from selfservice import tokens
from selfservice.db import db
from selfservice.errors import Gone, Invalid
from selfservice.media import kinds
from selfservice.media import uploads as parts
from selfservice.media.kinds import NotTaken
from selfservice.media.uploads import Progress
from selfservice.pages import uploads
from selfservice.pages.checks import CheckRequired
from selfservice.pages.guarding import SHOWN
from selfservice.web.customer import door

BESIDE_FILES = 256 * 1024
"""Bytes that a form has beside its files."""

_PROBLEMS = {"too_large": "upload_too_large", "pdf": "upload_pdf", "too_many": "upload_too_many"}
_NO_PHOTO = "upload_not_photo"


def begin() -> ResponseReturnValue:
    """Make room for one photo of `size` bytes: 201 with its id and where to begin."""
    body = request.get_json(silent=True)
    size = body.get("size") if isinstance(body, dict) else None
    if not isinstance(size, int):
        raise Invalid('The body does not say how large the photo is; send JSON: {"size": bytes}.')
    progress = uploads.begin(g.page_id, _action(), size, door.who)
    db.session.commit()
    return _told(progress, 201)


def add(upload_id: str) -> ResponseReturnValue:
    """Keep the part that begins at `offset`; says how far it is now."""
    offset = request.args.get("offset", type=int)
    if offset is None:
        raise Invalid("The part does not say where it begins; send `offset`.")
    uploads.admit(g.page_id, _action(), door.who)
    return _told(parts.add(g.page_id, tokens.decode_id(upload_id), offset, request.get_data()))


def show(upload_id: str) -> ResponseReturnValue:
    """How far an upload is, to whoever may see its page. Reads, never writes."""
    view = door.look()
    if view.ask is not None:
        raise CheckRequired
    if view.is_disowned or view.state not in SHOWN:
        raise Gone("This page has ended, so nothing was kept; a person can help.")
    return _told(parts.find(g.page_id, tokens.decode_id(upload_id)))


def drop(upload_id: str) -> ResponseReturnValue:
    """Forget a photo that is not sent yet, however far it is."""
    uploads.admit(g.page_id, _action(), door.who)
    parts.drop(g.page_id, tokens.decode_id(upload_id))
    db.session.commit()
    return Response(status=204)


def read_form(action: str) -> dict[str, str]:
    """A form that came with its files: those are kept, and their ids stand in their place. Commits.

    Raises what uploads.admit raises before anything of it is read, and Invalid whose fields hold keys of the copy file.
    """
    fields = uploads.admit(g.page_id, action, door.who)
    db.session.commit()  # No transaction is open while somebody sends their photos.
    request.max_content_length = sum(fields.values()) * kinds.MOST_BYTES + BESIDE_FILES
    try:
        form = {name: value for name, value in request.form.items() if name not in fields}
    except RequestEntityTooLarge:
        raise _refusal(next(iter(fields)), "upload_too_large") from None
    try:
        return form | _take(fields)
    finally:
        for files in request.files.listvalues():
            for file in files:
                file.close()


def _take(fields: Mapping[str, int]) -> dict[str, str]:
    taken = {}
    for name, most in fields.items():
        kept = [one for text in request.form.getlist(name) for one in text.split(",") if one]
        files = [file for file in request.files.getlist(name) if file.filename]
        if len(kept) + len(files) > most:
            raise _refusal(name, f"{name}_many")
        try:
            fresh = uploads.take_whole(g.page_id, (file.read() for file in files))
        except NotTaken as refusal:
            raise _refusal(name, _PROBLEMS.get(refusal.reason, _NO_PHOTO)) from None
        taken[name] = ",".join((*kept, *fresh))
    return taken


def _refusal(field: str, word: str) -> Invalid:
    return Invalid("A photo cannot be taken as it is; choose another.", fields={field: word})


def _action() -> str:
    return request.args.get("action", "")


def _told(progress: Progress, status: int = 200) -> Response:
    body: dict[str, Any] = {
        "id": tokens.encode_id(progress.id),
        "size": progress.size,
        "offset": progress.offset,
        "part": parts.MOST_PART,
        "state": progress.state,
    }
    if progress.reason:
        body["reason"] = progress.reason
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
