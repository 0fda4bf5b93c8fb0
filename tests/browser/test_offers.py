"""What two people are offered at once, on two phones: one gets it, the other is told by text and sees it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.harness.browser import Tabs
from tests.harness.numbers import fresh_number

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}

Issue = Callable[..., str]


def test_the_second_sees_and_reads_that_it_has_gone_and_gets_it_once_it_is_given_back(
    issue: Issue, open_tab: Tabs, artefacts: Path
) -> None:
    offer = f"offer-{uuid.uuid4().hex[:8]}"
    numbers = [fresh_number(), fresh_number()]
    links = [issue("waitlist_offer", "earlier_appointment", to=number, offer=offer) for number in numbers]
    first, second = (open_page(open_tab, link) for link in links)
    handset = open_page(open_tab, f"/phone/{numbers[1].removeprefix('+')}")
    expect(handset.locator(".bubble")).to_have_count(1)

    first.get_by_role("button", name="Yes, I’ll take it").click()
    expect(title(first)).to_contain_text("It’s yours")

    second.reload()
    expect(title(second)).to_have_text("Sorry, Maria. Somebody else was quicker")
    expect(second.get_by_role("button", name="Yes, I’ll take it")).to_have_count(0)
    expect(handset.locator(".bubble").last).to_contain_text("is taken. You stay on our list")
    second.screenshot(path=artefacts / "offer-gone.png", full_page=True)
    handset.screenshot(path=artefacts / "offer-gone-text.png")

    first.get_by_role("button", name="Give it back").click()
    expect(title(first)).to_contain_text("would you like")
    second.reload()
    second.get_by_role("button", name="Yes, I’ll take it").click()
    expect(title(second)).to_contain_text("It’s yours")


def test_whoever_taps_too_late_is_told_and_sees_that_it_has_gone(issue: Issue, open_tab: Tabs) -> None:
    open_tab.allow("status of 409")
    offer = f"offer-{uuid.uuid4().hex[:8]}"
    first, second = (open_page(open_tab, issue("waitlist_offer", "earlier_appointment", offer=offer)) for _ in range(2))

    first.get_by_role("button", name="Yes, I’ll take it").click()
    expect(title(first)).to_contain_text("It’s yours")
    second.get_by_role("button", name="Yes, I’ll take it").click()

    expect(title(second)).to_contain_text("Somebody else was quicker")


def open_page(open_tab: Tabs, link: str, **options: Any) -> Page:
    tab = open_tab(**{**PHONE, **options})
    tab.goto(link)
    return tab


def title(tab: Page) -> Any:
    return tab.get_by_role("heading", level=1)
