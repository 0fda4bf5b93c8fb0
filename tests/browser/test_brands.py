"""Settings, brands, in a browser: two pages follow the colours, and a shade that passes is one click away."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import Page, expect

from selfservice import tokens
from selfservice.brands import service as brands
from selfservice.db import db
from selfservice.media import logos
from tests.browser.console_scene import Scene

OpenTab = Callable[..., Page]


def test_a_colour_that_cannot_be_read_is_said_and_the_one_that_passes_is_taken(scene: Scene, open_tab: OpenTab) -> None:
    with scene.app.app_context():
        key = f"brand-{secrets.token_hex(3)}"
        brands.add(key, {"name": "A Brand", "colour": "#0b5c66", "phone": "+12025550100"}, actor="cli")
        db.session.commit()
    desk = scene.sit(open_tab, f"/console/settings/brands/{key}")
    light, dark = (desk.frame_locator(f"iframe[name^=preview-{theme}]:not(.coming)") for theme in ("light", "dark"))
    expect(light.get_by_role("heading", level=1)).to_be_visible()
    expect(dark.get_by_role("heading", level=1)).to_be_visible()

    desk.get_by_label("Colour", exact=True).fill("#6a9bd8")

    expect(desk.get_by_text("#6a9bd8 is too light for white text")).to_be_visible()
    expect(light.locator(".top")).to_have_css("background-color", "rgb(106, 155, 216)")
    desk.get_by_role("button", name="Use #25548f").click()
    expect(desk.get_by_text("#6a9bd8 is too light for white text")).to_be_hidden()
    expect(light.locator(".top")).to_have_css("background-color", "rgb(37, 84, 143)")
    expect(dark.locator("body")).to_have_css("color", "rgb(238, 241, 245)")
    desk.get_by_label("Monday").fill("09:00-17:00")
    expect(desk.get_by_text("Customers read: Monday, 9 am to 5 pm")).to_be_visible()

    desk.get_by_role("button", name="Save").click()

    expect(desk.get_by_text("Saved. Pages show it within seconds.")).to_be_visible()
    expect(desk.get_by_label("Colour", exact=True)).to_have_value("#25548f")


def test_a_logo_comes_after_the_page_and_covers_the_letters(scene: Scene, open_tab: OpenTab) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (200, 120), "#c00000").save(picture, "PNG")
    with scene.app.app_context():
        key = f"brand-{secrets.token_hex(3)}"
        brand = brands.add(key, {"name": "A Brand", "colour": "#0b5c66", "phone": "+12025550100"}, actor="cli")
        brands.set_logo(brand, logos.make(picture.getvalue()), actor="cli")
        db.session.commit()
        token = tokens.current().sign_page(scene.issue(brand=key))
    tab = open_tab(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url.removeprefix(scene.server.url)))

    tab.goto(f"/p/{token}")

    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    logo = tab.locator(".mark img")
    expect(logo).to_have_js_property("naturalWidth", 96)
    assert logo.bounding_box() == tab.locator(".mark").bounding_box()
    assert [path.partition("?")[0].startswith(("/p/", "/logo/")) for path in asked[:2]] == [True, True]
    assert asked[0] == f"/p/{token}"

    open_tab.allow("status of 409")  # type: ignore[attr-defined]
    desk = scene.sit(open_tab, f"/console/settings/brands/{key}")

    preview = desk.frame_locator("iframe[name^=preview-light]:not(.coming)")
    expect(preview.locator(".mark img")).to_have_js_property("naturalWidth", 96)
    expect(desk.get_by_alt_text("The logo as it is")).to_have_js_property("naturalWidth", 96)

    desk.get_by_label("Remove", exact=True).click()
    desk.get_by_role("button", name="Yes, remove it").click()

    expect(desk.get_by_text("and they go on speaking for it: it stays.")).to_be_visible()
