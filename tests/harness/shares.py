"""How a run's tests are shared out to its processes, and what becomes of the share of one that died."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_SHARES = pytest.StashKey["Shares"]()


class Shares(LoadScopeScheduling):
    """All browsers go to one process, so that there is one set of them; else file by file.

    xdist 3.8 stands still after a process died: it hands out shares of which nothing is left to do, a single test to a
    process that starts no test before it has the next, and shares to a process that does not know its tests yet. It
    also runs the test that was cut off again, which kills one process after the other.
    """

    def remove_node(self, node: WorkerController) -> str | None:
        """Take back the share of a process that ended; returns the test that a dead one was at, which counts as run."""
        left = {}
        for scope, tests in self.assigned_work.pop(node).items():
            if unfinished := {test: False for test, is_done in tests.items() if not is_done}:
                left[scope] = unfinished
        if not left:
            return None
        scope, tests = next(iter(left.items()))
        cut_off = next(iter(tests))
        del tests[cut_off]
        if not tests:
            del left[scope]
        self.workqueue.update(left)
        for other in self.nodes:
            self._reschedule(other)
        return cut_off

    def never_ran(self) -> list[str]:
        """The tests that nobody ran, as when processes die again and again."""
        shares = [self.workqueue, *self.assigned_work.values()]
        return [test for share in shares for tests in share.values() for test, is_done in tests.items() if not is_done]

    def _reschedule(self, node: WorkerController) -> None:
        is_ready = node in self.registered_collections
        while is_ready and not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        with suppress(OSError):  # It has just died: its share comes back as soon as that is noticed.
            super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "browser" if file.startswith("tests/browser/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    """Xdist's hook, called in the controller."""
    config.stash[_SHARES] = Shares(config, log)
    return config.stash[_SHARES]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that left tests out is never green."""
    shares = session.config.stash.get(_SHARES, None)
    if shares is not None and shares.never_ran() and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Name what was left out, unless a person stopped the run."""
    shares = config.stash.get(_SHARES, None)
    if shares is not None and exitstatus == pytest.ExitCode.TESTS_FAILED:
        for test in shares.never_ran():
            terminalreporter.write_line(f"NEVER RAN {test}")
