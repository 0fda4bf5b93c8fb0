"""The code of the release before: as it was in the commit before the newest migration came."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from selfservice import schema
from tests.harness.server import ROOT


def newest_migration() -> Path:
    """The file of the newest migration."""
    (path,) = (schema.MIGRATIONS / "versions").glob(f"{schema.newest()}_*.py")
    return path


def find_commit_before() -> str:
    """The commit before the one that brought the newest migration; raises AssertionError where history ends before."""
    path = newest_migration().relative_to(ROOT)
    try:
        is_shallow = _git("rev-parse", "--is-shallow-repository")
    except (subprocess.CalledProcessError, FileNotFoundError):
        raise AssertionError("This is no checkout with a history: clone the repository to run this test.") from None
    came = _git("log", "--diff-filter=A", "--no-renames", "--format=%H", "-1", "--", str(path))
    if is_shallow == "true" and not _has_parent(came):
        raise AssertionError("This checkout is shallow: run `git fetch --unshallow` to run this test.")
    if not came:
        raise AssertionError(f"{path} is in no commit yet: commit it to run this test.")
    return _git("rev-parse", f"{came}^")


def unpack(commit: str, folder: Path) -> Path:
    """All files of a commit, in a folder; the repository itself is left as it is."""
    done = subprocess.run(["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def release_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the code of the release before."""
    return unpack(find_commit_before(), tmp_path_factory.mktemp("before"))


def _has_parent(commit: str) -> bool:
    done = subprocess.run(["git", "rev-parse", "--verify", f"{commit}^"], cwd=ROOT, capture_output=True, check=False)
    return bool(commit) and done.returncode == 0


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
