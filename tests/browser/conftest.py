"""Pages rendered without a server, and tabs to look at them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from selfservice import clock, tokens
from selfservice.config import Settings
from selfservice.db import db, dispose
from selfservice.pages import service as pages
from selfservice.pages.service import NewPage, Person
from selfservice.situations import registry as registries
from selfservice.situations import rendering
from selfservice.situations.registry import EXTENSION, Registry
from selfservice.situations.view import View
from tests.browser.console_scene import Scene
from tests.browser.phone_scene import PHONE, Phone
from tests.harness.application import make_app
from tests.harness.numbers import fresh_number
from tests.harness.server import LiveServer
from tests.harness.way import Way


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


@pytest.fixture(scope="session")
def beside(live_server: LiveServer) -> Flask:
    """The application on the live server's database, to make pages without waiting for a command each time."""
    return make_app(Settings.load(live_server.environ, strict=True))


@pytest.fixture
def scene(live_server: LiveServer, beside: Flask) -> Iterator[Scene]:
    """The running server and staff who are signed in."""
    yield Scene(live_server, beside)
    with beside.app_context():
        dispose()


@pytest.fixture
def issue(beside: Flask) -> Callable[..., str]:
    """`issue("fraud_alert", "online")` gives the link of a fresh page for Maria, made from a sample."""

    def make(
        situation: str = "appointment_reminder",
        sample: str = "booked",
        *,
        to: str = "",
        email: str = "",
        **changes: Any,
    ) -> str:
        with beside.app_context():
            loaded = registries.current().get(situation)
            facts = loaded.samples[sample].facts(zone=ZoneInfo("Europe/London"), now=clock.now())
            person = Person(phone=to or fresh_number(), email=email or None, name="Maria Santos")
            made = pages.issue(NewPage(situation=situation, facts={**facts, **changes}, customer=person, actor="cli"))
            db.session.commit()
            url = made.url
            dispose()
        return url

    return make


@pytest.fixture
def revoke(beside: Flask) -> Callable[[str], None]:
    """Take the page behind a link back."""

    def take_back(link: str) -> None:
        with beside.app_context():
            pages.revoke(tokens.current().read_page(link.rpartition("/")[2]), actor="cli")
            db.session.commit()
            dispose()

    return take_back


@pytest.fixture
def way(live_server: LiveServer) -> Iterator[Way]:
    """A way to the live server that can be broken."""
    made = Way(live_server.port)
    yield made
    made.close()


@pytest.fixture
def phone(browser: Browser, way: Way) -> Iterator[Phone]:
    """A phone that goes this way; a script that breaks on it fails the test."""
    broken: list[str] = []
    context = browser.new_context(**PHONE)
    context.set_default_timeout(20_000)
    context.on("weberror", lambda error: broken.append(str(error.error)))
    yield Phone(context, way)
    context.close()
    assert broken == []
