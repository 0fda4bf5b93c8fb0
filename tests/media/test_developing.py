"""Developing: upright, small, in two files, with nothing in them but what is to be seen; bad files harm nobody."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from selfservice.media import developing
from selfservice.media.developing import Made, Spoilt
from tests.media import photos

KINDS = {"jpeg": photos.jpeg(), "png": photos.png(), "webp": photos.webp(), "gif": photos.gif(), "heic": photos.HEIC}
SECRETS = (b"Harbour", b"home", b"Exif", b"GPS", b"xmpmeta", b"ICC_PROFILE", b"iCCP", b"tEXt", b"eXIf")


def opened(made: Made) -> list[Image.Image]:
    """Both files as anybody would open them."""
    return [Image.open(io.BytesIO(file)) for file in (made.picture, made.preview)]


def is_about(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 24 for one, other in zip(pixel[:3], colour, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_plain_picture(kind: str) -> None:
    made = developing.develop(kind, KINDS[kind])

    assert made.made_as == "jpeg"
    for image in opened(made):
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (made.width, made.height))
        assert not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        assert not image.getexif()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_camera_noted_stays(kind: str) -> None:
    written = KINDS[kind]
    made = developing.develop(kind, written)

    assert any(secret in written for secret in SECRETS)
    for file in (made.picture, made.preview):
        assert [secret for secret in SECRETS if secret in file] == []


def test_the_place_is_in_what_is_sent_and_not_in_what_is_made() -> None:
    sent, made = (
        Image.open(io.BytesIO(body)) for body in (photos.jpeg(), developing.develop("jpeg", photos.jpeg()).picture)
    )

    assert sent.getexif().get_ifd(0x8825)[2] == (50.0, 22.0, 12.5)
    assert made.getexif().get_ifd(0x8825) == {}


@pytest.mark.parametrize("kind", ["jpeg", "heic"])
def test_a_photo_held_sideways_is_turned(kind: str) -> None:
    body = photos.jpeg(orientation=photos.SIDEWAYS) if kind == "jpeg" else photos.HEIC

    (picture, _preview) = opened(developing.develop(kind, body))

    assert picture.size == (48, 64)
    assert is_about(picture.getpixel((24, 8)), photos.RED)
    assert is_about(picture.getpixel((24, 56)), photos.BLUE)


def test_a_large_photo_is_made_smaller() -> None:
    made = developing.develop("jpeg", photos.jpeg((8064, 6048)))  # 48 megapixels

    picture, preview = opened(made)
    assert (made.width, made.height) == picture.size == (2048, 1536)
    assert preview.size == (320, 240)


@pytest.mark.parametrize(
    ("mode", "alpha", "made_as"), [("RGBA", 90, "png"), ("RGBA", 255, "jpeg"), ("RGB", None, "jpeg")]
)
def test_what_shines_through_stays_so(mode: str, alpha: int | None, made_as: str) -> None:
    made = developing.develop("png", photos.png(mode=mode, alpha=alpha))

    assert made.made_as == made_as
    if made_as == "png":
        (picture, _preview) = opened(made)
        assert picture.getpixel((0, 0)) == (*photos.RED, alpha)
        assert picture.info == {}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_of_colours_can_be_made(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    made_of = Image.new(mode, (64, 48), 40_000) if mode == "I;16" else photos.picture(mode)
    body = photos.saved(made_of, form)

    made = developing.develop(form.lower(), body)

    assert (made.width, made.height) == (64, 48)
    if mode == "I;16":
        assert is_about(opened(made)[0].getpixel((10, 10)), (156, 156, 156))


def test_colours_of_another_profile_become_those_of_screens() -> None:
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab_like, b"no profile at all"):
        body = photos.saved(photos.picture(), "JPEG", icc_profile=profile, quality=95)

        (picture, _preview) = opened(developing.develop("jpeg", body))

        assert is_about(picture.getpixel((8, 8)), photos.RED)
        assert "icc_profile" not in picture.info


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("png", photos.bomb(), "too_many_pixels"),
        ("png", photos.bomb(8_000), "too_many_pixels"),
        ("jpeg", photos.jpeg()[:900], "broken"),
        ("png", photos.png()[:200], "broken"),
        ("heic", photos.HEIC[:-200], "broken"),
        ("jpeg", b"\xff\xd8\xff<!doctype html><script>alert(1)</script>", "broken"),
        ("png", photos.jpeg(), "broken"),
        ("gif", b"GIF89a", "broken"),
        ("heic", photos.HEIC[:40], "broken"),
    ],
)
def test_a_photo_that_cannot_be_made_says_why(kind: str, body: bytes, reason: str) -> None:
    with pytest.raises(Spoilt) as caught:
        developing.develop(kind, body)

    assert caught.value.reason == reason


def put_in_place(monkeypatch: pytest.MonkeyPatch, folder: Path, source: str) -> None:
    """Another program in the darkroom's place: what a decoder that was taken over, or goes wrong, could do."""
    program = folder / "darkroom.py"
    program.write_text(source)
    monkeypatch.setattr(developing, "PROGRAM", program)


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.kill(os.getpid(), 11)",
        "import sys; sys.exit(1)",
        "print('no json')",
        "print('[]')",
        "",
        """print('{"width": 10, "height": 10, "made_as": "html", "sizes": [3, 3]}\\n<b><b>')""",
        """print('{"width": 10, "height": 10, "made_as": "jpeg", "sizes": [3, 3]}\\n<b><b>')""",
        """print('{"width": 99999, "height": 10, "made_as": "jpeg", "sizes": [3, 3]}\\n\\xff\\xd8\\xff')""",
        """print('{"width": 10, "height": 10, "made_as": "jpeg", "sizes": [3]}\\nabc')""",
    ],
)
def test_what_the_darkroom_says_is_not_simply_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    put_in_place(monkeypatch, tmp_path, source)

    with pytest.raises(Spoilt) as caught:
        developing.develop("jpeg", photos.jpeg())

    assert caught.value.reason == "too_hard"


