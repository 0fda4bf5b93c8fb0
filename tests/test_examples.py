"""The example package: its tests pass, the contract's plugin tells what is broken, and installing it is enough."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.harness.server import FLASK, ROOT

EXAMPLE = ROOT / "examples" / "parking"
TYPE = "selfservice_parking/parking_permit"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the example."""
    copied = tmp_path / "parking"
    shutil.copytree(EXAMPLE, copied, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return copied


def run_tests(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    environ.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=package, env=environ, capture_output=True, text=True, check=False, timeout=150)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_its_tests_and_the_contract_pass(package: Path) -> None:
    done = run_tests(package, "--situations", "selfservice_parking")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passed" in done.stdout


def test_what_breaks_the_contract_is_told_with_its_line(package: Path) -> None:
    change(package / TYPE / "copy" / "pl.toml", 'back = "Wróć"\n', "")
    change(package / TYPE / "page.html", "facts.price|money", "facts.prize|money")

    done = run_tests(package, "--situations", "selfservice_parking", "selfservice_parking")

    assert done.returncode == 1
    line = line_of(package / TYPE / "copy" / "pl.toml", "[buttons]")
    assert f"{package / TYPE}/copy/pl.toml:{line}: buttons.back is missing, and English has it;" in done.stdout
    line = line_of(package / TYPE / "page.html", "facts.prize")
    assert f"{package / TYPE}/page.html:{line}: UndefinedError: " in done.stdout
    assert "Traceback" not in done.stdout
    assert "3 failed" in done.stdout


def test_folder_that_is_not_there_is_told(package: Path) -> None:
    done = run_tests(package, "--situations", "elsewhere")

    assert done.returncode == 4
    assert "elsewhere, which is not a folder; give a page type's folder." in done.stderr


def test_installing_it_is_enough(package: Path, tmp_path: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    about = package / "selfservice_parking-1.0.0.dist-info"  # What an installer writes beside the package.
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    group = project["entry-points"]["selfservice.situations"]
    points = "".join(f"{name} = {value}\n" for name, value in group.items())
    (about / "entry_points.txt").write_text(f"[selfservice.situations]\n{points}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SELFSERVICE_")}
    environ = {**kept, "PYTHONPATH": str(package), "SELFSERVICE_INSTANCE": str(tmp_path / "instance")}

    done = subprocess.run(
        [*FLASK, "situation", "list"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "parking_permit" in [line.split()[0] for line in done.stdout.splitlines()]
