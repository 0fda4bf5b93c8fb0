"""The picture of a fact in real browsers: chosen, seen in the form and beside it, and on the customer's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.console_scene import Scene
from tests.browser.phone_scene import Phone
from tests.browser.test_photo import IS_DRAWN
from tests.browser.test_shift import SHIFTS, WATCH
from tests.harness.numbers import fresh_number
from tests.media import photos

OpenTab = Callable[..., Page]
NEW = "/console/new?type=notice"
FILE = "Picture: the file"
ALT = "A street in red and blue"


def street() -> FilePayload:
    return {"name": "street.jpg", "mimeType": "image/jpeg", "buffer": photos.jpeg((1600, 1000))}


def fill(desk: Page, number: str) -> None:
    desk.get_by_label("Heading").fill("We move on 1 December")
    desk.get_by_role("textbox", name="Text").fill("Find us at 9 Mill Lane.")
    desk.get_by_label("Mobile number").fill(number)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chosen_picture_is_seen_at_once_and_then_by_the_customer(
    scene: Scene, open_tab: OpenTab, phone: Phone, artefacts: Path, scheme: str
) -> None:
    desk = scene.sit(open_tab, NEW, color_scheme=scheme)
    fill(desk, fresh_number())
    desk.get_by_text("Add", exact=True).last.click()
    desk.get_by_label("Picture: what it shows").fill(ALT)
    desk.get_by_label(FILE).set_input_files(street())
    kept = desk.get_by_role("img", name="The picture as it is")
    expect(kept).to_be_visible()
    desk.wait_for_function(IS_DRAWN, arg=kept.element_handle())
    beside = desk.frame_locator("iframe:not(.coming)").get_by_role("img", name=ALT)
    expect(beside).to_have_js_property("naturalWidth", 320)
    desk.screenshot(path=artefacts / f"picture_form_{scheme}.png", full_page=True)

    desk.get_by_role("button", name="Copy link").click()
    link = desk.get_by_role("textbox", name="Link").input_value()
    phone.context.add_init_script(WATCH)
    tab = phone.open(link)
    shown = tab.get_by_role("img", name=ALT)
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("naturalWidth", 960)
    tab.screenshot(path=artefacts / f"picture_page_{scheme}.png", full_page=True)

    assert tab.evaluate(SHIFTS) == []


def test_a_form_without_script_keeps_what_was_chosen(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, NEW, javascript=False)
    fill(desk, "")
    desk.get_by_text("Add", exact=True).last.click()
    desk.get_by_label("Picture: what it shows").fill(ALT)
    desk.get_by_label(FILE).set_input_files(street())

    desk.get_by_role("button", name="Upload").click()
    expect(desk.get_by_role("img", name="The picture as it is")).to_have_js_property("naturalWidth", 320)
    desk.get_by_label("Mobile number").fill(fresh_number())
    desk.get_by_role("button", name="Copy link").click()

    expect(desk.get_by_role("heading", name="What we told the customer")).to_be_visible()
    expect(desk.get_by_text(ALT)).to_be_visible()