def test_a_darkroom_without_an_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_place(monkeypatch, tmp_path, "while True: pass")
    monkeypatch.setattr(developing, "SECONDS", 1.0)
    started = time.monotonic()

    with pytest.raises(Spoilt, match="No picture"):
        developing.develop("jpeg", photos.jpeg())

    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_the_darkroom_limits_itself(tmp_path: Path) -> None:
    """Its memory, its output, its processor's time, and how long it may live without its caller."""
    source = (
        "import os, resource, runpy, signal, sys\n"
        f"runpy.run_path({str(developing.PROGRAM)!r})['limit']()\n"
        "try:\n    bytes(4 * 1024**3)\nexcept MemoryError:\n    print('no memory', file=sys.stderr)\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU), 0 < signal.alarm(25) <= 25, file=sys.stderr, flush=True)\n"
        "for _ in range(40):\n    os.write(1, bytes(1024**2))\n"
    )

    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-c", source]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False, timeout=60)

    assert done.stderr.splitlines()[:2] == ["no memory", "(20, 20) True"]
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert (tmp_path / "out").stat().st_size == 32 * 1024 * 1024


def test_the_darkroom_gets_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "SELFSERVICE_SECRET_KEYS", "a:hush")
    out = tmp_path / "environ"
    put_in_place(monkeypatch, tmp_path, f"import os; open({str(out)!r}, 'w').write(repr(dict(os.environ)))")

    with pytest.raises(Spoilt):
        developing.develop("jpeg", photos.jpeg())

    assert "SELFSERVICE" not in out.read_text()
    assert "hush" not in out.read_text()


def test_the_application_never_loads_what_decodes() -> None:
    source = "import sys, selfservice.worker; print(*sorted({name.partition('.')[0] for name in sys.modules}))"

    loaded = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout.split()

    assert "selfservice" in loaded
    assert {"PIL", "pi_heif"}.isdisjoint(loaded)
