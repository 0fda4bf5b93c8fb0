"""Pages rendered without a server, and tabs to look at them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from selfservice.situations import rendering
from selfservice.situations.registry import EXTENSION, Registry
from selfservice.situations.view import View


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The page types as they are."""
    return Registry.load(strict=True)


@pytest.fixture(scope="module")
def rendered(registry: Registry) -> Iterator[Callable[[View], str]]:
    """`rendered(view)` gives a page's HTML; the other functions of `rendering` work beside it."""
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    with app.app_context():
        yield rendering.render


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`tab(viewport=...)` opens a tab of its own that no server stands behind."""
    contexts: list[BrowserContext] = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
