"""A page that a browser draws ahead, before anybody looks: not opened until somebody does.

By a Chromium that nobody drives: with developer tools attached it draws nothing ahead.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.browser import ARGUMENTS
from tests.harness.way import Ask, Reply, Way

Browse = Callable[[str], None]


@pytest.fixture
def browse(chromium_path: Path, tmp_path: Path) -> Iterator[Browse]:
    """`browse(address)` opens a page in a Chromium of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(address: str) -> None:
        command = [chromium_path, "--headless=new", *ARGUMENTS, f"--user-data-dir={tmp_path / 'profile'}", address]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, start_new_session=True, **quiet))

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def test_page_that_is_drawn_ahead_was_not_opened(browse: Browse, way: Way, issue: Callable[..., str]) -> None:
    link = way.url + "/p/" + issue().rpartition("/")[2]
    rules = json.dumps({"prerender": [{"source": "list", "urls": [link], "eagerness": "immediate"}]})
    start = (
        f"<!DOCTYPE html><script type='speculationrules'>{rules}</script>"
        f"<script>fetch('/go').then(() => (location.href = '{link}'))</script>"
    )
    is_looked_at = threading.Event()

    def go(_ask: Ask) -> Reply:
        is_looked_at.wait(30)
        return Reply(200, [], b"")

    way.fail("/start", lambda _ask: Reply(200, [("Content-Type", "text/html")], start.encode()))
    way.fail("/go", go)

    def count_opened() -> int:
        return sum(asked.path.partition("?")[0].endswith("/-/opened") for asked in way.asked)

    browse(way.url + "/start")
    wait_for(lambda: way.count("GET", "/p/") == 1)
    assert {asked.headers.get("Sec-Purpose") for asked in way.asked if asked.path.startswith("/p/")} == {
        "prefetch;prerender"
    }
    time.sleep(1)
    assert count_opened() == 0
    assert way.count("GET", "/app/") == 0  # What a page does beyond answering waits for somebody as well.

    is_looked_at.set()

    wait_for(lambda: count_opened() == 1)
