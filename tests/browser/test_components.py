"""Every variant of every component reads well to everybody and fits a small phone, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from playwright.sync_api import Page

from selfservice.situations.showing import components
from selfservice.situations.view import Theme
from tests.browser.test_access import barriers
from tests.browser.test_look import NARROW
from tests.situations.views import NOW, face


@pytest.mark.parametrize("theme", [theme for theme in get_args(Theme) if theme])
def test_every_variant_is_without_barriers(tab: Callable[..., Page], theme: Theme) -> None:
    page = tab(viewport=NARROW, reduced_motion="reduce")
    pages = ((name, components.render(name, face(), NOW, theme)) for name in components.names())

    assert barriers(page, pages) == {}


def test_wide_table_scrolls_inside_itself(tab: Callable[..., Page]) -> None:
    page = tab(viewport={"width": 360, "height": 740})
    page.set_content(components.render("table", face(), NOW))

    is_wide = page.locator(".sheet").evaluate_all("sheets => sheets.map((one) => one.scrollWidth > one.clientWidth)")
    page.locator(".sheet").last.focus()
    page.keyboard.press("ArrowRight")

    assert is_wide == [False, False, True]
    page.wait_for_function("[...document.querySelectorAll('.sheet')].at(-1).scrollLeft > 0")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
