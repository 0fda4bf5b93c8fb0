"""A push service over a real socket, as far as a sender sees it: it takes what RFC 8030 allows and remembers it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest

from tests.harness.push_service import PushService, Subscription
from tests.harness.subscribers import Browser


class PushDoor(PushService):
    """`join` makes a subscription as a browser would; `read` is what that browser reads of what was taken for it."""

    WRONG_KEY = 403

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.browsers: dict[str, Browser] = {}

    def __enter__(self) -> Self:
        # Asked often whether it is to stop, since each test has one of its own.
        threading.Thread(target=self._door.serve_forever, args=(0.02,), name="push-door", daemon=True).start()
        return self

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def origins(self) -> frozenset[str]:
        return frozenset({self.base})

    def join(self, key: str) -> Browser:
        """A browser subscribed under the public key of a sender."""
        token = f"token-{next(self._numbers)}"
        browser = Browser(f"{self.base}/send/{token}")
        self._subscriptions[token] = Subscription(token, key, {})
        self.browsers[token] = browser
        return browser

    def leave(self, browser: Browser) -> None:
        """The browser gives its subscription up."""
        del self._subscriptions[browser.endpoint.rpartition("/")[2]]

    def read(self, browser: Browser) -> list[Any]:
        """Every payload that was taken for a browser, decrypted, oldest first."""
        token = browser.endpoint.rpartition("/")[2]
        return [browser.read(push.body) for push in self.pushes if push.token == token]

    def _wire(self, push: Any, subscription: Subscription) -> Any:
        return push.body

    def _hand_over(self, connection: Any, wire: Any) -> None:
        raise AssertionError("No browser listens here.")


@pytest.fixture
def push_door() -> Iterator[PushDoor]:
    """A push service of its own for a test."""
    with PushDoor() as door:
        yield door
