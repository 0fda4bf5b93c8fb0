"""Processes that tests start often and end without a word: forked from one that has read all code, so that a start
costs no second, and that read it once, so that no run sees it change.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.harness.server import end_with_the_run

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.naive", "tests.faults.serving", "tests.faults.working"])
END_SECONDS = 30


class Child:
    """A process that runs `work(*arguments)`, a function of a module; what it logs is kept for who asks."""

    def __init__(self, work: Callable[..., object], *arguments: Any) -> None:
        handle, name = tempfile.mkstemp(prefix="selfservice-", suffix=".log")
        os.close(handle)
        self._log = Path(name)
        self._process: BaseProcess = CONTEXT.Process(target=_run, args=(name, work, arguments))
        self._process.start()

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    @property
    def pid(self) -> int:
        """Its number, for who looks at what it spends."""
        assert self._process.pid is not None
        return self._process.pid

    def require_running(self) -> None:
        """Fail with its last words if it has ended by itself."""
        assert self.code is None, f"It ended by itself with {self.code}:\n{self.log()[-3000:]}"

    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text("utf-8", errors="replace")

    def kill(self) -> None:
        """End it without a word, and wait until it is gone."""
        self._process.kill()
        self._process.join(END_SECONDS)

    def tell_to_stop(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def close(self) -> None:
        """Kill it if it still runs, and forget what it said."""
        self.kill()
        self._process.close()
        self._log.unlink()


@contextmanager
def running(work: Callable[..., object], *arguments: Any) -> Iterator[Child]:
    """`work(*arguments)` in a process while a test needs it."""
    child = Child(work, *arguments)
    try:
        yield child
    finally:
        child.close()


def _run(log: str, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    end_with_the_run()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Path(log).open("ab", buffering=0) as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    work(*arguments)
