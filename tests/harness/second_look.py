"""`--second-look`: a browser test that fails is run once more, and the run says of each that needed it.

Real browsers on two cores shared with servers and workers now and then do a thing later than a test allows for. Such a
test still fails when it fails twice; and one that needed its second look hides a race, in itself or in the product, so
it is named at the end of the run, with what it failed of, to be mended. Without the option nothing is run twice.
"""

from __future__ import annotations

from typing import Any

import pytest
from _pytest.runner import runtestprotocol

PLACE = "tests/browser/"
PROPERTY = "second look"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--second-look", action="store_true", help="run a browser test that fails once more")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a browser test, and run it again if it fails; everything else is left to pytest."""
    if not (item.config.getoption("--second-look") and item.nodeid.startswith(PLACE)):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = [report for report in reports if report.failed]
    if failed:
        item._initrequest()  # type: ignore[attr-defined]
        item.user_properties.append((PROPERTY, failed[0].longreprtext))
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the tests that passed only when they were run again."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == PROPERTY and report.when == "call":
                terminalreporter.section(f"passed only at its second look: {report.nodeid}")
                terminalreporter.write_line(text[-3000:])
