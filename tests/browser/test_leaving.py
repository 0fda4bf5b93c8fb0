"""Leaving a page by one of its own links, in a real browser: staff learn of it, and the way out waits for nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import expect

from tests.browser.phone_scene import Phone, until
from tests.harness.server import LiveServer

Issue = Callable[..., str]
THERE = "https://example.com/desk"


def followed(live_server: LiveServer) -> list[dict[str, str]]:
    """What the server has noted of links that were followed."""
    with closing(sqlite3.connect(live_server.database)) as connection:
        found = connection.execute("SELECT data FROM events WHERE type = 'page.followed' ORDER BY id").fetchall()
    return [json.loads(data) for (data,) in found]


def test_a_link_that_is_followed_is_told(phone: Phone, issue: Issue, live_server: LiveServer) -> None:
    before = followed(live_server)
    phone.context.route(THERE, lambda route: route.fulfill(body="The front desk"))
    tab = phone.open(issue("notice", "short"))

    tab.get_by_role("link", name="Read more").click()

    expect(tab.locator("body")).to_have_text("The front desk")
    until(tab, lambda: followed(live_server) == [*before, {"link": "more_url"}])
    asked = [one.path.rpartition("/-/")[2] for one in phone.way.asked if "/-/followed" in one.path]
    assert asked == ["followed?lang=en&link=more_url"]
