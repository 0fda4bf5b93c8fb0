"""A Chromium of its own, with a profile that is kept: pushes, workers and notifications need one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import BrowserContext, Error, Page, Playwright

from tests.harness.waiting import PATIENCE_SECONDS, wait_until

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class ChromiumPhone:
    """`with ChromiumPhone(playwright, path, profile) as phone:`; `tab` is the Playwright page that is looked at."""

    def __init__(
        self,
        playwright: Playwright,
        path: Path,
        profile: Path,
        *,
        arguments: Iterable[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._playwright = playwright
        self._path = path
        self._profile = profile
        self._arguments = [*ARGUMENTS, *arguments]
        self._environ = {**os.environ, **(environ or {})}
        self._granted: set[str] = set()

    def __enter__(self) -> Self:
        self.context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=self._path,
            args=self._arguments,
            env=dict(self._environ),
            locale="en-GB",
            viewport={"width": 360, "height": 740},
        )
        self.context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.tab: Page = self.context.pages[0]
        for origin in self._granted:
            self.grant(origin)
        return self

    def __exit__(self, *_error: object) -> None:
        self.context.close()

    def open(self, url: str) -> None:
        self.tab.goto(url)

    def leave(self) -> None:
        self.tab, *others = self.context.pages
        for other in others:
            other.close()
        self.tab.goto("about:blank")

    def stop(self) -> None:
        self.__exit__()

    def start(self) -> None:
        self.__enter__()

    def follow(self, address: str) -> None:
        def find_tab() -> Page | None:
            self.tab.evaluate("1")  # Lets Playwright hear of what is new.
            return next((page for page in self.context.pages if address in page.url), None)

        self.tab = wait_until(find_tab, told=lambda: [page.url for page in self.context.pages])
        self.tab.wait_for_load_state()

    def run(self, expression: str) -> Any:
        return self.tab.evaluate(f"(async () => await ({expression}))()")

    def wait_for(self, expression: str) -> Any:
        return wait_until(lambda: self._try(expression), told=lambda: f"{expression}\n{self.text()}")

    def text(self) -> str:
        return self.tab.inner_text("body")

    def tap(self, label: str) -> None:
        said = self.tab.locator("a, button, label, summary").filter(has_text=label, visible=True)
        said.first.click()

    def grant(self, origin: str) -> None:
        self._granted.add(origin)
        self.context.grant_permissions(["notifications", "background-sync"], origin=origin)

    def go_offline(self) -> None:
        self.context.set_offline(True)

    def go_online(self) -> None:
        self.context.set_offline(False)

    def _try(self, expression: str) -> Any:
        try:
            return self.run(expression)
        except Error:
            return None
