"""`flask worker`: the process that sends texts and ends pages, on its own or as the child of `serve`."""

from __future__ import annotations

import os
import signal
from functools import partial

import click
from flask import current_app

from selfservice import smpp, worker
from selfservice.cli import boot
from selfservice.cli.children import flask_command, watch_parent
from selfservice.cli.command import Command


@click.command("worker", cls=Command, example="worker")
@click.option("--beside", "parent", type=int, hidden=True, help="Stop when this process, the server, is gone.")
@click.option("--smpp", "is_line", is_flag=True, hidden=True, help="Speak SMPP for the worker on standard input.")
def command(parent: int | None, *, is_line: bool) -> None:
    """Send the texts that are due and end the pages whose time is over, until SIGTERM or Ctrl+C.

    Any number may run, on any number of machines that share a PostgreSQL. `serve` starts one by itself unless
    SELFSERVICE_WORKER=off.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's way
    if is_line:
        smpp.run(app)
        return
    for sentence in boot.require_ready():
        click.echo(sentence, err=True)
    if parent is not None:
        watch_parent(parent, partial(os.kill, os.getpid(), signal.SIGTERM))
    worker.run_until_signal(app, line=flask_command("worker", "--smpp"))
