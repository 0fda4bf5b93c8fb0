"""What a person types first: `make` on a machine that is new, or that lacks something."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.harness.server import copy_project, find_free_port, is_ready

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
READY_SECONDS = 180


def environment(path: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SELFSERVICE_", "FLASK_", "MAKE"))
    }
    return {**kept, "PATH": path}


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment(os.environ["PATH"]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project as a person has just cloned it, with the packages installed."""
    return copy_project(tmp_path / "clone")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The set-up script alone, on a machine whose PATH holds the tools it needs and no Python."""
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat", "rm"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", tmp_path / "tools")
    return tmp_path


def set_up(bare: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "tools/setup.sh", "runtime"],
        cwd=bare,
        env={"PATH": str(bare / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(bare: Path, name: str, script: str) -> None:
    path = bare / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_help_lists_every_target() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert targets is not None
    wanted = [name for name in targets[1].split() if not name.startswith(".")]

    shown = make(ROOT, "help").stdout.splitlines()

    assert [line.split()[1] for line in shown] == wanted


def test_a_machine_without_python_is_told_what_to_install(bare: Path) -> None:
    done = set_up(bare)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Python 3.11 or newer was not found: install it (Debian and Ubuntu: python3 and python3-venv) and try again."
    ]


def test_a_python_that_is_too_old_is_not_used(bare: Path) -> None:
    fake_python(bare, "python3", "exit 1")

    assert "Python 3.11 or newer was not found" in set_up(bare).stderr


def test_a_python_without_venv_is_told_what_to_install(bare: Path) -> None:
    fake_python(bare, "python3", 'case "$2" in *ensurepip*) exit 1;; esac')

    done = set_up(bare)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "python3 cannot make virtual environments: install its venv package (Debian and Ubuntu: python3-venv)."
    ]


def test_set_up_again_installs_nothing() -> None:
    first, second = make(ROOT, ".dev"), make(ROOT, ".runtime")

    assert (first.returncode, second.returncode, second.stdout) == (0, 0, "")


@pytest.mark.timeout(READY_SECONDS + 60)
def test_make_run_serves_a_fresh_clone(clone: Path) -> None:
    port = find_free_port()
    output = clone.parent / "output.txt"

    with output.open("wb") as file:
        running = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=clone,
            env=environment(os.environ["PATH"]),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_ready(port, running, output)
        taken = make(clone, "run", f"PORT={port}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGINT)
        running.wait(30)

    shown = output.read_text()
    assert f"http://127.0.0.1:{port}/console" in shown
    assert f"http://127.0.0.1:{port}/phone" in shown
    assert re.search(r"sign in as \S+@\S+ with \S+", shown)
    assert (clone / "instance" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert taken.returncode != 0
    assert f"Port {port} is taken: stop what listens there, or choose another with --port." in taken.stderr


def wait_until_ready(port: int, running: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(port):
        assert running.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.2)
