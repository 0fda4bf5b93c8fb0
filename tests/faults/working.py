"""A worker as a process, handed stubs for providers, killed and started again by the tests.

Its lease is short, so that what a killed worker held comes back within seconds; everything else is as in production.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from selfservice import clock, worker
from selfservice.application import create_app
from selfservice.config import PREFIX, Settings
from selfservice.messages.channels import registry
from selfservice.messages.channels.registry import Channels
from selfservice.messages.dispatch import Dispatcher
from selfservice.messages.jumps import Reaper
from tests.faults.processes import CONTEXT, Child, running
from tests.faults.provider import FindableLine, Line
from tests.harness.application import AT_ANY_HOUR, KEYS

LEASE_SECONDS = 2.0


class Ahead:
    """By how many seconds a process' clock is ahead of the true one; a test can change it while the process runs."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = CONTEXT.Value("d", seconds)

    def jump(self, seconds: float) -> None:
        """Set the clock so far ahead."""
        self._seconds.value = seconds

    def hold(self) -> None:
        """From now on the calling process' clock is so far ahead."""
        true_now = clock.now

        def now() -> datetime:
            return true_now() + timedelta(seconds=self._seconds.value)

        setattr(clock, "now", now)  # noqa: B010 - mypy would not have it


@dataclass(frozen=True)
class Job:
    """What a worker is given: the provider of texts can be asked what it has, that of faxes cannot."""

    port: int
    parallel: int = 4
    lease: float = LEASE_SECONDS
    ahead: Ahead | None = None


@contextmanager
def working(settings: Settings, job: Job) -> Iterator[Child]:
    """A worker on the database of `settings`."""
    with running(work, environ_of(settings), job) as child:
        yield child


def environ_of(settings: Settings) -> dict[str, str]:
    """The variables with which a process comes to the same settings."""
    return {
        **KEYS,
        f"{PREFIX}COURTESY": str(AT_ANY_HOUR),
        f"{PREFIX}DATABASE_URL": settings.database_url.replace("postgresql+psycopg", "postgresql"),
        f"{PREFIX}INSTANCE": str(settings.instance),
    }


def adopt(environ: dict[str, str]) -> None:
    """Take these variables in place of the process' own."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(environ)


def work_plainly(environ: dict[str, str]) -> None:
    """Work until a signal, with nothing but what is in production."""
    adopt(environ)
    worker.run_until_signal(create_app())


def work(environ: dict[str, str], job: Job) -> None:
    """Work until SIGTERM."""
    adopt(environ)
    if job.ahead:
        job.ahead.hold()
    texts = FindableLine(job.port, parallel=job.parallel)
    faxes = Line(job.port, name="silent", parallel=job.parallel)
    setattr(registry, "build", lambda *_, **__: Channels({"sms": [texts], "fax": [faxes]}))  # noqa: B010 - as above
    patched: Any = worker
    patched.Dispatcher = partial(Dispatcher, lease=timedelta(seconds=job.lease))
    patched.Reaper = partial(Reaper, timedelta(seconds=job.lease))
    worker.run_until_signal(create_app())
