"""Colours of a brand: whether every text on them can be read (WCAG 2.2, 1.4.3), and the nearest shade on which it can.

The pairs are those of `static/css/page/ground.css`; a test measures them on pages as a browser shows them.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

ENOUGH = 4.5
"""The contrast that ordinary text needs (WCAG 2.2, level AA)."""

HEADER_SHARE, TINT_SHARE, TINT_SHARE_DARK = 0.52, 0.09, 0.13
"""How much of the colour is in the dark header, and in the tints of a light and of a dark card."""

WHITE, NIGHT, CARD_DARK = "#ffffff", "#0d1014", "#171c22"
_GROUND, _GROUND_DARK, _ON_DARK = "#f3f5f7", "#0d1014", "#06181a"
# The white over the header where it is lightest, what reaches the pill of it, and the white of the pill itself.
_HEADER_LIGHT, _REACHES_PILL, _PILL_LIGHT = 0x24 / 255, 0.8, 0x1D / 255
# What is worked out should look well, not only pass: as much contrast as second ink has, and nothing glaring.
_COMFORTABLE, _CALM = 8.5, 0.7
_SPELLING = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_STEPS = 512


class Pair(NamedTuple):
    """A text and the ground it stands on (`#rrggbb`), and what text that is."""

    text: str
    ground: str
    words: str

    @property
    def contrast(self) -> float:
        """From 1 to 21."""
        return contrast(self.text, self.ground)


def read(spelt: str) -> str:
    """A colour spelt like `#0b5c66`, `0B5C66` or `#05c`, as `#rrggbb`; raises ValueError with a sentence."""
    found = _SPELLING.fullmatch(spelt.strip())
    if found is None:
        raise ValueError("This is no colour; write one as web pages do, such as #0b5c66.")
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def find_fault(colour: str, *, on_dark: bool = False) -> str:
    """Why a colour cannot be a brand's on light pages, or on dark ones, and the nearest that can; empty if it can."""
    worst = weakest(colour, on_dark=on_dark)
    if worst.contrast >= ENOUGH:
        return ""
    offered = nearest(colour, on_dark=on_dark)
    much = "dark" if on_dark else "light"
    # Rounded down: 4.49 is not 4.5.
    found = int(worst.contrast * 10) / 10
    return f"{colour} is too {much} for {worst.words} ({found}:1, and {ENOUGH}:1 is needed); {offered} passes."


def nearest(colour: str, *, on_dark: bool = False) -> str:
    """The nearest shade of the same hue on which every text can be read; the colour itself if that is one."""
    return next(shade for shade in _shades(colour, lighter=on_dark) if passes(shade, on_dark=on_dark))


def propose_dark(colour: str) -> str:
    """The colour for dark pages that goes with one for light pages: the same hue, as light as reads well."""
    shades = _shades(colour, lighter=True, most_saturated=_CALM)
    return next(shade for shade in shades if contrast(shade, CARD_DARK) >= _COMFORTABLE and passes(shade, on_dark=True))


def passes(colour: str, *, on_dark: bool = False) -> bool:
    """Whether every text on this colour, and every text in it, can be read."""
    return weakest(colour, on_dark=on_dark).contrast >= ENOUGH


def weakest(colour: str, *, on_dark: bool = False) -> Pair:
    """The text with the least contrast of all that a page in this colour has."""
    return min(pairs(colour, on_dark=on_dark), key=lambda pair: pair.contrast)


def pairs(colour: str, *, on_dark: bool = False) -> list[Pair]:
    """Every text that a page in this colour has on it, or in it; those of the header come first."""
    return list(_dark_pairs(colour) if on_dark else _light_pairs(colour))


@lru_cache(maxsize=1024)
def mixed(colour: str, ground: str, share: float) -> str:
    """`share` of `colour` on `ground`, both `#rrggbb`: worked out here because older browsers have no `color-mix`."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(upper * share + lower * (1 - share)):02x}" for upper, lower in pairs)


def contrast(colour: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(colour), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _light_pairs(colour: str) -> Iterator[Pair]:
    yield Pair(WHITE, mixed(WHITE, colour, _HEADER_LIGHT), "white text")
    under_pill = mixed(WHITE, colour, _HEADER_LIGHT * _REACHES_PILL)
    yield Pair(WHITE, mixed(WHITE, under_pill, _PILL_LIGHT), "white text")
    yield Pair(colour, _GROUND, "links on the page")
    yield Pair(colour, mixed(colour, WHITE, TINT_SHARE), "letters on a tint of it")


def _dark_pairs(colour: str) -> Iterator[Pair]:
    yield Pair(_ON_DARK, colour, "the dark text of buttons")
    yield Pair(colour, _GROUND_DARK, "links on a dark page")
    yield Pair(colour, mixed(colour, CARD_DARK, TINT_SHARE_DARK), "letters on a dark tint of it")


def _shades(colour: str, *, lighter: bool, most_saturated: float = 1.0) -> Iterator[str]:
    """The same hue, darker and darker down to black, or lighter up to white; the colour itself first."""
    yield colour
    hue, light, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    end = 1.0 if lighter else 0.0
    for step in range(1, _STEPS + 1):
        shade = colorsys.hls_to_rgb(hue, light + (end - light) * step / _STEPS, min(saturation, most_saturated))
        yield "#" + "".join(f"{round(channel * 255):02x}" for channel in shade)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
