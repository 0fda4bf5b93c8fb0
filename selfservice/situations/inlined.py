"""What a customer's page carries inside itself, so that one request shows it: style sheet, script, and their hashes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup

from selfservice.brands.colours import CARD_DARK, HEADER_SHARE, NIGHT, TINT_SHARE, TINT_SHARE_DARK, WHITE, mixed
from selfservice.situations.remembering import of_our_files
from selfservice.situations.squeezing import squeeze_script, squeeze_styles

STATIC = Path(__file__).resolve().parents[2] / "static"
_PARTS = STATIC / "css" / "parts"
_DARK = "@media (prefers-color-scheme:dark){"
_FORCED = {"dark": ("@media all{", "dark"), "light": ("@media not all{", "light")}
_LARGE = "html{font-size:200%}body{hyphens:auto}"
_FIXED = {"good": ("#116136", "#14512f"), "closed": ("#434c58", "#2a3038")}


@dataclass(frozen=True)
class Inlined:
    """A text inside a page, and the hash by which the security policy lets it in."""

    text: Markup
    hash: str

    @classmethod
    def of(cls, text: str) -> Inlined:
        """Our own text; it must not hold a closing tag."""
        assert "</" not in text
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"'sha256-{digest}'")  # noqa: S704  our own files and a brand's checked colours


SHEETS = tuple(
    STATIC / "css" / "page" / f"{name}.css" for name in ("ground", "header", "facts", "answers", "footer", "room")
)
"""The style sheet of every page, in the order in which the one yields to the next."""


@of_our_files
@cache
def parts() -> tuple[str, ...]:
    """What only some types need, each with a style sheet of its own: components and fields, by their names there."""
    return tuple(sorted(path.stem for path in _PARTS.glob("*.css")))


@of_our_files
@lru_cache(maxsize=256)
def styles(colour: str, colour_dark: str, theme: str = "", large: bool = False, also: tuple[str, ...] = ()) -> Inlined:
    """The style sheet in a brand's colours, with that of each of the parts that it has `also`.

    `theme` and `large` are for looking at a page as others see it.
    """
    sheet = "".join(map(_sheet, (*SHEETS, *(_PARTS / f"{part}.css" for part in also))))
    if theme:
        wanted, scheme = _FORCED[theme]
        assert _DARK in sheet
        sheet = sheet.replace(_DARK, wanted).replace("color-scheme:light dark", f"color-scheme:{scheme}")
    brand = {
        "b": colour,
        "bd": colour_dark,
        "bt": mixed(colour, WHITE, TINT_SHARE),
        "bdt": mixed(colour_dark, CARD_DARK, TINT_SHARE_DARK),
        "bh": mixed(colour, NIGHT, HEADER_SHARE),
    }
    values = ";".join(f"--{name}:{value}" for name, value in brand.items())
    return Inlined.of(f":root{{{values}}}{sheet}{_LARGE if large else ''}")


@of_our_files
@cache
def script() -> Inlined:
    """The script of a page that can be answered."""
    return Inlined.of(squeeze_script((STATIC / "js" / "page.js").read_text(encoding="utf-8")))


def header_colours(colour: str, header: str) -> tuple[str, str]:
    """The colour of the top in light and dark, for the browser's own frame around the page."""
    return _FIXED.get(header) or (colour, mixed(colour, NIGHT, HEADER_SHARE))


@of_our_files
@cache
def _sheet(path: Path) -> str:
    return squeeze_styles(path.read_text(encoding="utf-8"))
