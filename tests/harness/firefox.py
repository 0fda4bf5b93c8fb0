"""A real Firefox without a window, driven over WebDriver BiDi: Playwright cannot drive Debian's.

https://w3c.github.io/webdriver-bidi/ says what the commands are called and what they take.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.harness import machine
from tests.harness.server import end_with_the_run
from tests.harness.waiting import PATIENCE_SECONDS, wait_until

STOP_SECONDS = 20
_ADDRESS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")

_SWITCHES = ("--headless", "--no-remote", "--remote-debugging-port", "0", "--remote-allow-system-access")

# Calls home that nobody answers here, and questions that nobody would see.
_QUIET: Mapping[str, object] = {
    "remote.prefs.recommended": True,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "en-GB",
    "network.disable-localhost-when-offline": True,
}


_FIND = """
[...document.querySelectorAll("a, button, label, summary")].find(
  (part) => part.checkVisibility() && part.innerText.includes(%s)
)
"""

# Resolves when the part to be tapped stays where it is: a tap goes to a place, whatever stands there by then.
_STILL = """
(async () => {
  for (let last; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const place = JSON.stringify(tapped.getBoundingClientRect());
    if (place == last) return true;
    last = place;
  }
})()
"""


class FirefoxError(Exception):
    """Firefox did not do what it was asked; the text is its own."""


class Firefox:
    """`with Firefox(profile) as phone:`; see `phone.Phone` for what it does."""

    def __init__(
        self,
        profile: Path,
        *,
        preferences: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._profile = profile
        self._preferences = {**_QUIET, **(preferences or {})}
        self._environ = environ or {}
        self._ids = itertools.count(1)

    def __enter__(self) -> Self:
        path = find()
        self._profile.mkdir(exist_ok=True)
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in self._preferences.items())
        (self._profile / "user.js").write_text("\n".join(lines))
        log = self._profile / "log.txt"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [path, *_SWITCHES, "--profile", self._profile],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(self._profile), "MOZ_DISABLE_CONTENT_SANDBOX": "1", **self._environ},
                preexec_fn=end_with_the_run,
            )
        self._open = ExitStack()
        self._open.callback(self._process.wait)
        self._open.callback(self._process.kill)
        try:
            address = wait_until(lambda: _ADDRESS.search(log.read_text("utf-8", "replace")), told=log.read_text)[1]
            line = connect(f"{address}/session", max_size=None, compression=None)
            self._line: ClientConnection = self._open.enter_context(line)
            self.command("session.new", capabilities={})
            self._tab: str = self.command("browsingContext.getTree")["contexts"][0]["context"]
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.command("browser.close")
            self._process.wait(STOP_SECONDS)
        finally:
            self._open.close()

    def command(self, method: str, **parameters: Any) -> Any:
        """What Firefox answers to a command; raises FirefoxError with its words when it refuses."""
        number = next(self._ids)
        self._line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._line.recv(timeout=2 * PATIENCE_SECONDS))
            if said.get("id") != number:
                continue  # An event; nobody subscribed to one that matters.
            if said["type"] == "error":
                raise FirefoxError(f"{said['error']}: {said['message']}")
            return said["result"]

    def open(self, url: str) -> None:
        """Go there; twice if the page that is left renews itself at that moment, which ends the way there."""
        go = partial(self.command, "browsingContext.navigate", context=self._tab, url=url, wait="complete")
        try:
            go()
        except FirefoxError as error:
            if "NS_BINDING_ABORTED" not in str(error):
                raise
            go()

    def leave(self) -> None:
        first, *others = self.command("browsingContext.getTree")["contexts"]
        for other in others:
            self.command("browsingContext.close", context=other["context"])
        self._tab = first["context"]
        self.open("about:blank")

    def stop(self) -> None:
        self.__exit__()

    def start(self) -> None:
        self.__enter__()

    def follow(self, address: str) -> None:
        def find_tab() -> str | None:
            return next((str(one["context"]) for one in self._list_tabs() if address in one["url"]), None)

        self._tab = wait_until(find_tab, told=self._list_tabs)
        self.wait_for("document.readyState == 'complete'")

    def run(self, expression: str) -> Any:
        return self._evaluate(f"(async () => JSON.stringify(await ({expression})))()")

    def wait_for(self, expression: str) -> Any:
        return wait_until(lambda: self._try(expression), told=lambda: f"{expression}\n{self.text()}")

    def text(self) -> str:
        return str(self.run("document.body.innerText"))

    def tap(self, label: str) -> None:
        self.wait_for(f"(window.tapped = {_FIND % json.dumps(label)}) && 1")
        self.run("tapped.scrollIntoView({block: 'center', behavior: 'instant'})")
        self.run(_STILL)
        element = self.command(
            "script.evaluate", expression="tapped", target={"context": self._tab}, awaitPromise=False
        )
        place = {"type": "element", "element": {"sharedId": element["result"]["sharedId"]}}
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": place},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        finger = {"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": moves}
        self.command("input.performActions", context=self._tab, actions=[finger])

    def grant(self, origin: str) -> None:
        descriptor = {"name": "notifications"}
        self.command("permissions.setPermission", descriptor=descriptor, state="granted", origin=origin)

    def go_offline(self) -> None:
        self._set_offline("true")

    def go_online(self) -> None:
        self._set_offline("false")

    def _set_offline(self, word: str) -> None:
        # The protocol's own `emulation.setNetworkConditions` does not reach service workers.
        window = self.command("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"][0]["context"]
        # Connections that are open already are spared otherwise.
        prune = 'Services.obs.notifyObservers(null, "net:prune-all-connections")'
        self._evaluate(f"Services.io.offline = {word}; {prune}; null", window)

    def _list_tabs(self) -> list[dict[str, Any]]:
        tabs: list[dict[str, Any]] = self.command("browsingContext.getTree")["contexts"]
        return tabs

    def _evaluate(self, expression: str, context: str | None = None) -> Any:
        """What the JSON that an expression gives says; it counts as a person's doing."""
        answer = self.command(
            "script.evaluate",
            expression=expression,
            target={"context": context or self._tab},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise FirefoxError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"]) if answer["result"]["type"] == "string" else None

    def _try(self, expression: str) -> Any:
        try:
            return self.run(expression)
        except FirefoxError:
            return None


def find() -> Path:
    """The path of a Firefox; raises FileNotFoundError saying what to install when there is none."""
    machine.install_missing()
    path = machine.find_program(*machine.FIREFOXES)
    if path is None:
        raise FileNotFoundError("No Firefox was found: install firefox-esr (or firefox) so that it is in PATH.")
    return path
