"""The pages of a device, in a real browser: listed, opened again without a network, counted, installed, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.phone_scene import OFFLINE, PHONE, QUESTION, SAVED, YES, Phone, until
from tests.harness.browser import ARGUMENTS
from tests.harness.server import LiveServer
from tests.harness.way import Way

Issue = Callable[..., str]


def list_rows(tab: Page) -> list[str]:
    return [" ".join(text.split()) for text in tab.locator("a[data-of]").all_inner_texts()]


def list_titles(tab: Page) -> list[str]:
    return [text.split("\n")[0].strip() for text in tab.locator("a[data-of] span").all_inner_texts()]


def open_inbox(phone: Phone) -> Page:
    """The list of pages, drawn to the end."""
    phone.tab.goto(phone.way.url + "/inbox")
    phone.settle()
    return phone.tab


def wait_opened(phone: Phone, times: int) -> None:
    """Wait until the server knows which pages this phone looked at."""
    until(phone.tab, lambda: sum("/-/opened" in asked.path for asked in phone.way.asked) >= times)


def become_one_device(phone: Phone) -> None:
    """Wait until the phone has the cookie that its next page is known by."""
    until(phone.tab, lambda: bool(phone.context.cookies()))


def test_phone_without_pages_says_how_they_come(phone: Phone) -> None:
    phone.tab.goto(phone.way.url + "/inbox")

    phone.heading("Nothing here yet")
    assert list_rows(phone.tab) == []
    assert phone.context.cookies() == []


def test_pages_are_listed_newest_first(phone: Phone, issue: Issue) -> None:
    first, second = issue(), issue("order_status", "out_for_delivery")
    phone.open(second)
    become_one_device(phone)
    phone.open(first)
    phone.tab.get_by_role("button", name=YES).click()
    phone.heading("See you")
    wait_opened(phone, 2)

    tab = open_inbox(phone)

    assert list_titles(tab) == ["Your order", "Your appointment"]
    assert [row.rpartition("· ")[2] for row in list_rows(tab)] == ["Open", "Answered"]
    tab.get_by_role("link", name="Your appointment").click()
    phone.heading("See you")


def test_another_phone_sees_none_of_them(phone: Phone, issue: Issue, browser: Browser) -> None:
    phone.open(issue())
    wait_opened(phone, 1)
    other = browser.new_context()
    tab = other.new_page()

    tab.goto(phone.way.url + "/inbox")

    expect(tab.locator("h1")).to_have_text("Nothing here yet")
    other.close()


def test_pages_that_may_be_are_opened_again_without_a_network(phone: Phone, issue: Issue) -> None:
    phone.open(issue())
    become_one_device(phone)
    phone.open(issue("order_status", "out_for_delivery"))
    wait_opened(phone, 2)
    tab = open_inbox(phone)
    kept = phone.wait_kept(lambda kept: len(kept["pages"]) == 3)
    assert sorted(page["seal"] for page in kept["pages"]) == ["device", "device", "link"]
    phone.is_off(network=True)

    tab.reload()

    phone.note(OFFLINE)
    assert list_titles(tab) == ["Your order"]
    tab.get_by_role("link", name="Your order").click()
    phone.heading("Arriving")
    phone.note(OFFLINE)


def test_list_says_which_answers_are_not_sent_yet(phone: Phone, issue: Issue) -> None:
    phone.open(issue())
    wait_opened(phone, 1)
    phone.way.fail("/a/", *[_refuse] * 20)
    phone.tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)

    tab = open_inbox(phone)

    expect(tab.locator("a[data-of]")).to_contain_text("Not sent yet")


def test_forgetting_the_device_leaves_nothing(phone: Phone, issue: Issue) -> None:
    link = issue("order_status", "out_for_delivery")
    phone.open(link)
    wait_opened(phone, 1)
    tab = open_inbox(phone)
    phone.wait_kept(lambda kept: len(kept["pages"]) == 2)
    assert [cookie["name"] for cookie in phone.context.cookies()] == ["device"]

    tab.get_by_role("link", name="Forget this device").click()
    phone.settle()
    tab.get_by_role("button", name="Forget this device").click()

    phone.heading("This device is forgotten")
    kept = phone.kept()
    assert (kept["pages"], kept["queue"], kept["caches"]) == ([], [], [])
    assert tab.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert phone.context.cookies() == []
    tab.goto(phone.way.url + "/inbox")
    phone.heading("Nothing here yet")
    phone.open(link)
    phone.heading("Arriving")


def test_forgetting_works_without_script(browser: Browser, way: Way, issue: Issue) -> None:
    context = browser.new_context(**PHONE)
    tab = context.new_page()
    tab.goto(way.url + "/p/" + issue().rpartition("/")[2])
    until(tab, lambda: bool(context.cookies()))
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state(), **PHONE)
    page = plain.new_page()
    page.goto(way.url + "/inbox")

    page.get_by_role("link", name="Forget this device").click()
    page.get_by_role("button", name="Forget this device").click()

    expect(page.locator("h1")).to_have_text("This device is forgotten")
    assert plain.cookies() == []
    context.close()
    plain.close()


def test_forgetting_warns_of_an_answer_that_is_not_sent(phone: Phone, issue: Issue) -> None:
    phone.open(issue())
    wait_opened(phone, 1)
    phone.way.fail("/a/", *[_refuse] * 20)
    phone.tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)

    phone.tab.goto(phone.way.url + "/device/forget")

    phone.note("An answer is saved on this phone and not sent yet.")


def test_list_can_be_installed_and_wears_the_number_of_open_pages(
    live_server: LiveServer, browser: Browser, chromium_path: Path, issue: Issue, tmp_path: Path
) -> None:
    way = Way(live_server.port)
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=chromium_path, args=list(ARGUMENTS), **PHONE
    )
    phone = Phone(context, way)
    phone.open(issue())
    become_one_device(phone)
    phone.open(issue("order_status", "out_for_delivery"))
    wait_opened(phone, 2)
    tab = open_inbox(phone)
    cdp = context.new_cdp_session(tab)

    assert cdp.send("Page.getInstallabilityErrors") == {"installabilityErrors": []}
    app = {"manifestId": way.url + "/inbox"}
    cdp.send("PWA.install", {**app, "installUrlOrBundleUrl": way.url + "/inbox"})
    tab.reload()
    phone.settle()
    until(tab, lambda: cdp.send("PWA.getOsAppState", app)["badgeCount"] == 2)
    context.close()
    way.close()


def _refuse(_ask: object) -> None:
    """The connection breaks."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_first_page_is_read_in_either_light(phone: Phone, issue: Issue, theme: str, artefacts: Path) -> None:
    phone.tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    phone.open(issue())
    wait_opened(phone, 1)
    phone.way.fail("/a/", *[_refuse] * 20)
    phone.heading(QUESTION)
    phone.tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    phone.tab.screenshot(path=artefacts / f"phone-saved-{theme}.png", full_page=True)
    tab = open_inbox(phone)
    tab.screenshot(path=artefacts / f"phone-inbox-{theme}.png", full_page=True)
