"""axe, which finds what keeps somebody out of what a tab shows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

CONTRAST = "color-contrast"
"""The one rule that hangs on colours; it takes twice as long as all others together."""
_RUN = """([without, rules]) => axe.run(without.length ? { exclude: without.map((it) => [it]) } : document, {
  resultTypes: ["violations"], preload: false, iframes: !without.includes("iframe"),
  rules: Object.fromEntries(rules.map((it) => [it, { enabled: false }])),
}).then((result) => result.violations.map(
  (it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`))"""


@cache
def _library() -> str:
    return next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")


def find_barriers(page: Page, *, without: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> list[str]:
    """Each rule that is broken, with where; leaves out what the selectors `without` find, and the rules `but`."""
    if not page.evaluate("() => 'axe' in self"):  # It stays in a tab whose content is written anew.
        page.evaluate(_library())
    found: list[Any] = page.evaluate(_RUN, [without, but])
    return found
