"""What the tests need of the machine beside Python: browsers, a message bus and letters, installed where they can be.

`make test` calls it (`python -m tests.harness.machine`) before the tests, because an installation
takes longer than a test may. Debian's packages are installed as root; anywhere else a sentence says what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOXES = ("firefox-esr", "firefox")


@dataclass(frozen=True)
class Need:
    """One thing of the machine: `package` is Debian's, `reason` completes "it is needed to ..."."""

    package: str
    reason: str
    is_there: Callable[[], bool]

    @property
    def sentence(self) -> str:
        """What a person does who installs it."""
        return f"{self.package} is not installed: it is needed to {self.reason}. Install it and try again."


def find_program(*names: str) -> Path | None:
    """The path of the first of `names` that is in PATH."""
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def install_missing() -> list[str]:
    """Install what is missing, where Debian's packages can be; gives a sentence for each thing still missing."""
    # Several test processes may ask at once; the second finds what the first installed.
    with FileLock(Path(tempfile.gettempdir()) / "pages-machine.lock"):
        missing = list(_list_missing())
        if missing and shutil.which("apt-get") and os.geteuid() == 0:
            _install([need.package for need in missing])
            missing = list(_list_missing())
    return [need.sentence for need in missing]


def _list_missing() -> Iterator[Need]:
    return (need for need in NEEDS if not need.is_there())


def _install(packages: list[str]) -> None:
    print(f"Installing {', '.join(packages)}", file=sys.stderr)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        command = ["apt-get", "--quiet", *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)


def _has_program(*names: str) -> bool:
    return find_program(*names) is not None


def _can_draw(language: str) -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", f":lang={language}"], capture_output=True, check=False).stdout.strip())


def _can_load(library: str) -> bool:
    return find_library(library) is not None


NEEDS = (
    Need("chromium", "open pages in Chromium", partial(_has_program, *CHROMIUMS)),
    Need("firefox-esr", "open pages in Firefox", partial(_has_program, *FIREFOXES)),
    Need("dbus", "press a notification as a person does", partial(_has_program, "dbus-daemon")),
    Need("fontconfig", "see which letters can be drawn", partial(_has_program, "fc-list")),
    # Screenshots and measured texts show boxes otherwise.
    Need("fonts-noto-core", "draw Arabic", partial(_can_draw, "ar")),
    Need("fonts-noto-core", "draw Hindi", partial(_can_draw, "hi")),
    Need("fonts-noto-cjk", "draw Chinese", partial(_can_draw, "zh-cn")),
    Need("libatomic1", "run Playwright's own Node.js", partial(_can_load, "atomic")),
)


if __name__ == "__main__":
    for sentence in install_missing():
        print(sentence, file=sys.stderr)
