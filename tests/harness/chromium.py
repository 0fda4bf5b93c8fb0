"""Finding a Chromium, and installing one where none is; `python -m tests.harness.chromium` prints its path.

`make test` calls it before the tests, because an installation takes longer than a test may.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

from filelock import FileLock
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path:
    """The path of a Chromium: from PATH, else Debian's package (as root), else Playwright's own.

    Raises FileNotFoundError saying what to install when there is none and none could be installed.
    """
    # Several workers may ask at once; the second finds what the first installed.
    with FileLock(Path(tempfile.gettempdir()) / "pages-chromium.lock"):
        _install_debian_packages()
        path = _find_in_path() or _find_playwrights() or _install_playwrights()
    if path is None:
        raise FileNotFoundError("No Chromium was found: install chromium or google-chrome so that it is in PATH.")
    return path


def _find_in_path() -> Path | None:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def _install_debian_packages() -> None:
    wanted = list(_missing_packages())
    if not wanted or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    print(f"Installing {', '.join(wanted)}", file=sys.stderr)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *wanted]):
        command = ["apt-get", "--quiet", *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)


def _missing_packages() -> Iterator[str]:
    if _find_in_path() is None:
        yield "chromium"
    if not shutil.which("fc-list"):
        yield "fontconfig"
    if not _can_draw_arabic():
        yield "fonts-noto-core"  # Screenshots show boxes otherwise.
    if find_library("atomic") is None:
        yield "libatomic1"  # Playwright's own Node.js asks for it.


def _can_draw_arabic() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=ar"], capture_output=True, check=False).stdout.strip())


def _find_playwrights() -> Path | None:
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _install_playwrights() -> Path | None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr)
    return _find_playwrights()


if __name__ == "__main__":
    print(find())
