"""Page views take turns, and nothing else waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from selfservice.web.turns import Turns


class Slow:
    """An application whose requests last until they are let go, and which knows how many there are at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.most = self._now = 0
        self._lock = threading.Lock()

    def __call__(self, _environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.begun.release()
        self.go.wait(5)
        with self._lock:
            self._now -= 1
        return [b""]


def ask(application: Turns, times: int, method: str = "GET", path: str = "/p/token") -> list[threading.Thread]:
    """So many requests at once, each on a thread of its own."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path}
    threads = [threading.Thread(target=application, args=(environ, None), daemon=True) for _number in range(times)]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_views_at_a_time_than_there_are_turns(most: int) -> None:
    slow = Slow()
    threads = ask(Turns(slow, most, longest_wait=5), 8)
    for _number in range(most):
        assert slow.begun.acquire(timeout=5)
    assert not slow.begun.acquire(timeout=0.1)

    slow.go.set()
    join(threads)

    assert slow.most == most


@pytest.mark.parametrize(("method", "path"), [("POST", "/p/token/confirm"), ("GET", "/console/live"), ("GET", "/")])
def test_nothing_else_waits_for_a_view(method: str, path: str) -> None:
    slow = Slow()
    turns = Turns(slow, 1, longest_wait=5)
    threads = ask(turns, 1) + ask(turns, 2, method, path)

    begun = [slow.begun.acquire(timeout=2) for _number in range(3)]

    slow.go.set()
    join(threads)
    assert begun == [True, True, True]


def test_a_view_that_hangs_does_not_hold_up_the_others() -> None:
    slow = Slow()
    threads = ask(Turns(slow, 1, longest_wait=0.05), 3)

    begun = [slow.begun.acquire(timeout=2) for _number in range(3)]

    slow.go.set()
    join(threads)
    assert begun == [True, True, True]


def test_a_view_that_fails_gives_its_turn_back() -> None:
    def fail(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        raise RuntimeError("broken")

    turns = Turns(fail, 1, longest_wait=5)
    environ: Any = {"REQUEST_METHOD": "GET", "PATH_INFO": "/p/token"}

    for _time in range(2):
        with pytest.raises(RuntimeError):
            turns(environ, None)  # type: ignore[arg-type]

    assert turns._free.qsize() == 1
