"""White on a brand's header, measured: no more of its light is under a text than the rules for colours reckon with."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from selfservice.brands import colours
from selfservice.situations.registry import Registry
from tests.situations.views import face, view

# On black, what a pixel has of white is the share of it.
BLACK = "#000000"
LONG_PILL = """() => {
  const pill = document.querySelector(".pill");
  pill.textContent = "x ".repeat(300);
  const { left, top, right, bottom } = pill.getBoundingClientRect();
  return [left, top, right, bottom];
}"""


@pytest.mark.parametrize(("language", "width", "large"), [("en", 390, False), ("ar", 390, True), ("en", 1280, True)])
def test_no_text_stands_on_more_light_than_colours_are_judged_by(
    registry: Registry, rendered: Any, tab: Callable[..., Page], language: str, width: int, large: bool
) -> None:
    page = tab(viewport={"width": width, "height": 900})
    brand = face(language, colour=BLACK)
    shown = view(registry.get("appointment_reminder"), "booked", language, brand=brand, large=large)
    page.set_content(rendered(shown).replace("</head>", "<style>* { color: #0000 !important }</style></head>"))
    pill = page.evaluate(LONG_PILL)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("L")

    # Where its letters can stand: inside its padding.
    left, top, right, bottom = (int(edge) for edge in pill)
    inside = picture.crop((left + 11, top + 5, right - 11, min(bottom, 890) - 5)).getextrema()[1]
    reckoned = max(int(pair.ground[1:3], 16) for pair in colours.pairs(BLACK)[:2])

    assert inside <= reckoned + 1
    assert inside > 0.8 * reckoned
