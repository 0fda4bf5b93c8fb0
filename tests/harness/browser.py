"""A real browser: one Chromium for each test process, and tabs that fail a test whose page misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from tests.harness import chromium
from tests.harness.server import LiveServer

ARGUMENTS = (
    "--no-sandbox",  # Root has no sandbox; the pages are our own.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
TIMEOUT_MILLISECONDS = 20_000

# How long something may take decides no test; two browsers, a server and a worker share two cores here.
expect.set_options(timeout=TIMEOUT_MILLISECONDS)


class Tabs:
    """Opens tabs, each in a profile of its own, and remembers what went wrong in any of them."""

    def __init__(self, browser: Browser, server: LiveServer) -> None:
        self._browser = browser
        self._server = server
        self._contexts: list[BrowserContext] = []
        self._allowed: list[str] = []
        self._problems: list[str] = []

    def __call__(self, *, javascript: bool = True, **options: Any) -> Page:
        """A tab on the live server (`goto("/...")` works); `options` are those of Playwright's `new_context`."""
        context = self._browser.new_context(
            base_url=self._server.url, java_script_enabled=javascript, **{"locale": "en-GB", **options}
        )
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self._problems.append(f"script: {error.error}"))
        self._contexts.append(context)
        return context.new_page()

    def allow(self, *texts: str) -> None:
        """Expect console errors that hold one of `texts`, such as "status of 409" for an answer that lost."""
        self._allowed.extend(texts)

    def close(self) -> None:
        """Close every tab; raises AssertionError when a page called a third party, broke its CSP or its script."""
        for context in self._contexts:
            context.close()
        assert self._problems == []

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self._server.url, "data:", "blob:")):
            self._problems.append(f"third party: {request.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        is_page_itself = message.page is not None and message.location.get("url") == message.page.url
        is_status = message.text.startswith("Failed to load resource: the server responded with a status of 4")
        if message.type != "error" or (is_status and is_page_itself):
            return
        if not any(text in message.text for text in self._allowed):
            self._problems.append(f"console: {message.text} {message.location.get('url', '')}")


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A Chromium to run."""
    return chromium.find()


@pytest.fixture(scope="session")
def playwright(chromium_path: Path) -> Iterator[Playwright]:
    """What starts and drives Chromiums; there can be but one in a process."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium_path: Path) -> Iterator[Browser]:
    """The test process' own Chromium, without a window."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
    yield browser
    browser.close()


@pytest.fixture
def open_tab(browser: Browser, live_server: LiveServer) -> Iterator[Tabs]:
    """`open_tab()` gives a Playwright page on the live server; `open_tab(javascript=False)` one without scripts."""
    tabs = Tabs(browser, live_server)
    yield tabs
    tabs.close()
