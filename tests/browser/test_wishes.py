"""What customers want to be sent, as they say it on a phone: found from every page, saved in sight, stopped at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

OpenTab = Callable[..., Page]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
ORDER = ("What comes first?", "And if that doesn’t reach you?", "And last?")
IS_COVERED = """(part) => { const box = part.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !(part === top || part.contains(top) || part.parentElement.contains(top)); }"""


def test_wishes_are_chosen_and_everything_is_stopped(issue: Callable[..., str], open_tab: OpenTab) -> None:
    tab = open_tab(**PHONE)
    tab.goto(issue())
    tab.get_by_role("link", name="Choose or stop messages").click()

    # Both are in the first view: stopping, and saving what is chosen above it.
    expect(tab.get_by_role("button", name="Stop all texts")).to_be_in_viewport(ratio=1)
    expect(tab.get_by_role("button", name="Save my choice")).to_be_in_viewport(ratio=1)

    tab.get_by_role("group", name="Offers").get_by_role("radio", name="Yes").check()
    tab.get_by_label("From 10:00 am to 8:00 pm").check()
    tab.get_by_role("button", name="Save my choice").click()
    expect(tab.get_by_text("Saved. This holds from now on.")).to_be_visible()
    expect(tab.get_by_text("Offers: yes")).to_be_visible()
    expect(tab.get_by_label("From 10:00 am to 8:00 pm")).to_be_checked()

    tab.get_by_role("button", name="Stop all texts").click()
    expect(tab.get_by_role("heading", name="Texts have stopped")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_channels_are_put_in_order_without_a_script(
    issue: Callable[..., str], open_tab: OpenTab, artefacts: Path, scheme: str
) -> None:
    tab = open_tab(**PHONE, javascript=False, color_scheme=scheme)
    tab.goto(f"{issue(email=f'{scheme}@example.com')}/-/preferences")
    groups = [tab.get_by_role("group", name=name) for name in ORDER]

    groups[0].get_by_role("radio", name="An e-mail").check()
    groups[2].get_by_role("radio", name="Nothing else").check()
    tab.get_by_role("button", name="Save my choice").click()

    expect(tab.get_by_text("Saved. This holds from now on.")).to_be_visible()
    for group, name in zip(groups, ("An e-mail", "A text", "Nothing else"), strict=True):
        expect(group.get_by_role("radio", name=name)).to_be_checked()
    groups[0].scroll_into_view_if_needed()
    tab.screenshot(path=artefacts / f"order_{scheme}.png", full_page=True)


def test_nothing_that_has_the_focus_is_behind_the_button_that_saves(
    issue: Callable[..., str], open_tab: OpenTab
) -> None:
    tab = open_tab(**PHONE)
    tab.goto(f"{issue()}/-/preferences")
    covered = []

    for _ in range(14):
        tab.keyboard.press("Tab")
        focused = tab.locator(":focus")
        if focused.evaluate(IS_COVERED):
            covered.append(focused.evaluate("(part) => part.outerHTML.slice(0, 90)"))

    assert covered == []
