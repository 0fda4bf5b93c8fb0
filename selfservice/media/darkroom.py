"""The darkroom: a program of its own that makes a clean picture and a preview of one photo, or dies trying.

    python -I darkroom.py KIND [logo | picture] < photo > made

What is decoded was written by strangers, and decoders have faults: so it happens in a process that has nothing to
lose. It limits its own time, memory and output before it reads a byte, and imports nothing of the application, which
never imports it either.

`made` is a line of JSON, {"width", "height", "made_as", "sizes": [picture, preview]}, and the two files one after the
other; or {"refused": REASON}, with `broken`, `too_many_pixels` or `too_hard`. Where it ends otherwise, it was stopped.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import struct
import sys
import warnings
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps

LONGEST_SIDE = 2048
LONGEST_PREVIEW_SIDE = 320
LONGEST_PICTURE_SIDE = 960
"""Of what a page shows: a little more than two pixels for each of a telephone's."""
LOGO_SIDE = 96
LOGO_COLOURS = 64
MOST_PIXELS = 50_000_000
"""A little more than the 48 megapixels of today's telephones; decoding them takes 100 (JPEG) to 770 MB (WebP)."""

SECONDS = 20
MOST_MEMORY = 1536 * 1024 * 1024
MOST_OUTPUT = 32 * 1024 * 1024

_FORMATS = {"jpeg": ["JPEG", "MPO"], "png": ["PNG"], "webp": ["WEBP"], "gif": ["GIF"], "heic": ["HEIF"]}
_SCALABLE = ("RGB", "RGBA", "L", "CMYK")
_OPAQUE = 255


def limit() -> None:
    """Take from this process what it does not need: time, memory and large files."""
    if sys.platform == "win32":
        return  # There the caller's clock is the only limit.
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(SECONDS + 5)  # The caller may be gone by then.


def develop(kind: str, photo: bytes, out: BinaryIO, purpose: str) -> None:
    """Write what is made of `photo` (a `logo`, a `picture` or a photo); raises whatever Pillow raises, also for too
    many pixels.
    """
    is_logo = purpose == "logo"
    side = LONGEST_PICTURE_SIDE if purpose == "picture" else LONGEST_SIDE
    if kind == "heic":
        import pi_heif  # noqa: PLC0415 - needed for this kind alone

        pi_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(io.BytesIO(photo), formats=_FORMATS[kind]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        image.draft(None, (side, side))  # A large JPEG is decoded at a half, a quarter or an eighth.
        image.load()
        if image.mode in _SCALABLE:
            image.thumbnail((side, side))  # At once: what follows makes copies.
        picture = _plain(_upright(image))
    picture.thumbnail((side, side))
    picture = _square(picture) if is_logo else picture
    preview = picture.copy()
    preview.thumbnail((LONGEST_PREVIEW_SIDE, LONGEST_PREVIEW_SIDE))
    made_as = "png" if is_logo or picture.mode == "RGBA" else "jpeg"
    files = [_encode(picture, made_as), _encode(preview, made_as)]
    sizes = [len(file) for file in files]
    if sum(sizes) >= MOST_OUTPUT:
        raise MemoryError
    head = {"width": picture.width, "height": picture.height, "made_as": made_as, "sizes": sizes}
    out.write(json.dumps(head).encode() + b"\n" + b"".join(files))


def _upright(image: Image.Image) -> Image.Image:
    """As the camera was held; notes of a camera that nobody can read are no reason to lose the photo."""
    with contextlib.suppress(ValueError, TypeError, KeyError, SyntaxError, struct.error):
        return ImageOps.exif_transpose(image)
    return image


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone, in sRGB: RGB, or RGBA where something shines through. Whatever came beside them is left."""
    if image.mode.startswith(("I", "F")):  # Sixteen bits of grey.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    shines = image.has_transparency_data
    image = _to_srgb(image).convert("RGBA" if shines else "RGB")
    if shines and image.getchannel("A").getextrema()[0] == _OPAQUE:
        image = image.convert("RGB")
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def _to_srgb(image: Image.Image) -> Image.Image:
    """The same colours in sRGB. With a profile that cannot be used a little off, which is better than no photo."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        return converted or image
    return image


def _square(image: Image.Image) -> Image.Image:
    """The whole picture in the middle of a small white square, in few colours: a logo."""
    small = ImageOps.contain(image.convert("RGBA"), (LOGO_SIDE, LOGO_SIDE), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (LOGO_SIDE, LOGO_SIDE), "white")
    square.alpha_composite(small, ((LOGO_SIDE - small.width) // 2, (LOGO_SIDE - small.height) // 2))
    return square.convert("RGB").quantize(LOGO_COLOURS, dither=Image.Dither.NONE)


def _encode(image: Image.Image, made_as: str) -> bytes:
    made = io.BytesIO()
    if made_as == "png":
        image.save(made, "PNG", optimize=image.mode == "P")
    else:
        image.save(made, "JPEG", quality=85, progressive=True)
    return made.getvalue()


def main() -> None:
    """Develop what stands on standard input."""
    limit()
    try:
        develop(sys.argv[1], sys.stdin.buffer.read(), sys.stdout.buffer, "".join(sys.argv[2:3]))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        refuse("too_many_pixels")
    except MemoryError:
        refuse("too_hard")
    except Exception:  # noqa: BLE001 - whatever a decoder raises, the photo is at fault
        refuse("broken")


def refuse(reason: str) -> None:
    """Say why there is no picture."""
    sys.stdout.buffer.write(json.dumps({"refused": reason}).encode() + b"\n")


if __name__ == "__main__":
    main()
