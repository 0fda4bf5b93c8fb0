"""A sheet for each page type, kept with the run's artefacts: its first sample in every step, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from selfservice.situations import asides
from selfservice.situations.registry import Registry
from selfservice.situations.stages import ENDS, stages
from selfservice.situations.view import Theme, View
from tests.situations.views import view

WIDTH, GAP = 360, 16
THEMES: tuple[Theme, ...] = ("light", "dark")
KEYS = [loaded.key for loaded in Registry.load(strict=True)]
# Each frame as high as what is in it.
GROW = """async () => {
  for (const frame of document.querySelectorAll("iframe")) {
    frame.height = frame.contentDocument.documentElement.scrollHeight;
    await frame.contentDocument.fonts.ready;
  }
}"""
SHEET = f"body{{margin:{GAP}px;background:#888}}section{{display:flex;gap:{GAP}px}}figure{{margin:0}}iframe{{border:0}}"


def _framed(name: str, shown: View) -> str:
    page = escape(asides.show(shown))
    return f'<figure><figcaption>{escape(name)}</figcaption><iframe width="{WIDTH}" srcdoc="{page}"></iframe></figure>'


@pytest.mark.parametrize("key", KEYS)
def test_every_step_is_kept_in_light_and_dark(
    registry: Registry, rendered: Any, tab: Callable[..., Page], artefacts: Path, key: str
) -> None:
    loaded = registry.get(key)
    fresh = view(loaded, next(iter(loaded.samples)))
    shown = [(name, one) for name, one in stages(loaded, fresh) if name not in ENDS]  # Ends are alike in all types.
    rows = ["".join(_framed(name, replace(one, theme=theme)) for name, one in shown) for theme in THEMES]
    page = tab(viewport={"width": (WIDTH + GAP) * len(shown) + GAP, "height": 800})

    page.set_content(f"<style>{SHEET}</style>" + "".join(f"<section>{row}</section>" for row in rows))
    page.evaluate(GROW)
    path = artefacts / f"type-{key}.jpg"
    page.screenshot(path=path, quality=70, full_page=True)

    with Image.open(path) as image:
        assert image.width == (WIDTH + GAP) * len(shown) + GAP
    assert page.evaluate("document.querySelectorAll('iframe').length") == 2 * len(shown)
