"""A disk of a few megabytes that a test can fill and empty, so that what is saved there fails as it does in life."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.harness.waiting import wait_until

MEGABYTES = 24


class SmallDisk:
    """A folder on a disk of its own, with a database in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "selfservice.sqlite"
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no byte: neither on the disk, nor in a journal that was long once and would take more."""
        self._fill()
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(self.database, timeout=5)) as connection:
            wait_until(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        self._fill()

    def empty(self) -> None:
        """Make room again."""
        self._filler.unlink()

    def _fill(self) -> None:
        with self._filler.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                with suppress(OSError):
                    while file.write(b"\x00" * size):
                        pass


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk, mounted for the test; where that is forbidden the test says so and is left out."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={MEGABYTES}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("There is no `mount` here, so no disk can be filled: run this on Linux as root.")
    if done.returncode:
        pytest.skip(f"No small disk can be mounted here, so none can be filled: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
