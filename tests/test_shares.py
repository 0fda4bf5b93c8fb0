"""A process of the test run that dies fails the test it was at, and nothing else is lost, repeated or waited for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]

# A process dies with a file half done, another before it and others behind it; two die at one moment.
FILES = {
    "pytest.ini": "[pytest]",
    "conftest.py": """
import os, pathlib

def pytest_configure(config):
    name = os.environ.get("PYTEST_XDIST_WORKER")
    if name:
        pathlib.Path(__file__).with_name(name + ".process").write_text(str(os.getpid()))
""",
    "test_a.py": """
import os, pytest, time

@pytest.mark.parametrize("n", range(5))
def test_it(n):
    if n == 0 and os.environ["PYTEST_XDIST_WORKER_COUNT"] == "2":
        time.sleep(60)
""",
    "test_b.py": """
import os, pathlib, pytest, signal

@pytest.mark.parametrize("n", range(4))
def test_it(n):
    if n == 1:
        processes = {int(path.read_text()) for path in pathlib.Path(__file__).parent.glob("*.process")}
        for process in sorted(processes, key=os.getpid().__eq__):
            os.kill(process, signal.SIGKILL)
""",
    **dict.fromkeys(("test_c.py", "test_d.py", "test_e.py"), "def test_it(): pass"),
}
ALL = [*(f"test_a.py::test_it[{n}]" for n in range(5)), *(f"test_b.py::test_it[{n}]" for n in range(4))]
ALL += [f"test_{letter}.py::test_it" for letter in "cde"]
AT = "test_b.py::test_it[1]"


def run(folder: Path, processes: int, *options: str) -> tuple[int, dict[str, list[str]]]:
    """A run of its own, killed if it stands still: its exit code, and the tests by what is said of them."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    plugins = ("-p", "xdist.plugin", "-p", "tests.harness.shares", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-rA", "-n", str(processes), *plugins, *options]
    settings = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(REPOSITORY)}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        command, cwd=folder, env=inherited | settings, capture_output=True, text=True, timeout=60, check=False
    )
    said: dict[str, list[str]] = {}
    for word, test in re.findall(r"^(PASSED|FAILED|NEVER RAN) (\S+)", ended.stdout, re.MULTILINE):
        said.setdefault(word, []).append(test)
    return ended.returncode, {word: sorted(tests) for word, tests in said.items()}


def test_what_a_dead_process_had_yet_to_do_is_done_by_another(tmp_path: Path) -> None:
    code, said = run(tmp_path, 1)

    assert (code, said) == (1, {"FAILED": [AT], "PASSED": sorted(set(ALL) - {AT})})


def test_two_that_die_together_are_replaced(tmp_path: Path) -> None:
    code, said = run(tmp_path, 2)

    cut_off = {AT, "test_a.py::test_it[0]"}
    assert (code, said) == (1, {"FAILED": sorted(cut_off), "PASSED": sorted(set(ALL) - cut_off)})


def test_tests_that_nobody_runs_any_more_are_named(tmp_path: Path) -> None:
    code, said = run(tmp_path, 1, "--max-worker-restart=0")

    behind = {test for test in ALL if test < AT}
    assert (code, said) == (
        1,
        {"FAILED": [AT], "PASSED": sorted(behind), "NEVER RAN": sorted(set(ALL) - behind - {AT})},
    )
