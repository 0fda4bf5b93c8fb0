"""How the customer's page looks, in a real browser: every state, narrow and wide, large, dark, from the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from selfservice.situations.languages import LANGUAGES
from selfservice.situations.registry import Registry
from selfservice.situations.view import View
from tests.situations.views import each_step_once, view

NARROW = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 800}
SAMPLES = (("appointment_reminder", "booked"), ("fraud_alert", "online"), ("order_status", "out_for_delivery"))
LONG = (("appointment_reminder", "far_and_long"), ("fraud_alert", "large_abroad"), ("order_status", "late"))
SMALLEST_TARGET = 44

# Answers what sticks out to the side, and which things to tap are too small. A link within a sentence, and the radio
# button that its label covers, are no targets of their own.
OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const out = [...document.querySelectorAll("main *, header *")].filter((part) => {
    const box = part.getBoundingClientRect();
    // What scrolls by itself may hold what is wider than the window.
    const hidden = getComputedStyle(part).clipPath != "none" || part.closest("svg, .sheet > *");
    return !hidden && box.width && (box.left < -1 || box.right > innerWidth + 1) && !part.matches(".dock");
  });
  return [wide > 0 ? `scrolls by ${wide}` : "", ...out.map((part) => part.outerHTML.slice(0, 80))].filter(Boolean);
}"""
SMALL = """(least) => [...document.querySelectorAll("a, button, summary, label, textarea")]
  .map((part) => [part, part.getBoundingClientRect()])
  .filter(([part, box]) => box.width && (box.height < least || box.width < least) && !part.matches("label[for]"))
  .map(([part, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${part.outerHTML.slice(0, 90)}`)"""


def every_view(registry: Registry, samples: tuple[tuple[str, str], ...], language: str) -> Iterator[tuple[str, View]]:
    for key, sample in samples:
        for name, shown in each_step_once(registry.get(key), sample, language):
            yield f"{key} {language} {name}", shown


@pytest.mark.parametrize("share", [6, pytest.param(1, marks=pytest.mark.long)], ids=["in_turns", "all"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("large", [False, True], ids=["ordinary", "large"])
def test_nothing_sticks_out_and_all_can_be_tapped(
    registry: Registry, rendered: Any, tab: Any, language: str, large: bool, share: int
) -> None:
    page = tab(viewport=NARROW)
    wrong = {}

    # At the ordinary size, test_access looks at the ordinary samples. In turns: each state meets one language.
    views = every_view(registry, (*SAMPLES, *LONG) if large else LONG, language)
    for name, shown in islice(views, LANGUAGES.index(language) % share, None, share):
        page.set_content(rendered(replace(shown, large=large)))
        found = page.evaluate(OVERFLOW) + page.evaluate(SMALL, SMALLEST_TARGET)
        if found:
            wrong[name] = found

    assert wrong == {}


def test_desktop_stands_in_two_columns_that_do_not_overlap(registry: Registry, rendered: Any, tab: Any) -> None:
    page = tab(viewport=DESKTOP)
    wrong = {}

    for name, shown in every_view(registry, SAMPLES, "en"):
        page.set_content(rendered(shown))
        found = page.evaluate(OVERFLOW) + page.evaluate(
            """() => {
              const parts = [...document.querySelectorAll(".card, .dock, .note, footer")]
                .map((part) => [part, part.getBoundingClientRect()])
                .filter(([part, box]) => box.height && !part.parentElement.closest(".card, .dock, .langs"));
              const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
              return parts.flatMap(([part, box], index) => parts.slice(index + 1)
                .filter(([, other]) => meet(box, other))
                .map(([other]) => `${part.className} overlaps ${other.className}`));
            }"""
        )
        if found:
            wrong[name] = found

    assert wrong == {}


def test_dock_stays_in_sight_only_where_there_is_room(registry: Registry, rendered: Any, tab: Any) -> None:
    shown = view(registry.get("appointment_reminder"), "booked")
    page = tab(viewport={"width": 360, "height": 600})
    bottom = "() => document.querySelector('.dock:not([hidden])').getBoundingClientRect().bottom - innerHeight"

    page.set_content(rendered(shown))
    assert abs(page.evaluate(bottom)) <= 1

    page.set_content(rendered(replace(shown, large=True)))
    assert page.evaluate(bottom) > 100

    page.set_viewport_size({"width": 640, "height": 360})
    page.set_content(rendered(shown))
    assert page.evaluate(bottom) > 50


def test_motion_is_left_out_for_those_who_ask(registry: Registry, rendered: Any, tab: Any) -> None:
    shown = replace(view(registry.get("fraud_alert"), "online"), step="no", state="answered")
    moves = "() => document.getAnimations().length"

    for wish, count in (("no-preference", 2), ("reduce", 0)):
        page = tab(reduced_motion=wish)
        page.set_content(rendered(shown))
        assert page.evaluate(moves) == count


def test_forced_colours_still_show_what_is_picked(registry: Registry, rendered: Any, tab: Any) -> None:
    page = tab(forced_colors="active", viewport=NARROW)
    page.set_content(rendered(view(registry.get("appointment_reminder"), "booked", step="choose")))
    picked = page.locator("[type=radio]").nth(1)

    picked.check()

    looks = page.evaluate(
        "() => [...document.querySelectorAll('[type=radio] + span')].map((it) => getComputedStyle(it).backgroundColor)"
    )
    assert looks[1] != looks[0]
    assert page.evaluate("() => getComputedStyle(document.querySelector('.btn')).borderStyle") == "solid"


def test_focus_is_easy_to_see(registry: Registry, rendered: Any, tab: Any) -> None:
    page = tab(viewport=NARROW)
    page.set_content(rendered(view(registry.get("appointment_reminder"), "booked", step="choose")))
    seen = []

    for _ in range(6):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                  const part = document.activeElement;
                  const shown = part.matches("[type=radio]") ? part.nextElementSibling : part;
                  const box = shown.getBoundingClientRect();
                  const dock = document.querySelector(".dock:not([hidden])");
                  const bar = dock.getBoundingClientRect();
                  const covered = !dock.contains(part) && box.top < bar.bottom && box.bottom > bar.top + 24;
                  return [getComputedStyle(shown).outlineWidth, covered];
                }"""
            )
        )

    assert seen == [["3px", False]] * 6
