"""A phone in a test: a browser on a way to the server that can be broken, and what it keeps, read from inside."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.harness.way import Way

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB"}
YES = "Yes, I’ll be there"
QUESTION = "Maria, can you make"
ANSWERED = "See you"
SAVED = "Saved on this phone, not sent yet"
OFFLINE = "You’re offline. This is the page as you last saw it."
AWAY = "We can’t be reached right now. This is the page as you last saw it."

_READ = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const names = (await indexedDB.databases()).map((base) => base.name);
  if (!names.includes("selfservice")) return { pages: [], queue: [], caches: await caches.keys(), files: [] };
  const base = await done(indexedDB.open("selfservice"));
  const all = (name) => done(base.transaction(name).objectStore(name).getAll());
  const text = (bytes) => String.fromCharCode(...new Uint8Array(bytes));
  const pages = (await all("pages")).map((it) => ({ ...it, box: text(it.box), salt: text(it.salt), iv: text(it.iv) }));
  const queue = await all("queue");
  const clock = await done(base.transaction("things").objectStore("things").get("clock"));
  base.close();
  const shells = await caches.keys();
  const files = await Promise.all(shells.map(async (name) => (await caches.open(name)).keys()));
  return { pages, queue, clock, caches: shells, files: files.flat().map((it) => it.url) };
}"""

_WRITE = """async ([store, value, key]) => {
  const base = await new Promise((resolve) => {
    const request = indexedDB.open("selfservice");
    request.onsuccess = () => resolve(request.result);
  });
  const change = base.transaction(store, "readwrite");
  change.objectStore(store).put(value, ...(key === null ? [] : [key]));
  await new Promise((resolve) => (change.oncomplete = resolve));
  base.close();
}"""


_LEFT = ("Execution context was destroyed", "is interrupted by another navigation", "net::ERR_ABORTED")
_SETTLED = "() => !!(navigator.serviceWorker.controller && self.deliver)"


def until(tab: Page, is_so: Callable[[], bool], explain: Callable[[], str] = str) -> None:
    """Ask again and again, without a script of the page's; raises AssertionError after twenty seconds."""
    ends_at = time.monotonic() + 20
    while not _holds(is_so):
        assert time.monotonic() < ends_at, f"It never came to that. {explain()}"
        tab.wait_for_timeout(50)


def _holds(is_so: Callable[[], bool]) -> bool:
    try:
        return is_so()
    except Error as error:
        # The page left while it was asked, or went elsewhere by itself: the next one is asked again.
        if not any(sign in error.message for sign in _LEFT):
            raise
        return False


class Phone:
    """One browser profile and the way it goes."""

    def __init__(self, context: BrowserContext, way: Way) -> None:
        self.context = context
        self.way = way
        self.tab: Page = context.pages[0] if context.pages else context.new_page()

    def open(self, link: str) -> Page:
        """Open a link in the phone's first tab and wait until the page is at home on the phone."""
        until(self.tab, lambda: self._come(self.address(link)))
        return self.tab

    def _come(self, address: str) -> bool:
        # The page that is left may just be renewing itself, and then that is what comes.
        self.tab.goto(address)
        self.settle()
        return self.tab.url == address

    def address(self, link: str) -> str:
        """A link as it goes by this phone's way."""
        return self.way.url + "/" + link.split("/", 3)[3]

    def settle(self, tab: Page | None = None) -> None:
        """Wait until the worker is there and the page's script has begun."""
        until(tab or self.tab, lambda: (tab or self.tab).evaluate(_SETTLED))

    def kept(self, tab: Page | None = None) -> dict[str, Any]:
        """What IndexedDB and Cache Storage hold."""
        found: dict[str, Any] = (tab or self.tab).evaluate(_READ)
        return found

    def wait_kept(self, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What is kept, once `check` says so."""
        found: dict[str, Any] = {}

        def is_there() -> bool:
            found.update(self.kept())
            return check(found)

        until(self.tab, is_there, lambda: json.dumps(found)[:2000])
        return found

    def write(self, store: str, value: Any, key: str | None = None) -> None:
        """Put something into a store, as somebody could who has the disk."""
        self.tab.evaluate(_WRITE, [store, value, key])

    def is_off(self, *, network: bool) -> None:
        """Cut the phone off."""
        if network:
            self.context.set_offline(True)
        else:
            self.way.close()

    def is_on(self) -> None:
        """Connect it again."""
        self.context.set_offline(False)
        if self.way._server is None:
            self.way.open()

    def note(self, text: str) -> None:
        """The page says this in a note."""
        expect(self.tab.locator("[data-app]").filter(has_text=text).first).to_be_visible()

    def heading(self, text: str) -> None:
        """The page's headline says this."""
        expect(self.tab.locator("h1:visible")).to_contain_text(text)
