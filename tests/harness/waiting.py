"""Waiting for what another process will do: for a condition, never for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 30
"""How long something may take decides no test; browsers, a server and a worker share two cores."""


def wait_until(find: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS, told: object = "") -> T:
    """What `find` gives once that is true; raises AssertionError with `told`, called if it can be, when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"It did not happen in {seconds} seconds. {told() if callable(told) else told}")
        time.sleep(0.05)
