"""Having a photo developed: the darkroom is run as a process of its own, and what it says is not simply believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from selfservice.errors import AppError
from selfservice.media import kinds

MadeAs = Literal["jpeg", "png"]
Purpose = Literal["photo", "logo", "picture"]

PROGRAM = Path(__file__).with_name("darkroom.py")
SECONDS = 30.0
"""For one photo, by this machine's clock. The darkroom gives itself 20 seconds of the processor."""

LONGEST_SIDE = 2048
MOST_OUTPUT = 32 * 1024 * 1024
_HANDED_ON = ("LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""What the process gets of our environment: none of our secrets."""


class Spoilt(AppError):
    """No picture can be made of the photo; `reason` is `broken`, `too_many_pixels` or `too_hard`."""

    status = 422
    code = "spoilt"

    def __init__(self, reason: str) -> None:
        super().__init__("No picture can be made of this photo; ask for another one.", code=reason)
        self.reason = reason


@dataclass(frozen=True)
class Made:
    """What the darkroom made: the picture, `width` by `height` pixels, and its preview, both files of one kind."""

    width: int
    height: int
    made_as: MadeAs
    picture: bytes
    preview: bytes


def develop(kind: str, photo: bytes, purpose: Purpose = "photo") -> Made:
    """The picture and the preview of a photo; raises Spoilt. Takes seconds: no transaction may be open.

    A `logo` is the picture in the middle of a small white square, a `picture` is no larger than a page shows it.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made:
        given.write(photo)
        given.seek(0)
        _run([kind, purpose], given, made)
        made.seek(0)
        return _read(made)


def _run(how: Sequence[str], given: IO[bytes], made: IO[bytes]) -> None:
    environ = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    command = [sys.executable, "-I", str(PROGRAM), *how]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and a kind that we have found
            command, stdin=given, stdout=made, stderr=subprocess.DEVNULL, env=environ, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Spoilt("too_hard") from None
    if done.returncode != 0:
        raise Spoilt("too_hard")


def _read(made: IO[bytes]) -> Made:
    try:
        head = json.loads(made.readline(1000))
        if "refused" in head:
            raise Spoilt(str(head["refused"])[:20])
        width, height, made_as = int(head["width"]), int(head["height"]), str(head["made_as"])
        picture, preview = (made.read(min(int(size), MOST_OUTPUT)) for size in head["sizes"])
    except (ValueError, KeyError, TypeError):
        raise Spoilt("too_hard") from None
    is_sound = (
        made_as in ("jpeg", "png")
        and 0 < width <= LONGEST_SIDE
        and 0 < height <= LONGEST_SIDE
        and kinds.find(picture) == kinds.find(preview) == made_as
    )
    if not is_sound:
        raise Spoilt("too_hard")
    return Made(width, height, cast(MadeAs, made_as), picture, preview)
