"""Letting a stopped number be texted again, as staff press it: asked once, within the screen, at every width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from selfservice.db import db
from selfservice.pages import disowning
from tests.browser.console_scene import Scene, address

OpenTab = Callable[..., Page]


@pytest.fixture
def disowned(scene: Scene) -> tuple[Scene, int]:
    """The running server, and a page on it of which somebody said that the number is wrong."""
    page_id = scene.issue()
    with scene.app.app_context():
        disowning.disown(page_id)
        db.session.commit()
    return scene, page_id


@pytest.mark.parametrize("width", [390, 1440])
def test_number_is_texted_again_once_it_was_asked(disowned: tuple[Scene, int], open_tab: OpenTab, width: int) -> None:
    scene, page_id = disowned
    desk = scene.sit(open_tab, address(page_id), viewport={"width": width, "height": 900})
    ask = desk.get_by_text("Text it again", exact=True)
    yes = desk.get_by_role("button", name="Yes, text it again")
    expect(yes).to_be_hidden()

    ask.click()
    box = yes.bounding_box()
    yes.click()

    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    expect(desk.get_by_text("The customer is written to again.")).to_be_visible()
    expect(desk.get_by_text("Texts to this number allowed again by Ana Silva")).to_be_visible()
    expect(desk.get_by_text("This page stays closed: make a new one.")).to_be_visible()
    expect(ask).to_have_count(0)
