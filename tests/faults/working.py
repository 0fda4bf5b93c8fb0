"""A worker as a process, handed a stub for a provider, killed and started again by the tests.

`python -m tests.faults.working PORT` runs one until it is stopped. Its lease is short, so that what a killed worker
held comes back within seconds; everything else is as it is in production.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from selfservice.config import Settings
from tests.faults.provider import ROOT, FindableLine, Line
from tests.harness.application import KEYS
from tests.harness.server import end_with_the_run

LEASE_SECONDS = 2.0


@contextmanager
def worker(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the database of `settings`; `arguments` are those of the command line above."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SELFSERVICE_")}
    environ = {
        **kept,
        **KEYS,
        "SELFSERVICE_DATABASE_URL": settings.database_url.replace("postgresql+psycopg", "postgresql"),
        "SELFSERVICE_INSTANCE": str(settings.instance),
    }
    command = [sys.executable, "-m", "tests.faults.working", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, preexec_fn=end_with_the_run)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Work with the stub in place of the providers of the settings."""
    from selfservice import clock, worker  # noqa: PLC0415 - only the process needs them
    from selfservice.application import create_app  # noqa: PLC0415
    from selfservice.messages.channels import registry  # noqa: PLC0415
    from selfservice.messages.channels.registry import Channels  # noqa: PLC0415
    from selfservice.messages.dispatch import Dispatcher  # noqa: PLC0415

    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("--parallel", type=int, default=4)
    options.add_argument("--silent", action="store_true", help="The stub cannot be asked.")
    options.add_argument("--ahead", type=float, default=0.0, help="Seconds that this process's clock is ahead.")
    options.add_argument("--lease", type=float, default=LEASE_SECONDS)
    said = options.parse_args()
    line = (Line if said.silent else FindableLine)(said.port, parallel=said.parallel)
    setattr(registry, "build", lambda *_, **__: Channels({"sms": [line]}))  # noqa: B010 - mypy would not have it
    patched: Any = worker
    patched.Dispatcher = partial(Dispatcher, lease=timedelta(seconds=said.lease))
    if said.ahead:
        true_now = clock.now

        def now() -> datetime:
            return true_now() + timedelta(seconds=said.ahead)

        setattr(clock, "now", now)  # noqa: B010 - as above
    worker.run_until_signal(create_app())


if __name__ == "__main__":
    main()
