"""Nothing moves under a finger: a page with all its scripts, on a phone, in each language, shifts nothing by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from selfservice.situations.languages import LANGUAGES
from tests.browser.phone_scene import OFFLINE, YES, Phone
from tests.browser.test_look import SAMPLES

WATCH = """self.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => entry.hadRecentInput || self.shifts.push(
  [entry.value, ...entry.sources.map((it) => it.node?.outerHTML?.slice(0, 80))],
))).observe({ type: "layout-shift", buffered: true });"""
SHIFTS = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(self.shifts), 300)))"


@pytest.mark.parametrize("share", [3, pytest.param(1, marks=pytest.mark.long)], ids=["in_turns", "all"])
@pytest.mark.parametrize(("situation", "sample"), SAMPLES)
def test_page_stands_still_from_the_first_view_on(
    phone: Phone, issue: Callable[..., str], situation: str, sample: str, share: int
) -> None:
    phone.context.add_init_script(WATCH)
    link = issue(situation, sample)
    shifted = {}

    # The first time the worker comes, later it is there: each way shows the page otherwise. In turns: each language
    # meets a third of the types.
    languages = LANGUAGES[SAMPLES.index((situation, sample)) % share :: share]
    for language in ("en", *languages):
        phone.open(f"{link}?lang={language}")
        found = phone.tab.evaluate(SHIFTS)
        if found:
            shifted[language] = found

    assert shifted == {}


def test_answer_moves_nothing_but_what_was_tapped_for(phone: Phone, issue: Callable[..., str]) -> None:
    phone.context.add_init_script(WATCH)
    phone.open(issue())

    phone.tab.get_by_role("button", name=YES).click()
    phone.heading("See you")
    expect(phone.tab.get_by_role("link", name="Add to calendar")).to_be_visible()

    assert phone.tab.evaluate(SHIFTS) == []


def test_kept_page_stands_still_below_its_note(phone: Phone, issue: Callable[..., str]) -> None:
    tab = phone.open(issue())
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
    phone.context.add_init_script(WATCH)
    phone.is_off(network=True)

    tab.reload()
    phone.note(OFFLINE)

    assert tab.evaluate(SHIFTS) == []
