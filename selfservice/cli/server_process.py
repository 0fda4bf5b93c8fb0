"""What happens in each server process: the application made afresh, and an orderly end with the others."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from selfservice import config
from selfservice.application import create_app
from selfservice.cli.children import watch_parent
from selfservice.db import is_postgresql
from selfservice.errors import AppError
from selfservice.web import live
from selfservice.web.lines import Lines
from selfservice.web.turns import Turns

_STOPS = (signal.SIGTERM, signal.SIGINT)


def load(parent: int, *, port: int, threads: int) -> Callable[..., Any]:
    """The application for a server process whose parent is `parent`; shares no connection with it.

    Of its `threads`, consoles and bodies on slow lines together leave half of the reserve to pages.
    """
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # Ctrl+C in a terminal reaches the first process alone, which then stops this one in order.
    watch_parent(parent, partial(os.kill, os.getpid(), signal.SIGTERM))
    try:
        app = create_app()
    except AppError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    # The server copies the environment into each request: the secrets have no business there.
    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        del os.environ[name]
    with app.app_context():
        _when_stopping(live.hub().end_all)
        # On PostgreSQL a view also waits for another process.
        turns = Turns(app.wsgi_app, 4 if is_postgresql() else 1)
        lines = Lines(turns, most=threads - live.MOST_STREAMS - live.RESERVE // 2)
        lines.watch(port)
        app.wsgi_app = lines  # type: ignore[method-assign]
    return app


def _when_stopping(act: Callable[[], None]) -> None:
    """Call `act` when a signal to stop arrives, whoever handles it: the server waits for its threads, and the streams
    of open consoles would keep theirs for ever.
    """
    if os.name != "posix":
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def listen() -> None:
        while not set(_STOPS).intersection(os.read(reader, 64)):
            pass
        act()

    threading.Thread(target=listen, name="stopping", daemon=True).start()
