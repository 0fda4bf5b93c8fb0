"""Which kind of file some bytes are, by their first ones; what a sender calls them is not asked."""

from __future__ import annotations

from typing import Literal

from selfservice.errors import AppError

Kind = Literal["jpeg", "png", "webp", "gif", "heic"]
Reason = Literal["empty", "too_large", "pdf", "unknown_kind", "too_many"]

MOST_BYTES = 10 * 1024 * 1024

_BEGINNINGS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
"""ISO/IEC 23008-12, annex B and section 10; AVIF, which has brands of its own, is not among them."""

_SENTENCES: dict[Reason, str] = {
    "empty": "The file is empty, so nothing was kept; choose the photo again.",
    "too_large": f"The file is larger than {MOST_BYTES // 1024**2} MB, so it was not kept; send a smaller photo.",
    "pdf": "The file is a PDF, which is not taken; send a photo or a screenshot of the page instead.",
    "unknown_kind": "The file is not a photo that can be read; send it as JPEG, PNG, WebP, GIF or HEIC.",
    "too_many": "This page has as many photos as it can take; write to us instead.",
}


class NotTaken(AppError):
    """What was sent is not kept; `reason` is the word for why, and `message` says what to send instead."""

    status = 422
    code = "not_taken"

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SENTENCES[reason], code=reason)
        self.reason = reason


def find(body: bytes) -> Kind | None:
    """The kind of photo these bytes begin like; None for everything else."""
    for beginning, kind in _BEGINNINGS:
        if body.startswith(beginning):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp" and body[8:12] in _HEIF_BRANDS:
        return "heic"
    return None


def require(body: bytes) -> Kind:
    """The kind of photo that some bytes are, if they can be taken; raises NotTaken."""
    if not body:
        raise NotTaken("empty")
    if len(body) > MOST_BYTES:
        raise NotTaken("too_large")
    kind = find(body)
    if kind is None:
        raise NotTaken("pdf" if body[:1024].lstrip().startswith(b"%PDF-") else "unknown_kind")
    return kind
