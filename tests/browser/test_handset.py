"""The handset in a real browser: texts arrive by themselves, links open, replies go without a reload; it all fits."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from selfservice import db
from selfservice.application import create_app
from selfservice.config import Settings
from selfservice.messages.channels.contract import Outgoing, Text
from tests.browser.axe import find_barriers
from tests.harness.browser import Tabs
from tests.harness.server import LiveServer
from tests.messages.scenes import handset_channels

BODY = "Harbour Clinic: Maria, your visit is on Tuesday 24 November, 10:20 am. Yes or no: {url}/healthz"
ARABIC = "عيادة المرفأ: موعدك يوم الثلاثاء ٢٤ نوفمبر الساعة ١٠:٢٠ صباحًا. {url}/healthz"
_numbers = itertools.count(10)

Send = Callable[..., str]


@pytest.fixture(scope="module")
def beside(live_server: LiveServer) -> Flask:
    """An application on the live server's database."""
    return create_app(Settings.load(live_server.environ, strict=True))


@pytest.fixture
def send(beside: Flask, live_server: LiveServer) -> Iterator[Send]:
    """`send(number, body)` lets a text arrive; without a number on a new phone, whose address it gives."""

    def arrive(address: str = "", body: str = BODY) -> str:
        address = address or f"130355501{next(_numbers)}"
        content = Text(body.format(url=live_server.url), "Harbour Clinic")
        with beside.app_context():
            outgoing = Outgoing(uuid.uuid4().hex[:11], f"+{address}", content, timedelta(hours=1))
            handset_channels().get("sms").send(outgoing)
        return address

    yield arrive
    with beside.app_context():
        db.dispose()


def open_phone(tabs: Tabs, address: str, **options: Any) -> Page:
    tab = tabs(**options)
    tab.goto(f"/phone/{address}")
    return tab


def test_a_text_arrives_by_itself_and_its_link_opens(send: Send, open_tab: Tabs) -> None:
    address = send()
    tab = open_phone(open_tab, address)
    expect(tab.locator(".bubble")).to_have_count(1)

    send(address, "Second: {url}/readyz")

    expect(tab.locator(".bubble")).to_have_count(2)
    expect(tab.locator(".arrived")).to_have_count(1)
    with tab.context.expect_page() as opening:
        tab.locator(".bubble a[href$='/readyz']").click()
    expect(opening.value).to_have_url(f"{tab.url.rpartition('/phone')[0]}/readyz")


def test_a_new_phone_joins_the_list_without_moving_the_keyboard(send: Send, open_tab: Tabs) -> None:
    address = send()
    tab = open_phone(open_tab, address)
    row = tab.locator(f".row[href='/phone/{address}']")
    row.focus()

    fresh = send()

    expect(tab.locator(".row").first).to_have_attribute("href", f"/phone/{fresh}")
    expect(row).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_a_reply_is_sent(send: Send, open_tab: Tabs, javascript: bool) -> None:
    address = send()
    tab = open_phone(open_tab, address, javascript=javascript)
    box = tab.get_by_label("Your reply")

    box.fill("Yes, thanks")
    if javascript:
        box.press("Enter")
    else:
        tab.get_by_role("button", name="Send the reply").click()

    expect(tab.locator(".mine .bubble")).to_have_text("Yes, thanks")
    expect(box).to_have_value("")


def test_without_script_a_link_looks_again(send: Send, open_tab: Tabs) -> None:
    address = send()
    tab = open_phone(open_tab, address, javascript=False)

    send(address, "Second")
    tab.get_by_role("region", name="The phone").get_by_role("link", name="Look for new texts").click()

    expect(tab.locator(".bubble")).to_have_count(2)


# Each width in one scheme; `make prove` looks at it in the other as well.
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        pytest.param(width, scheme, marks=[pytest.mark.long] * ((place + turn) % 2))
        for place, width in enumerate([320, 390, 1280])
        for turn, scheme in enumerate(["light", "dark"])
    ],
)
def test_the_screen_fits_and_reads(send: Send, open_tab: Tabs, artefacts: Path, scheme: str, width: int) -> None:
    address = send()
    send(address, ARABIC)
    send(address, "Ünbreakable" * 20)
    tab = open_tab(viewport={"width": width, "height": 780}, color_scheme=scheme, reduced_motion="reduce")
    for place in ("", f"/{address}"):
        tab.goto(f"/phone{place}")

        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert find_barriers(tab) == []
        tab.screenshot(path=artefacts / f"handset-{width}-{scheme}{'-phone' if place else ''}.png")
    small = tab.eval_on_selector_all(
        ".btn, .back, .row, .reply button, .reply textarea",
        "all => all.map(one => one.getBoundingClientRect()).filter(box => box.height && box.height < 44).length",
    )
    assert small == 0
