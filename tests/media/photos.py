"""Photos that tests send: real bytes of each kind, with what telephones write into them and must not stay there."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from functools import cache
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

RED, BLUE = (200, 30, 30), (30, 30, 200)
CAMERA = "Harbour Camera 7"
COMMENT = b"taken at home by Maria"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">at home</x:xmpmeta>'
ORIENTATION = 0x0112
SIDEWAYS = 6
"""Held so that it has to be turned a quarter to the right."""

# 64 by 48 as it lies in the file, upright 48 by 64: half red, half blue, with a camera's name and a place. Written once
# with a library that writes HEIC, which the application does not have.
HEIC = base64.b64decode(
    """
    AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA
    AERAAAIAAQAAAAAB7AABAAAAAAAAAHUAAgAAAAACYQABAAAAAAAAALQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl
    AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH/
    /wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s
    cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAA
    AwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAATFtZGF0AAAAcSgBrwngOSMk
    v//6Mb//+EaeQ/a5hcF//g8Wff4V/n/+ze9RXZWFbILbD0Opm8R2/qm/EqRhs0lk1uPxAzLY2gjY37MO7eK5BhNXY9wvM5r6IBgHij0hse84jiQ9
    +d7o0P4za2n34T+L/A4yy2T7lHcCAAAABkV4aWYAAE1NACoAAAAIAAMBDwACAAAAEQAAADIBEgADAAAAAQAGAACIJQAEAAAAAQAAAEQAAAAASGFy
    Ym91ciBDYW1lcmEgNwAAAAQAAQACAAAAAk4AAAAAAgAFAAAAAwAAAHoAAwACAAAAAlcAAAAABAAFAAAAAwAAAJIAAAAAAAAAMgAAAAEAAAAWAAAA
    AQAAABkAAAACAAAABAAAAAEAAAAIAAAAAQAAAB4AAAAB
    """
)


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture that is red on the left and blue on the right."""
    made = Image.new("RGB", size, RED)
    made.paste(BLUE, (size[0] // 2, 0, *size))
    return made.convert(mode)


def notes(orientation: int = 1) -> Image.Exif:
    """What a camera notes: its name, how it was held, and where."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    exif[ORIENTATION] = orientation
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (50.0, 22.0, 12.5)
    place[3], place[4] = "W", (4.0, 8.0, 30.0)
    return exif


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of an image in a format of Pillow's."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def jpeg(size: tuple[int, int] = (64, 48), *, orientation: int = 1) -> bytes:
    """A photo as a telephone sends it: with a place, a profile of colours, XMP and a comment."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(
        picture(size=size), "JPEG", exif=notes(orientation), icc_profile=profile, comment=COMMENT, xmp=XMP, quality=90
    )


def png(*, mode: str = "RGB", alpha: int | None = None) -> bytes:
    """A screenshot, with a text inside; see-through on its left side where `alpha` says so."""
    made = picture(mode)
    if alpha is not None:
        made.paste((*RED, alpha), (0, 0, 32, 48))
    inside = PngImagePlugin.PngInfo()
    inside.add_text("Comment", COMMENT.decode())
    return saved(made, "PNG", pnginfo=inside, exif=notes())


def webp() -> bytes:
    return saved(picture(), "WEBP", exif=notes(), xmp=XMP, lossless=True)


def gif() -> bytes:
    """Two pictures, one after the other; the first is the one to keep."""
    return saved(picture(), "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48), BLUE)], comment=COMMENT)


@cache
def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that claims, and has, `side` by `side` black pixels of one bit."""
    line = b"\0" + bytes(side // 8)
    squeezer = zlib.compressobj(9)
    packed = b"".join(squeezer.compress(line) for _ in range(side)) + squeezer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
