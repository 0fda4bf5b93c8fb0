"""Processes that live and die together: a worker beside the server, and what ends them when the other is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parents[2]
LOOK_EVERY = 0.5
SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 12.0


class Keeper:
    """Keeps one child process running: one that ends is started again, after a pause that grows with each such end."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """Start the child, and watch over it on a thread of its own."""
        self._launch()
        self._thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask the child to stop and wait; kill it when it takes longer than `seconds`."""
        with self._lock:
            self._stopping.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _launch(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            # A session of its own: Ctrl+C in a terminal reaches the server alone, which then stops its child in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self._command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def _keep(self) -> None:
        pause = SHORTEST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            assert self._process is not None
            code = self._process.wait()
            if self._stopping.is_set():
                return
            pause = SHORTEST_PAUSE if time.monotonic() - began >= STEADY_SECONDS else min(pause * 2, LONGEST_PAUSE)
            structlog.get_logger().error("worker.ended", exit_code=code, again_in_seconds=pause)
            self._stopping.wait(pause)
            self._launch()


def flask_command(*arguments: str) -> tuple[str, ...]:
    """The command line of a flask command of this application, under this interpreter."""
    return (sys.executable, "-m", "flask", "--app", "app", *arguments)


def watch_parent(parent: int, when_gone: Callable[[], None]) -> None:
    """Call `when_gone` on a thread of its own when the process `parent` has ended without stopping this one.

    A child whose parent is killed is handed to another; nothing tells it, so it looks.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        when_gone()

    threading.Thread(target=watch, name="parent", daemon=True).start()
