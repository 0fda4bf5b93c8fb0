"""What bytes are is seen in them; each that is not taken says what to send instead."""

from __future__ import annotations

import pytest

from selfservice.media import kinds
from selfservice.media.kinds import MOST_BYTES, NotTaken
from tests.media import photos

AVIF = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (photos.jpeg(), "jpeg"),
        (photos.png(), "png"),
        (photos.webp(), "webp"),
        (photos.gif(), "gif"),
        (photos.HEIC, "heic"),
        (photos.HEIC.replace(b"ftypheic", b"ftypmif1", 1), "heic"),
    ],
)
def test_a_photo_is_known_by_its_bytes(body: bytes, kind: str) -> None:
    assert kinds.require(body) == kind


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (photos.jpeg() + bytes(MOST_BYTES), "too_large"),
        (b"%PDF-1.7\n...", "pdf"),
        (b"\n\n%PDF-1.4", "pdf"),
        (b"<!doctype html><script>alert(1)</script>", "unknown_kind"),
        (SVG, "unknown_kind"),
        (AVIF, "unknown_kind"),
        (b"RIFF\0\0\0\0WAVEfmt ", "unknown_kind"),
        (b"\xff", "unknown_kind"),
    ],
)
def test_anything_else_is_not_taken(body: bytes, reason: str) -> None:
    with pytest.raises(NotTaken) as caught:
        kinds.require(body)

    assert (caught.value.reason, caught.value.code, caught.value.status) == (reason, reason, 422)
    assert ";" in caught.value.message


def test_a_photo_of_ten_megabytes_is_taken() -> None:
    assert kinds.require(photos.jpeg().ljust(MOST_BYTES, b"\0")) == "jpeg"
