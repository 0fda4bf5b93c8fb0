"""The console as staff use it: by keyboard, with a preview that is the page, and answers that show by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from selfservice.db import db
from selfservice.staff import service as sessions
from tests.browser.console_scene import DESK, Scene, address
from tests.harness.numbers import fresh_number

OpenTab = Callable[..., Page]


def test_page_is_made_by_keyboard_alone(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/pages")
    number = fresh_number()

    desk.keyboard.press("n")
    expect(desk.get_by_label("Mobile number")).to_be_focused()
    desk.keyboard.type(number)
    desk.keyboard.press("Tab")
    desk.keyboard.type("Noor Haddad 1")
    desk.keyboard.press("Escape")
    desk.keyboard.press("7")
    expect(desk.get_by_role("heading", name="Fraud alert", level=2)).to_be_visible()
    expect(desk.get_by_label("Mobile number")).to_have_value(number)
    expect(desk.get_by_role("textbox", name="Customer")).to_have_value("Noor Haddad 1")
    desk.get_by_label("Merchant").fill("ELECTRO-HUB")
    desk.get_by_label("Amount").fill("428.00 GBP")
    desk.get_by_label("digits").first.fill("17")
    desk.keyboard.press("Control+Enter")

    expect(desk.get_by_role("heading", name="Noor Haddad 1")).to_be_visible()
    expect(desk.get_by_text("The text is on its way.")).to_be_visible()
    desk.locator("body").press("r")
    expect(desk.get_by_text("The text is sent again.")).to_be_visible()


def test_keys_are_dead_while_somebody_types(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new")
    name = desk.get_by_role("textbox", name="Customer")

    name.click()
    desk.keyboard.type("n/12 R Santos")
    desk.keyboard.press("Enter")

    expect(name).to_have_value("n/12 R Santos")
    assert desk.url.endswith("/console/new")


def test_slash_leads_to_the_search_of_types(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new")
    desk.get_by_label("Mobile number").blur()

    desk.keyboard.press("/")
    desk.keyboard.type("order")
    expect(desk.get_by_role("link", name="Fraud alert")).to_be_hidden()
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("heading", name="Order status", level=2)).to_be_visible()


def test_jump_box_finds_pages_and_screens(scene: Scene, open_tab: OpenTab) -> None:
    page_id = scene.issue(name="Quill Abernathy-Jones")
    desk = scene.sit(open_tab, "/console/new")

    desk.keyboard.press("Control+k")
    desk.keyboard.type("inbo")
    expect(desk.get_by_role("dialog").get_by_role("option").first).to_contain_text("Inbox")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("abernathy-j")
    expect(desk.get_by_role("option", name="Quill Abernathy-Jones")).to_be_visible()
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("heading", name="Quill Abernathy-Jones")).to_be_visible()
    assert desk.url.endswith(address(page_id))


def test_preview_is_the_page_and_follows_the_form(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked")
    shown = desk.frame_locator(".glass iframe:not(.coming)")
    expect(shown.get_by_text("Dr Amina Okafor")).to_be_visible()
    steps = desk.evaluate("history.length")

    desk.get_by_label("With whom").fill("Nurse Joy Mensah")
    expect(shown.get_by_text("Nurse Joy Mensah")).to_be_visible()
    desk.get_by_text("Answered", exact=True).click()
    expect(shown.get_by_role("heading", level=1)).to_contain_text("See you")
    desk.get_by_text("Closed", exact=True).click()
    expect(shown.get_by_role("heading", level=1)).to_contain_text("closed")
    desk.get_by_text("Asks", exact=True).click()
    desk.get_by_label("Language of the page and the text").select_option("ar")
    expect(shown.locator("html")).to_have_attribute("dir", "rtl")

    assert desk.evaluate("history.length") == steps
    assert desk.evaluate("document.querySelectorAll('.glass iframe').length") == 1


def test_preview_goes_dark_and_large(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked", color_scheme="light")
    shown = desk.frame_locator(".glass iframe:not(.coming)")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    expect(shown.get_by_text("Dr Amina Okafor")).to_be_visible()
    light = shown.locator("html").evaluate(background)
    small = shown.get_by_role("heading", level=1).evaluate("element => getComputedStyle(element).fontSize")

    desk.locator("[name=theme]").check(force=True)
    desk.locator("[name=large]").check(force=True)

    expect(desk.locator(".glass")).to_have_attribute("data-shown", "3")
    assert shown.locator("html").evaluate(background) != light
    large = shown.get_by_role("heading", level=1).evaluate("element => getComputedStyle(element).fontSize")
    assert float(large.removesuffix("px")) > float(small.removesuffix("px"))


def test_preview_answers_nothing(scene: Scene, open_tab: OpenTab) -> None:
    page_id = scene.issue()
    desk = scene.sit(open_tab, address(page_id))
    shown = desk.frame_locator(".glass iframe:not(.coming)")

    shown.get_by_role("button", name="Yes, I’ll be there").click()
    desk.wait_for_timeout(500)

    expect(desk.get_by_text("No answer yet")).to_be_visible()
    expect(shown.get_by_role("heading", level=1)).to_contain_text("can you make your appointment")


def test_known_number_fills_the_form_and_shows_open_pages(scene: Scene, open_tab: OpenTab) -> None:
    number = fresh_number()
    page_id = scene.issue(name="Lucía Ortega", phone=number, locale="es")
    desk = scene.sit(open_tab, "/console/new?sample=booked")

    desk.get_by_label("Mobile number").fill(number)

    expect(desk.get_by_role("textbox", name="Customer")).to_have_value("Lucía Ortega")
    expect(desk.get_by_text("Matched")).to_be_visible()
    expect(desk.get_by_text("Can get texts")).to_be_visible()
    expect(desk.get_by_role("button", name="Send to Lucía")).to_be_visible()
    assert desk.get_by_role("link", name="Also open: Appointment reminder · Not opened yet").get_attribute(
        "href"
    ) == address(page_id)


def test_text_is_counted_while_it_is_written(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked")

    expect(desk.get_by_text("of 160 characters")).to_be_visible()
    desk.get_by_label("Language of the page and the text").select_option("ar")

    expect(desk.get_by_text("texts ·")).to_be_visible()


def test_form_with_a_mistake_comes_back_at_the_mistake(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked")
    desk.get_by_label("Mobile number").fill(fresh_number())
    desk.get_by_label("With whom").fill("")

    desk.keyboard.press("Control+Enter")

    expect(desk.get_by_text("With whom is missing; fill it in.")).to_be_visible()
    expect(desk.get_by_label("With whom")).to_be_focused()
    expect(desk.get_by_label("What to bring")).to_have_value("Your current medicines")


@pytest.mark.parametrize("screen", ["page", "list"])
def test_answer_shows_by_itself_as_it_happens(scene: Scene, open_tab: OpenTab, screen: str) -> None:
    page_id = scene.issue(name="Iris Calloway")
    path = address(page_id) if screen == "page" else "/console/pages?search=Iris+Calloway"
    desk = scene.sit(open_tab, path)
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()

    scene.act(page_id, "confirm")

    expect(desk.get_by_text("Confirmed the appointment").first).to_be_visible()
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()  # Else it would have looked by itself.
    if screen == "page":
        shown = desk.frame_locator(".glass iframe:not(.coming)")
        expect(shown.get_by_role("heading", level=1)).to_contain_text("See you")


def test_waiting_customer_shows_up_in_the_inbox(scene: Scene, open_tab: OpenTab) -> None:
    page_id = scene.issue(name="Otto Brandt")
    desk = scene.sit(open_tab, "/console/inbox")
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()

    scene.ask_callback(page_id)
    card = desk.get_by_role("listitem").filter(has_text="Otto Brandt")
    expect(card).to_be_visible()
    card.get_by_role("button", name="Take").click()
    expect(card).to_contain_text("You have this")
    card.get_by_role("button", name="Done").click()

    expect(card).to_have_count(0)


def test_without_a_stream_the_screen_looks_by_itself(scene: Scene, open_tab: OpenTab) -> None:
    open_tab.allow("503")  # type: ignore[attr-defined]
    page_id = scene.issue()
    desk = open_tab(**DESK)
    desk.context.add_cookies([{"name": "staff", "value": scene.seat().token, "url": scene.server.url}])

    def refuse(route: Route) -> None:
        route.fulfill(status=503, headers={"Retry-After": "5"})

    desk.route("**/console/live?*", refuse)
    desk.goto(address(page_id))
    expect(desk.get_by_text("Looks every 5 seconds")).to_be_visible()

    scene.act(page_id, "confirm")

    expect(desk.get_by_text("Confirmed the appointment").first).to_be_visible(timeout=7_000)


def test_screen_that_could_not_be_asked_for_again_is_asked_for_once_more(scene: Scene, open_tab: OpenTab) -> None:
    open_tab.allow("503")  # type: ignore[attr-defined]
    page_id = scene.issue()
    desk = scene.sit(open_tab, address(page_id))
    expect(desk.get_by_text("delivered").or_(desk.get_by_text("Delivered")).first).to_be_visible()
    desk.route("**/timeline", lambda route: route.fulfill(status=503))

    with desk.expect_response("**/timeline"):
        scene.act(page_id, "confirm")
    desk.wait_for_timeout(1500)  # All that happens is told by now.
    desk.unroute("**/timeline")

    expect(desk.get_by_text("Confirmed the appointment").first).to_be_visible()


def test_revoked_session_ends_the_stream(scene: Scene, open_tab: OpenTab) -> None:
    seat = scene.seat()
    desk = scene.sit(open_tab, "/console/pages", seat)
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()

    with scene.app.app_context():
        sessions.revoke_all(seat.user_id)
        db.session.commit()

    expect(desk.get_by_text("Signed out")).to_be_visible(timeout=5_000)


def test_page_is_closed_after_one_question(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, address(scene.issue()))

    desk.locator("summary", has_text="Close page").click()
    expect(desk.get_by_text("The link stops working at once")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_text("The link stops working at once")).to_be_hidden()
    desk.locator("summary", has_text="Close page").click()
    desk.get_by_role("button", name="Yes, close it").click()

    expect(desk.get_by_text("Closed by us")).to_be_visible()


def test_link_is_copied(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, address(scene.issue()), permissions=["clipboard-read", "clipboard-write"])

    desk.get_by_role("button", name="Copy link").click()

    expect(desk.get_by_role("button", name="Copied")).to_be_visible()
    link = desk.evaluate("navigator.clipboard.readText()")
    assert link == desk.get_by_label("Link", exact=True).input_value()


def test_link_alone_is_made_and_copied_with_enter(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked", permissions=["clipboard-read", "clipboard-write"])
    desk.get_by_label("Mobile number").fill(fresh_number())

    desk.get_by_role("button", name="Copy link").click()
    expect(desk.get_by_text("No text was sent: copy the link or show the QR code.")).to_be_visible()
    expect(desk.get_by_role("button", name="Copy link")).to_be_focused()
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("button", name="Copied")).to_be_visible()
    assert desk.evaluate("navigator.clipboard.readText()").startswith(scene.server.url + "/p/")
    desk.reload()
    expect(desk.get_by_text("No text was sent: copy")).to_have_count(0)


def test_page_is_sent_without_scripts(scene: Scene, open_tab: OpenTab) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked", javascript=False)

    desk.get_by_label("Mobile number").fill(fresh_number())
    desk.get_by_role("textbox", name="Customer").fill("Paul Lindqvist")
    desk.get_by_label("With whom").fill("Nurse Joy Mensah")
    desk.get_by_role("button", name="Refresh").click()
    expect(desk.frame_locator("iframe").get_by_text("Nurse Joy Mensah")).to_be_visible()
    desk.get_by_role("button", name="Send", exact=True).last.click()

    expect(desk.get_by_role("heading", name="Paul Lindqvist")).to_be_visible()
    expect(desk.get_by_text("The text is on its way.")).to_be_visible()


def test_list_is_searched_without_scripts(scene: Scene, open_tab: OpenTab) -> None:
    scene.issue(name="Wilhelmina Okonkwo")
    desk = scene.sit(open_tab, "/console/pages", javascript=False)

    desk.get_by_role("searchbox").fill("wilhelmina")
    desk.get_by_role("button", name="Find").click()

    expect(desk.get_by_role("row")).to_have_count(2)


@pytest.mark.long
def test_screens_are_kept(scene: Scene, open_tab: OpenTab, artefacts: Path) -> None:
    """The pictures a person looks at after a run."""
    page_id = scene.issue()
    scene.act(page_id, "confirm")
    for scheme in ("light", "dark"):
        seat = scene.seat()
        for name, path in {
            "pages": "/console/pages",
            "new": "/console/new?sample=booked",
            "page": address(page_id),
            "inbox": "/console/inbox",
            "types": "/console/types",
        }.items():
            desk = scene.sit(open_tab, path, seat, color_scheme=scheme)
            desk.wait_for_timeout(700)
            desk.screenshot(path=artefacts / f"console-{name}-{scheme}.png")
            desk.context.close()
