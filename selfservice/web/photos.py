"""A photo as a response, for every door that shows one: an image and nothing else, kept by nobody on the way."""

from __future__ import annotations

from flask import Response

from selfservice.media import reading
from selfservice.media.models import Medium
from selfservice.media.reading import Photo

_HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("X-Content-Type-Options", "nosniff"),
    # Opened by itself it is a document of our origin, which the browser writes round it, with styles inside.
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


def shown(medium: Medium, *, preview: bool = False) -> Response:
    """A photo that is ready, or its preview; raises NotFound and Unavailable."""
    return respond(reading.read(medium, preview=preview))


def respond(photo: Photo) -> Response:
    """A file that was read as what a browser shows."""
    response = Response(photo.body, mimetype=photo.mimetype)
    response.headers.extend(_HEADERS)
    response.headers["Content-Disposition"] = f"inline; filename={photo.name}"
    return response
