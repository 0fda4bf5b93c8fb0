"""A photo in the page's story, in a real browser: there by itself, in small, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console_scene import Scene, address
from tests.media import photos, scenes

OpenTab = Callable[..., Page]
IS_DRAWN = "(image) => image.complete && image.naturalWidth > 0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_photo_comes_up_by_itself(scene: Scene, open_tab: OpenTab, artefacts: Path, scheme: str) -> None:
    page_id = scene.issue()
    desk = scene.sit(open_tab, address(page_id), color_scheme=scheme)
    expect(desk.get_by_text("Made by the command line")).to_be_visible()

    with scene.app.app_context():
        scenes.receive(page_id, photos.jpeg((4000, 3000), orientation=photos.SIDEWAYS))
        scenes.work()
    photo = desk.get_by_role("link", name="The photo in small")
    expect(photo).to_be_visible()
    desk.wait_for_function(IS_DRAWN, arg=photo.locator("img").element_handle())
    desk.screenshot(path=artefacts / f"photo_{scheme}.png")

    box = photo.bounding_box()
    assert box is not None
    assert 90 < box["width"] < 120
    assert 130 < box["height"] < 150
    with desk.expect_popup() as opened:
        photo.click()
    expect(opened.value.locator("img")).to_have_js_property("naturalWidth", 1536)
