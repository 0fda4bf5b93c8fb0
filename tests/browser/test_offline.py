"""Pages without a network, in a real browser: shown as they were last seen, sealed, and gone when they have to be."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from selfservice import clock
from tests.browser.phone_scene import AWAY, OFFLINE, PHONE, QUESTION, SAVED, YES, Phone
from tests.harness.browser import ARGUMENTS
from tests.harness.server import LiveServer
from tests.harness.way import Ask, Reply, Way

Issue = Callable[..., str]
FACTS = ("Amina", "Okafor", "Harbour", "Maria")


def has_page(kept: dict[str, Any]) -> bool:
    return len(kept["pages"]) == 1


def has_none(kept: dict[str, Any]) -> bool:
    return kept["pages"] == []


@pytest.mark.parametrize("network", [True, False], ids=["network off", "server down"])
def test_page_is_shown_as_it_was_last_seen(phone: Phone, issue: Issue, network: bool) -> None:
    tab = phone.open(issue())
    phone.wait_kept(has_page)

    phone.is_off(network=network)
    tab.reload()

    phone.heading(QUESTION)
    phone.note(OFFLINE if network else AWAY)
    assert "Dr Amina Okafor" in tab.locator("main").inner_text()
    phone.is_on()
    expect(tab.locator("[data-app]")).to_have_count(0)
    phone.heading(QUESTION)


def test_kept_page_goes_on_living(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.wait_kept(has_page)
    phone.is_off(network=True)
    tab.reload()

    tab.get_by_role("link", name="Change time").click()
    phone.heading("Pick a new time")
    phone.is_on()

    expect(tab.locator("[data-app]")).to_have_count(0)


def test_page_that_is_not_kept_says_so(phone: Phone, issue: Issue) -> None:
    phone.open(issue())
    other = issue()
    phone.is_off(network=True)

    phone.tab.goto(phone.address(other))

    phone.heading("You’re offline")
    expect(phone.tab.get_by_role("link", name="Try again")).to_be_visible()
    phone.is_on()
    phone.heading(QUESTION)


def test_slow_page_that_is_not_kept_is_waited_for(phone: Phone, issue: Issue) -> None:
    phone.open(issue())
    other = issue()
    patience = 0.5
    phone.context.service_workers[0].evaluate(
        "(most) => (self.setTimeout = ((set) => (work, ms) => set(work, Math.min(ms, most)))(setTimeout))",
        patience * 1000,
    )

    def slow(ask: Ask) -> Reply:
        time.sleep(patience * 3)
        return ask()

    phone.way.fail("/p/", slow)
    phone.tab.goto(phone.address(other))

    phone.heading(QUESTION)
    expect(phone.tab.locator("[data-app]")).to_have_count(0)


def test_kept_page_is_not_taken_from_under_somebody_who_writes(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.wait_kept(has_page)
    phone.is_off(network=True)
    tab.reload()
    tab.get_by_role("link", name="Change time").click()
    chosen = tab.get_by_role("radio").nth(1)
    chosen.check(force=True)

    phone.is_on()

    expect(tab.get_by_text("There’s a newer version of this page.")).to_be_visible()
    expect(chosen).to_be_checked()
    tab.get_by_role("button", name="Show it").click()
    expect(tab.locator("[data-app]")).to_have_count(0)


def test_answered_page_is_kept_as_it_is_then(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    before = phone.wait_kept(has_page)["pages"][0]["box"]
    tab.get_by_role("button", name=YES).click()
    phone.heading("See you")
    phone.wait_kept(lambda kept: kept["pages"][0]["box"] != before)

    phone.is_off(network=True)
    tab.reload()

    phone.heading("See you")
    phone.note(OFFLINE)


def test_what_a_page_can_read_tells_nothing(phone: Phone, issue: Issue) -> None:
    link = issue()
    phone.open(link)

    kept = phone.wait_kept(has_page)

    token = link.rpartition("/")[2]
    assert [text for text in (*FACTS, token) if text in repr(kept)] == []
    assert kept["pages"][0]["seal"] == "link"
    assert len(kept["caches"]) == 1
    paths = {address.removeprefix(phone.way.url).partition("?")[0] for address in kept["files"]}
    icons = {"/static/icons/app/icon-192.png", "/static/icons/app/badge.png"}
    assert paths == {"/offline", "/app/en.js", *icons}


def test_what_is_on_the_disk_tells_nothing(
    live_server: LiveServer, browser: Browser, chromium_path: Path, issue: Issue, tmp_path: Path
) -> None:
    way = Way(live_server.port)
    link = issue()
    token = link.rpartition("/")[2]
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=chromium_path, args=list(ARGUMENTS), **PHONE
    )
    phone = Phone(context, way)
    tab = phone.open(link)
    phone.wait_kept(has_page)
    answer_token = str(tab.locator("[data-token]").first.get_attribute("data-token"))
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    context.close()
    way.close()

    # What the worker has: the list of places visited is the browser's own affair.
    disk = [
        path.read_bytes()
        for folder in ("IndexedDB", "Service Worker", "Cache", "Code Cache", "GPUCache")
        for path in (tmp_path / "profile" / "Default").glob(f"{folder}/**/*")
        if path.is_file()
    ]

    def is_found(text: str) -> bool:
        return any(text.encode() in content or text.encode("utf-16-le") in content for content in disk)

    assert is_found(answer_token)  # What is looked for can be found: it was queued.
    assert [text for text in (*FACTS, token) if is_found(text)] == []


def test_page_is_gone_when_it_has_expired(phone: Phone, issue: Issue) -> None:
    ends_at = clock.now() + timedelta(seconds=5)
    tab = phone.open(issue("fraud_alert", "online", answer_by=ends_at.isoformat()))
    phone.wait_kept(has_page)
    phone.is_off(network=True)
    tab.wait_for_timeout(max(0, (ends_at - clock.now()).total_seconds() * 1000) + 100)

    tab.reload()

    phone.heading("You’re offline")
    phone.wait_kept(has_none)


def test_later_expiry_written_on_the_disk_opens_nothing(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.wait_kept(has_page)
    tab.evaluate(
        """async () => {
          const base = await new Promise((resolve) => {
            const request = indexedDB.open("selfservice");
            request.onsuccess = () => resolve(request.result);
          });
          const store = base.transaction("pages", "readwrite").objectStore("pages");
          await new Promise((resolve) => {
            const request = store.getAll();
            request.onsuccess = () => {
              store.put({ ...request.result[0], until: request.result[0].until + 1e9 }).onsuccess = resolve;
            };
          });
          base.close();
        }"""
    )
    phone.is_off(network=True)

    tab.reload()

    phone.heading("You’re offline")


def test_everything_is_gone_when_the_clock_was_turned_back(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    now = phone.wait_kept(has_page)["clock"]
    phone.write("things", now + 3_600_000, "clock")
    phone.is_off(network=True)

    tab.reload()

    phone.heading("You’re offline")
    phone.wait_kept(has_none)


def test_clock_set_by_a_minute_costs_nothing(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    now = phone.wait_kept(has_page)["clock"]
    phone.write("things", now + 60_000, "clock")
    phone.is_off(network=True)

    tab.reload()

    phone.heading(QUESTION)


def test_page_that_was_taken_back_is_gone_from_the_phone(
    phone: Phone, issue: Issue, revoke: Callable[..., None]
) -> None:
    link = issue()
    tab = phone.open(link)
    phone.wait_kept(has_page)

    revoke(link)
    tab.reload()

    phone.heading("This page is no longer used")
    phone.wait_kept(has_none)
    phone.is_off(network=True)
    tab.reload()
    phone.heading("You’re offline")


def test_page_whose_type_says_so_is_gone_once_answered(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue("fraud_alert", "online"))
    phone.wait_kept(has_page)

    tab.get_by_role("button", name="No, it wasn’t me").click()

    expect(tab.locator(".tick").first).to_be_visible()
    phone.wait_kept(has_none)


def test_posts_pass_the_worker_by(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    tab.reload()
    phone.settle()

    with tab.expect_request("**/a/*") as asked:
        tab.get_by_role("button", name=YES).click()

    response = asked.value.response()
    assert response is not None
    assert response.status == 200
    assert not response.from_service_worker
