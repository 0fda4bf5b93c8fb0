"""Draws the pictures that samples show, in selfservice/kit/examples: somebody, and a place.

    .venv/bin/python tools/draw_examples.py

Every installation has them, so they are small; they are drawn, so that nobody is on them.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[1] / "selfservice" / "kit" / "examples"
FINER = 4
"""Drawn so many times as large, and made small: the edges are smooth then."""
TEAL, DARK_TEAL, SKIN, HAIR, INK = "#0b5c66", "#09484f", "#c98a63", "#2f2320", "#11161d"


class Canvas:
    """A picture of `width` by `height` pixels to be drawn on; places are in those."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self._size = (width, height)
        self._image = Image.new("RGB", (width * FINER, height * FINER), ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, radius: float = 0) -> None:
        places = [side * FINER for side in (left, top, right, bottom)]
        self._draw.rounded_rectangle(places, radius * FINER, fill=colour)

    def round(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self._draw.ellipse([side * FINER for side in (left, top, right, bottom)], fill=colour)

    def slice(self, left: float, top: float, right: float, bottom: float, colour: str, end: int = 360) -> None:
        self._draw.pieslice([side * FINER for side in (left, top, right, bottom)], 180, end, fill=colour)

    def smile(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        places = [side * FINER for side in (left, top, right, bottom)]
        self._draw.arc(places, 20, 160, fill=colour, width=5 * FINER)

    def shape(self, colour: str, *places: tuple[float, float]) -> None:
        self._draw.polygon([(x * FINER, y * FINER) for x, y in places], fill=colour)

    def line(self, colour: str, *places: tuple[float, float], width: int = 1) -> None:
        self._draw.line([(x * FINER, y * FINER) for x, y in places], fill=colour, width=width * FINER, joint="curve")

    def write(self, left: float, top: float, text: str, size: int) -> None:
        self._draw.text((left * FINER, top * FINER), text, fill="#fff", font_size=size * FINER)

    def save(self, name: str) -> None:
        small = self._image.resize(self._size, Image.Resampling.LANCZOS)
        small.save(FOLDER / f"{name}.jpg", quality=80, optimize=True, progressive=True)


def person() -> Canvas:
    """Head and shoulders."""
    canvas = Canvas(320, 320, "#cfe3e6")
    canvas.round(-10, -40, 330, 300, "#dbeaec")
    canvas.box(48, 228, 272, 420, TEAL, radius=90)
    canvas.shape("#f3f5f7", (128, 226), (192, 226), (160, 286))
    canvas.box(136, 180, 184, 250, "#b97a55", radius=24)
    canvas.round(84, 46, 236, 216, HAIR)
    canvas.round(100, 70, 220, 218, SKIN)
    canvas.slice(92, 48, 228, 170, HAIR)
    canvas.slice(150, 70, 240, 150, HAIR, end=300)
    for eye in (134, 186):
        canvas.round(eye - 6, 136, eye + 6, 148, "#2a2422")
    canvas.smile(132, 150, 188, 192, "#7a3f2d")
    canvas.line("#a86a48", (160, 146), (156, 166), (164, 168), width=3)
    return canvas


def place() -> Canvas:
    """A green door under a sign that says 9 Mill Lane."""
    canvas = Canvas(900, 600, "#d9c6ad")
    for row in range(16):
        canvas.line("#cbb597", (0, row * 30), (900, row * 30))
        for brick in range(row % 2 * 45, 900, 90):
            canvas.line("#cbb597", (brick, row * 30), (brick, row * 30 + 30))
    canvas.box(0, 470, 900, 600, "#aab0b6")
    canvas.box(0, 470, 900, 486, "#8e959c")
    canvas.box(360, 140, 540, 480, "#434c58")
    canvas.box(374, 154, 526, 470, TEAL)
    for pane in (396, 456):
        canvas.box(pane, 180, pane + 48, 300, "#7fc4c4")
    canvas.box(396, 330, 504, 440, DARK_TEAL)
    canvas.round(500, 312, 516, 328, "#ffb703")
    canvas.box(330, 470, 570, 500, "#7b838b")
    for window in (110, 640):
        canvas.box(window, 180, window + 150, 360, "#f3f5f7")
        for pane in (window + 12, window + 80):
            canvas.box(pane, 192, pane + 58, 348, "#9cc3d8")
        canvas.box(window - 10, 360, window + 160, 378, "#8a7a63")
    canvas.box(560, 210, 612, 262, INK)
    canvas.write(575, 216, "9", 34)
    canvas.box(0, 60, 900, 112, TEAL)
    canvas.write(328, 64, "9 MILL LANE", 36)
    return canvas


if __name__ == "__main__":
    person().save("person")
    place().save("place")
