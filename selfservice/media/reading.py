"""Reading a photo that is ready, or a picture, out of the store, as it may be shown."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from selfservice.errors import Unavailable
from selfservice.media import stores
from selfservice.media.models import Medium, Picture

_ENDINGS = {"jpeg": "jpg", "png": "png"}


class Photo(NamedTuple):
    """A file to show: its bytes, their media type, and a name that says nothing."""

    body: bytes
    mimetype: str
    name: str


def read(medium: Medium | Picture, *, preview: bool = False) -> Photo:
    """The picture of a photo that is ready, or its preview; raises Missing and Unavailable.

    Bytes that are not those the darkroom made are not shown, whoever has changed them.
    """
    key, digest = (medium.preview_key, medium.preview_sha256) if preview else (medium.key, medium.sha256)
    body = stores.current().get(key or "")
    if hashlib.sha256(body).hexdigest() != digest:
        raise Unavailable("The photos' store gave back other bytes than were kept there; look into it.")
    kind = medium.made_as or ""
    return Photo(body, f"image/{kind}", f"photo.{_ENDINGS[kind]}")
