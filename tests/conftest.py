"""What every test can ask for; the fixtures themselves live in `tests/harness`, one noun a file."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.harness.shares",
    "tests.harness.postgresql",
    "tests.harness.databases",
    "tests.harness.application",
    "tests.harness.queries",
    "tests.harness.server",
    "tests.harness.small_disk",
    "tests.harness.releases",
    "tests.harness.browser",
    "tests.harness.push_door",
    "tests.harness.provider_door",
    "tests.harness.second_look",
]

ARTEFACTS = Path(__file__).parent / "artefacts"

# A run starts the product a hundred times: compiled anew, each start takes more than twice as long.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure() -> None:
    """A run that is told to stop still stops its servers; an example may take its time on a busy machine."""
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")

    def stop(_signal: int, _frame: object) -> None:
        pytest.exit("The run was told to stop.", returncode=143)

    signal.signal(signal.SIGTERM, stop)


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The folder for what a person may want to look at after a run, such as screenshots."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """A call to the outside that nobody faked fails loudly instead of leaving this machine."""
    connect = socket.socket.connect

    def connect_nearby(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and host not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError("A test reached for the network: fake the provider at its edge.")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_nearby)
        yield
