"""Composing a page type in a browser: it saves itself, the phone follows, nothing shouts while somebody writes."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from playwright.sync_api import Page, expect

from selfservice.db import db
from selfservice.recipes import queries, service
from tests.browser.console_scene import Scene
from tests.recipes import recipes

OpenTab = Callable[..., Page]


def start(scene: Scene) -> str:
    """A draft; returns its key, which is nobody else's."""
    with scene.app.app_context():
        key = f"zz_{secrets.token_hex(4)}"
        service.start(key, recipes.small(team="reception"), actor="cli")
        db.session.commit()
    return key


def test_a_type_saves_itself_while_it_is_composed_and_the_phone_follows(scene: Scene, open_tab: OpenTab) -> None:
    key = start(scene)
    desk = scene.sit(open_tab, f"/console/types/{key}/compose")
    phone = desk.frame_locator("iframe[name=seen]:not(.coming)")
    headline = desk.get_by_label("Headline", exact=True)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Is somebody at home")

    headline.fill("Who opens for ")
    headline.press("End")
    desk.get_by_text("Put in").click()
    desk.get_by_role("button", name="Boiler", exact=True).click()

    expect(headline).to_have_value("Who opens for {boiler}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Who opens for B 17")
    expect(desk.get_by_role("status").filter(has_text="Saved")).to_be_visible()

    desk.get_by_role("button", name="Add a fact").click()
    name = desk.locator("[id='facts.2.label']")
    expect(name).to_be_focused()
    name.press_sequentially("Floor")
    expect(desk.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(desk.get_by_text("Key floor")).to_be_hidden()
    name.press("Tab")
    expect(desk.get_by_text("Key floor")).to_be_visible()

    desk.locator("[id='facts.2.words.en']").fill("Floor")
    desk.get_by_label("Move Floor up").click()
    expect(desk.locator("[id='facts.1.label']")).to_have_value("Floor")
    expect(desk.get_by_label("Move Floor up")).to_be_focused()
    desk.get_by_label("Stage of the page").select_option("No, I'm away: what is asked")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("When does it suit you?")
    desk.get_by_label("Remove Floor").click()
    desk.get_by_role("button", name="Yes, remove it").click()
    expect(desk.locator("[id='facts.2.label']")).to_have_count(0)
    desk.reload()
    expect(headline).to_have_value("Who opens for {boiler}")
    expect(desk.locator(".piece")).to_have_count(4)


def test_what_is_wrong_is_said_quietly_once_its_field_was_left_and_a_rival_is_told_of(
    scene: Scene, open_tab: OpenTab
) -> None:
    open_tab.allow("status of 409", "status of 422")  # type: ignore[attr-defined]
    key = start(scene)
    desk = scene.sit(open_tab, f"/console/types/{key}/compose")
    headline = desk.get_by_label("Headline", exact=True)
    desk.get_by_label("Title", exact=True).fill("Yes {nobody}")
    headline.fill("Is {somebody} there?")
    expect(desk.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    said = desk.locator("[data-slot='headline.en'] .problem")
    expect(said).to_have_count(0)

    headline.press("Tab")

    expect(said).to_contain_text("Nothing is called {somebody};")
    expect(headline).not_to_have_attribute("aria-invalid", "true")
    desk.locator("summary", has_text="Publish").click()
    desk.get_by_role("button", name="Publish version 1").click()
    expect(desk.get_by_role("alert")).to_contain_text("2 things to mend")
    expect(headline).to_have_attribute("aria-invalid", "true")

    headline.fill("Is anybody there?")
    headline.press("Tab")
    expect(desk.get_by_role("alert")).to_contain_text("1 thing to mend")
    desk.get_by_label("Title", exact=True).fill("Yes")
    desk.get_by_label("Title", exact=True).press("Tab")
    expect(desk.get_by_role("alert").filter(has_text="mend")).to_have_count(0)

    with scene.app.app_context():
        made = queries.get(key)
        service.save(key, {**made.draft, "name": "Theirs"}, made.revision, actor="cli")
        db.session.commit()
    headline.fill("Mine?")

    expect(desk.get_by_text("Somebody else has changed this draft")).to_be_visible()
    expect(headline).to_have_value("Mine?")
    desk.get_by_role("button", name="Save mine in its place").click()
    expect(desk.get_by_text("Somebody else has changed this draft")).to_be_hidden()
    expect(headline).to_have_value("Mine?")
    expect(desk.get_by_label("Name", exact=True).first).to_have_value("Boiler visit")
