"""The process that speaks SMPP: texts come in from its worker on standard input, answers go out on standard output.

What the message centre delivers is written into the database here, as the callbacks' door does for other providers.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any, BinaryIO

import structlog
from flask import Flask

from selfservice import config
from selfservice.db import READER, db
from selfservice.errors import ConfigError
from selfservice.messages import reports
from selfservice.messages.channels import registry
from selfservice.messages.channels.contract import Inbound, Receipt, Refused, Submitted, Uncertain
from selfservice.messages.channels.smpp import NAME, Smpp, tell
from selfservice.messages.channels.smpp_session import Session
from selfservice.replies import service as replies

_THREADS = 4


def run(app: Flask) -> None:
    """Hold the session until the worker closes our standard input. Raises ConfigError when no centre is configured."""
    with app.app_context():
        channel = registry.build(config.current(), writer=db.engine, reader=db.engines[READER]).find_named(NAME)
        db.session.remove()
    if not isinstance(channel, Smpp):
        raise ConfigError("SELFSERVICE_SMS names no smpp:// message centre: there is nothing to hold a session with.")
    # A supervisor that stops a whole group reaches this process, too; its worker's end is what ends it.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.SIG_IGN)
    # Whatever else prints goes to the log: our output is for answers alone.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_serve(channel, lambda said: keep(app, said), sys.stdin.buffer, answers))


def keep(app: Flask, said: Receipt | Inbound) -> None:
    """Write down one receipt or text that came in, committed; the same twice is once."""
    with app.app_context():
        if isinstance(said, Receipt):
            if not reports.is_known(NAME, said.key):
                reports.note(NAME, said)
            db.session.commit()
            return
        text_id = replies.keep(NAME, said)
        db.session.commit()
        replies.understand(text_id)


async def _serve(
    channel: Smpp, keep_one: Callable[[Receipt | Inbound], None], requests: BinaryIO, answers: BinaryIO
) -> None:
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="smpp")

    async def take(said: Receipt | Inbound) -> None:
        await loop.run_in_executor(threads, keep_one, said)

    session = Session(channel.place, take)
    holding = asyncio.create_task(session.run())
    asked: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    threading.Thread(target=_read, args=(requests, loop, asked), name="requests", daemon=True).start()
    under_way: set[asyncio.Task[None]] = set()
    while (request := await asked.get()) is not None:
        task = asyncio.create_task(_submit(session, request, answers))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    if under_way:
        await asyncio.wait(under_way, timeout=2)
    await session.close()
    holding.cancel()
    with suppress(asyncio.CancelledError):
        await holding
    threads.shutdown(wait=False)


def _read(requests: BinaryIO, loop: asyncio.AbstractEventLoop, asked: asyncio.Queue[dict[str, Any] | None]) -> None:
    """Pass on each whole line; one that is cut short was never handed over."""
    for line in requests:
        if line.endswith(b"\n"):
            loop.call_soon_threadsafe(asked.put_nowait, json.loads(line))
    loop.call_soon_threadsafe(asked.put_nowait, None)


async def _submit(session: Session, request: dict[str, Any], answers: BinaryIO) -> None:
    outcome: Submitted | Refused | Uncertain
    try:
        outcome = await session.submit(
            id=request["id"], to=request["to"], body=request["body"], ttl=timedelta(seconds=request["ttl"])
        )
    except (Refused, Uncertain) as error:
        outcome = error
    except Exception as error:  # noqa: BLE001 - nobody can say how far it came
        structlog.get_logger().exception("channel.failed", provider=NAME)
        outcome = Uncertain(f"The provider's code failed: {type(error).__name__}.")
    line = json.dumps({"n": request["n"], **tell(outcome)}).encode() + b"\n"
    with suppress(OSError):  # Nobody is there any more: the end of our input says so, too.
        answers.write(line)
