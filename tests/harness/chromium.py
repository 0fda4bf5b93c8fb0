"""Finding a Chromium: the one in PATH, else Playwright's own; `python -m tests.harness.chromium` prints its path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.harness import machine


def find() -> Path:
    """The path of a Chromium; raises FileNotFoundError saying what to install when there is none to be had."""
    machine.install_missing()
    path = machine.find_program(*machine.CHROMIUMS) or _find_playwrights() or _install_playwrights()
    if path is None:
        raise FileNotFoundError("No Chromium was found: install chromium or google-chrome so that it is in PATH.")
    return path


def _find_playwrights() -> Path | None:
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _install_playwrights() -> Path | None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr)
    return _find_playwrights()


if __name__ == "__main__":
    print(find())
