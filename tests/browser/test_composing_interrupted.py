"""Composing while something comes between: a session that ends, a form that changes its shape, too much text."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfservice.db import db
from selfservice.recipes import queries, service
from selfservice.staff import service as sessions
from tests.browser.console_scene import Scene
from tests.recipes import recipes

OpenTab = Callable[..., Page]
HOLD_THE_NEXT_REQUEST = """() => {
  const real = fetch;
  const released = new Promise((release) => (window.release = release));
  window.fetch = async (...request) => {
    window.fetch = real;
    await released;
    return real(...request);
  };
}"""


def start(scene: Scene, **changes: Any) -> str:
    """A draft; returns its key, which is nobody else's."""
    with scene.app.app_context():
        key = f"zz_{secrets.token_hex(4)}"
        service.start(key, recipes.small(team="reception", **changes), actor="cli")
        db.session.commit()
    return key


def draft_of(scene: Scene, key: str) -> dict[str, Any]:
    with scene.app.app_context():
        return queries.get(key).draft


def sign_in(scene: Scene, desk: Page, user_id: int) -> None:
    """What signing in in another tab does to this one."""
    with scene.app.app_context():
        token = sessions.start_session(user_id)
        db.session.commit()
    desk.context.add_cookies([{"name": "staff", "value": token, "url": scene.server.url, "httpOnly": True}])


def test_who_signs_in_again_goes_on_and_loses_nothing(scene: Scene, open_tab: OpenTab) -> None:
    open_tab.allow("status of 401", "status of 403")  # type: ignore[attr-defined]
    key, seat = start(scene), scene.seat()
    desk = scene.sit(open_tab, f"/console/types/{key}/compose", seat)
    trouble = desk.get_by_role("alert")
    headline = desk.get_by_label("Headline", exact=True)
    desk.clock.install()
    desk.context.clear_cookies()

    headline.fill("Who opens?")
    desk.clock.run_for(1_000)
    expect(trouble).to_contain_text("You are signed out")
    desk.locator("summary", has_text="Publish").click()
    desk.get_by_role("button", name="Publish version 1").click()
    expect(trouble).to_be_in_viewport()
    expect(trouble).to_contain_text("You are signed out")
    sign_in(scene, desk, seat.user_id)
    desk.clock.run_for(5_000)

    expect(desk.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(trouble).to_have_count(0)
    assert draft_of(scene, key)["headline"]["en"] == "Who opens?"
    sign_in(scene, desk, seat.user_id)
    desk.get_by_role("button", name="Add a fact").click()
    expect(desk.locator("[id='facts.2.label']")).to_be_focused()


@pytest.mark.parametrize("shape", ["kind", "remove"])
def test_what_is_written_while_the_form_changes_its_shape_stays(scene: Scene, open_tab: OpenTab, shape: str) -> None:
    key = start(scene)
    desk = scene.sit(open_tab, f"/console/types/{key}/compose")
    desk.locator("#facts\\.1 summary").first.click()
    desk.evaluate(HOLD_THE_NEXT_REQUEST)
    number = 1
    if shape == "kind":
        desk.locator("[id='facts.1.kind']").select_option("whole")
    else:
        desk.get_by_label("Remove When").click()
        desk.get_by_role("button", name="Yes, remove it").click()
        number = 0
    example = desk.locator("[id='facts.1.example']")
    example.fill("")
    example.press_sequentially("4")
    desk.get_by_label("It is needed for every page").nth(1).focus()
    desk.keyboard.press("Space")
    desk.locator("[id='headline.en']").focus()
    desk.keyboard.press("Control+A")
    desk.keyboard.type("Is it")
    desk.evaluate("() => release()")

    if shape == "kind":
        expect(desk.get_by_text("Such as 2.")).to_be_visible()
    else:
        expect(desk.get_by_label("Remove When")).to_have_count(0)
    desk.keyboard.type(" 4?")
    expect(desk.locator(f"[id='facts.{number}.example']")).to_have_value("4")
    expect(desk.locator(f"[id='facts.{number}.usual']")).to_be_visible()
    expect(desk.locator("[id='headline.en']")).to_have_value("Is it 4?")
    expect(desk.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    draft = draft_of(scene, key)
    assert (draft["headline"]["en"], draft["facts"][number]["example"]) == ("Is it 4?", "4")
    assert draft["facts"][number]["is_needed"] is False


def test_too_much_text_is_said_and_less_of_it_is_kept(scene: Scene, open_tab: OpenTab) -> None:
    open_tab.allow("status of 422")  # type: ignore[attr-defined]
    key = start(scene, readme="x" * (service.MOST_BYTES - 2_000))
    desk = scene.sit(open_tab, f"/console/types/{key}/compose")
    said = desk.get_by_text("There is too much text in this type")

    desk.get_by_label("Why customers get it").fill("y" * 300)
    desk.get_by_label("What every page says").fill("z" * 1000)
    desk.get_by_label("Hint for staff").first.evaluate("field => (field.value = 'w'.repeat(400))")
    desk.get_by_label("Text message", exact=True).fill("v" * 400)

    expect(said).to_be_visible()
    expect(desk.get_by_text("Not saved")).to_be_visible()
    desk.get_by_label("What staff should know").fill("Less.")
    expect(said).to_be_hidden()
    expect(desk.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert draft_of(scene, key)["readme"] == "Less."
