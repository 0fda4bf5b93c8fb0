"""A browser test that fails is run once more, and the run says of each that needed it.

Real browsers on two cores shared with servers and workers now and then do a thing later than a test allows for. A test
that fails twice has failed; one that needed its second look hides a race, in itself or in the product: it is told at
the end of the run with what it failed of, to be mended. `-p no:rerunfailures` runs everything once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

BROWSERS = Path(__file__).parents[1] / "browser"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Allow what drives a browser a second look."""
    if not config.pluginmanager.hasplugin("rerunfailures"):
        return
    for item in items:
        if BROWSERS in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell what each first look failed of."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"looked at twice: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext[-3000:])
