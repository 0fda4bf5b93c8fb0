"""Nobody is kept out: axe on every state, language and theme; keyboard and reading order; what is said aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfservice.situations import asides, rendering
from selfservice.situations.asking import TYPED, Ask
from selfservice.situations.languages import LANGUAGES
from selfservice.situations.registry import Registry
from selfservice.situations.view import View
from tests.browser.axe import CONTRAST, find_barriers
from tests.browser.test_look import NARROW, OVERFLOW, SAMPLES, SMALL, SMALLEST_TARGET
from tests.situations.small_pages import every_small_page
from tests.situations.views import each_step_once, states, view

THEMES = ("light", "dark")
# What looks as another page does, in other words: `make prove` looks at these as well. A page that has ended looks the
# same for every type; fraud alerts take their answer even then.
TWINS = frozenset(
    {
        *("plain not_found", "plain forbidden", "plain too_many", "plain unavailable"),
        *("plain slow", "plain too_large"),
        *("verify nothing", "verify yes_receipt", "verify no_receipt", "callback refused", "disowned"),
        *("check last4", "check postcode", "check birth_year", "check last4 wrong", "check birth_year wrong"),
    }
)
ENDED = "fraud_alert"
# What can be reached by keyboard, in the order of the document, as [what it is, where it stands].
REACHABLE = """() => [...document.querySelectorAll("a[href], button, summary, textarea, input:not([type=hidden])")]
  .filter((part) => part.offsetParent && getComputedStyle(part).visibility == "visible" && !part.closest("[hidden]"))
  .filter((part) => !part.closest("details:not([open])") || part.matches("summary"))
  .filter((part) => part.type != "radio" || part == part.form?.elements[part.name][0]
    || part == document.querySelector(`[type=radio][name=${part.name}]`))
  .map((part) => part.outerHTML.slice(0, 70))"""
READ = """() => [...document.querySelectorAll("h1, h2, dt, dd, legend, label, li > b, .key p, .btn, summary, footer p")]
  .filter((part) => part.getClientRects().length && !part.closest(".dock, details:not([open]) > :not(summary)"))
  .map((part) => [part.outerHTML.slice(0, 60), Math.round(part.getBoundingClientRect().top),
    Math.round(part.getBoundingClientRect().left), Math.round(part.getBoundingClientRect().bottom)])"""


def shown_states(registry: Registry, language: str) -> Iterator[tuple[str, str]]:
    """Each look of each type and each small page once."""
    for key, sample in SAMPLES:
        for name, shown in each_step_once(registry.get(key), sample, language):
            if shown.state in ("open", "answered") or key == ENDED:
                yield f"{key} {name}", rendering.render(shown)
    yield from (item for item in every_small_page(registry, language) if item[0] not in TWINS)


def barriers(page: Page, pages: Iterator[tuple[str, str]], *, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """What axe finds, what sticks out and what is too small to be tapped, by page."""
    wrong = {}
    for name, html in pages:
        page.set_content(html)
        found = find_barriers(page, but=but) + page.evaluate(OVERFLOW) + page.evaluate(SMALL, SMALLEST_TARGET)
        if found:
            wrong[name] = found
    return wrong


# Three that differ in letters and direction, then the others.
SPOKEN = tuple(sorted(LANGUAGES, key=lambda one: one not in {"en", "ar", "hi"}))


@pytest.mark.parametrize(
    "language", [pytest.param(one, marks=[pytest.mark.long] * (place >= 3)) for place, one in enumerate(SPOKEN)]
)
def test_every_state_in_every_language_is_without_barriers(
    registry: Registry, rendered: Any, tab: Callable[..., Page], language: str
) -> None:
    # In turns: each state meets two of three languages, one in light and one in dark; its colours are measured in one,
    # those of each component in both (test_components).
    number = SPOKEN.index(language)
    pages = list(enumerate(shown_states(registry, language)))
    wrong = {}

    for place, theme in enumerate(THEMES):
        page = tab(viewport=NARROW, color_scheme=theme, reduced_motion="reduce")
        for but, turn in ((), place), ((CONTRAST,), 1 - place):
            shown = (item for count, item in pages if (count + number + place) % 3 == 0 and count % 2 == turn)
            wrong |= barriers(page, shown, but=but)

    assert wrong == {}


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_every_sample_in_every_language_and_theme_is_without_barriers(
    registry: Registry, rendered: Any, tab: Callable[..., Page], language: str, theme: str
) -> None:
    page = tab(viewport=NARROW, color_scheme=theme, reduced_motion="reduce")

    def pages() -> Iterator[tuple[str, str]]:
        for loaded in registry:
            for sample in loaded.samples:
                for name, shown in states(loaded, sample, language):
                    yield f"{loaded.key} {sample} {name}", rendering.render(shown)
        yield from every_small_page(registry, language)

    assert barriers(page, pages()) == {}


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    ("key", "sample", "step"),
    [
        ("appointment_reminder", "booked", "ask"),
        ("appointment_reminder", "booked", "choose"),
        ("appointment_reminder", "booked", "note"),
        ("fraud_alert", "online", "ask"),
        ("order_status", "out_for_delivery", "track"),
        ("order_status", "out_for_delivery", "problem"),
    ],
)
def test_keyboard_comes_by_everything_once_in_the_order_of_the_page(
    registry: Registry, rendered: Any, tab: Callable[..., Page], key: str, sample: str, step: str, language: str
) -> None:
    page = tab(viewport=NARROW)
    page.set_content(rendered(view(registry.get(key), sample, language, step=step)))
    wanted = page.evaluate(REACHABLE)
    reached = []

    for _ in wanted:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.outerHTML.slice(0, 70)"))

    assert len(wanted) > 6
    assert reached == wanted
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.outerHTML.slice(0, 70)") not in wanted[1:]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_page_is_read_aloud_in_the_order_in_which_it_is_seen(
    registry: Registry, rendered: Any, tab: Callable[..., Page], language: str
) -> None:
    page = tab(viewport=NARROW)
    sign = -1 if language == "ar" else 1
    wrong = {}

    for key, sample in SAMPLES:
        for name, shown in each_step_once(registry.get(key), sample, language):
            if shown.problems or shown.notice or shown.state not in ("open", "answered"):
                continue
            page.set_content(rendered(shown))
            parts = page.evaluate(READ)
            # A part stands below the one before it, or beside it on the side to which one reads.
            back = [
                (before[0], after[0])
                for before, after in pairwise(parts)
                if after[1] < before[1] - 1 and not (after[3] > before[1] and sign * after[2] > sign * before[2])
            ]
            if back:
                wrong[f"{key} {name}"] = back

    assert wrong == {}


def test_screen_reader_hears_the_question_the_facts_and_the_answers(
    registry: Registry, rendered: Any, tab: Callable[..., Page]
) -> None:
    page = tab(viewport=NARROW)
    page.set_content(rendered(view(registry.get("appointment_reminder"), "booked")))

    expect(page.locator("body")).to_match_aria_snapshot(
        """
        - banner:
          - text: Harbour Street Health Centre
          - paragraph: /Reminder · in \\d+ days/
          - heading "Maria, can you make your appointment on Tuesday?" [level=1]
        - main:
          - paragraph: /Tuesday 24 November/
          - term: Who
          - definition: /Dr Amina Okafor/
          - term: Where
          - definition: /14 Harbour Street/
          - definition:
            - link "Map"
          - button "Yes, I’ll be there"
          - link "Change time"
          - link "I can’t come"
          - list:
            - listitem:
              - link "Add a note"
          - heading "Talk to a person" [level=2]
          - link "Call us"
          - link "Ask for a call"
          - group: Why did I get this?
          - group: Check it’s really us
          - paragraph: /This page works until/
          - paragraph:
            - link "Choose or stop messages"
        """
    )


def test_screen_reader_hears_a_group_of_times_with_its_name(
    registry: Registry, rendered: Any, tab: Callable[..., Page]
) -> None:
    page = tab(viewport=NARROW)
    page.set_content(rendered(view(registry.get("appointment_reminder"), "booked", step="choose")))

    times = page.get_by_role("radiogroup", name="Times you can have")

    assert times.get_by_role("group").count() > 1
    expect(times.get_by_role("radio").first).not_to_be_checked()
    assert times.get_by_role("radio").count() == page.locator("[type=radio]").count()


def test_what_happens_meanwhile_is_told_without_taking_the_focus(
    registry: Registry, rendered: Any, tab: Callable[..., Page]
) -> None:
    page = tab(viewport=NARROW)
    page.set_content(rendered(view(registry.get("fraud_alert"), "online")))

    # It is there before anything is said in it: a live region that comes with its words is often not read.
    assert page.locator("#say").get_attribute("role") == "status"
    assert page.locator("#say").text_content() == ""


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_summary_of_what_is_wrong_takes_the_focus_and_leads_to_the_field(
    registry: Registry, rendered: Any, tab: Callable[..., Page], javascript: bool
) -> None:
    page = tab(viewport=NARROW, java_script_enabled=javascript)
    refused: View = view(registry.get("appointment_reminder"), "booked", step="note")
    html = rendered(refused.with_problems({"note": "note_missing"}, {"note": ""}))
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))

    page.goto("http://127.0.0.1:9/p/x")

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_have_text("Your note is empty. Write a few words first.")
    page.keyboard.press("Tab")
    expect(summary.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Your note")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(
        "Your note is empty. Write a few words first. Up to 300 letters. The team that sees you can read it."
    )


def test_wrong_code_is_told_and_leads_to_the_field(registry: Registry, rendered: Any, tab: Callable[..., Page]) -> None:
    page = tab(viewport=NARROW)
    shown = view(registry.get("fraud_alert"), "online")
    ask = Ask(kind="otp", tries_left=1, code="sent", can_send=True)
    html = asides.render_check(shown.with_problems({TYPED: "otp_wrong"}, {}), ask)
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))

    page.goto("http://127.0.0.1:9/p/x")

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("That isn’t the code we texted.")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_role("textbox", name="The 6 digits from our text")).to_be_focused()
    expect(page.get_by_text("You have one try left.", exact=True)).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_says_which_language_it_is_in(
    registry: Registry, rendered: Any, tab: Callable[..., Page], language: str
) -> None:
    page = tab(viewport=NARROW)
    page.set_content(rendered(replace(view(registry.get("fraud_alert"), "online", language), first_name="")))

    spoken = page.evaluate("() => [document.documentElement.lang, document.documentElement.dir]")
    offered = page.evaluate("() => [...document.querySelectorAll('.langs a')].map((it) => [it.lang, it.textContent])")

    assert spoken == [{"zh": "zh-Hans"}.get(language, language), "rtl" if language == "ar" else "ltr"]
    assert len(offered) == len(LANGUAGES) - 1
    assert all(tag and name and tag.partition("-")[0] != language for tag, name in offered)
