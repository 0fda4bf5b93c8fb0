"""A photo in the page's story, in a real browser: there by itself, in small, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from selfservice.conversations import service as conversations
from selfservice.db import db
from selfservice.media import service
from selfservice.tokens import encode_id
from tests.browser.console_scene import Scene, address
from tests.harness.numbers import fresh_number
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_photo_of_no_page_is_with_its_text(scene: Scene, open_tab: OpenTab, artefacts: Path, scheme: str) -> None:
    with scene.app.app_context():
        work = conversations.hear(
            "Is this yours?", team="reception", reason="A text.", page_id=None, customer_id=None, phone=fresh_number()
        )
        db.session.commit()
        service.receive(None, photos.jpeg(), source="mms", sender="customer", conversation_id=work.id)
        db.session.commit()
        work_id = work.id
        scenes.work()
    narrow = {"viewport": {"width": 360, "height": 740}}
    desk = scene.sit(open_tab, "/console/inbox", color_scheme=scheme, **narrow)
    card = desk.locator(f"[data-row='{encode_id(work_id)}']")

    photo = card.get_by_role("link", name="The photo in small")
    photo.scroll_into_view_if_needed()
    desk.wait_for_function(IS_DRAWN, arg=photo.locator("img").element_handle())
    card.screenshot(path=artefacts / f"text_photo_{scheme}.png")

    with desk.expect_popup() as opened:
        photo.click()
    expect(opened.value.locator("img")).to_be_visible()
