"""Logos: a small square PNG of any picture, decoded where photos are; an SVG, which can carry a program, is refused."""

from __future__ import annotations

from selfservice.errors import Invalid
from selfservice.media import developing, kinds
from selfservice.media.developing import Spoilt

FIELD = "logo"
_NO_PICTURE = "This is no picture that can be read, and SVG is not taken; save the logo as a PNG and choose that."
_SENTENCES = {
    "empty": "The file is empty; choose the logo again.",
    "too_large": f"The file is larger than {kinds.MOST_BYTES // 1024**2} MB; save the logo as a small PNG.",
}


def make(picture: bytes) -> bytes:
    """The logo, 96 by 96 pixels on white, with nothing in it but those; raises Invalid.

    Takes up to seconds: no transaction may be open.
    """
    try:
        return developing.develop(kinds.require(picture), picture, "logo").picture
    except kinds.NotTaken as refusal:
        sentence = _SENTENCES.get(refusal.reason, _NO_PICTURE)
    except Spoilt:
        sentence = "The picture is broken or too large; save the logo as a small PNG and choose that."
    raise Invalid(sentence, fields={FIELD: sentence})
