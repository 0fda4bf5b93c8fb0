"""Texts by SMPP from the outbox to a message centre and back: the worker, the process beside it, both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import smpp
from selfservice.config import Settings
from selfservice.db import db
from selfservice.errors import ConfigError
from selfservice.messages.channels.contract import Inbound, Outgoing, Receipt, Refused, Text, Uncertain
from selfservice.messages.channels.smpp import Smpp, read, tell
from selfservice.messages.models import Message
from selfservice.replies.models import InboundText
from tests.factories import PHONE, issue
from tests.harness import message_centre
from tests.harness.application import KEYS
from tests.harness.message_centre import Centre
from tests.messages.scenes import accept, committed, state_of

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def centre() -> Iterator[Centre]:
    with message_centre.run() as found:
        yield found


@contextmanager
def worker(settings: Settings, centre: Centre) -> Iterator[subprocess.Popen[bytes]]:
    """`flask worker` as people start it, with the message centre as its provider."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELFSERVICE_", "FLASK_"))}
    environ = {
        **kept,
        **KEYS,
        "SELFSERVICE_DATABASE_URL": settings.database_url.replace("postgresql+psycopg", "postgresql"),
        "SELFSERVICE_INSTANCE": str(settings.instance),
        "SELFSERVICE_SMS": f"smpp://harbour:anchor@127.0.0.1:{centre.port}?from=+15550100",
    }
    command = (sys.executable, "-m", "flask", "--app", "app", "worker")
    started = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE)
    try:
        yield started
    finally:
        started.terminate()
        try:
            _, log = started.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        print(log.decode())
        assert b"Hello" not in log
        assert PHONE.encode() not in log


def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.05)


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def test_a_text_goes_out_its_receipt_and_an_answer_come_back(app: Flask, settings: Settings, centre: Centre) -> None:
    with app.app_context():
        issue(phone="+12025550199")
        message = accept(body="Hello, can you come?", message_class="urgent").id
        with worker(settings, centre) as process:
            until(lambda: state_of(message) == "submitted")
            ref = committed(select(Message.provider_ref).where(Message.id == message))
            assert centre.receipt(ref[0]) == 0
            until(lambda: state_of(message) == "delivered")
            assert centre.receipt(ref[0]) == 0
            assert centre.deliver(b"Hello back") == 0
            (line,) = children_of(process.pid)

        assert [found.body for found in db.session.scalars(select(InboundText))] == ["Hello back"]
        assert len({one.short_message for one in centre.submitted}) == len(centre.submitted)
        until(lambda: not Path(f"/proc/{line}").exists())


@pytest.mark.database("sqlite")
def test_a_process_that_is_killed_is_started_again(app: Flask, settings: Settings, centre: Centre) -> None:
    with app.app_context(), worker(settings, centre) as process:
        until(lambda: centre.bound)
        (line,) = children_of(process.pid)
        os.kill(line, signal.SIGKILL)
        until(lambda: len(centre.bound) == 2)

        message = accept(body="Hello again", message_class="urgent").id
        until(lambda: state_of(message) == "submitted")

    assert len(centre.submitted) == 1


def test_what_comes_twice_is_kept_once(app: Flask) -> None:
    with app.app_context():
        issue(phone="+12025550199")
    text = Inbound(ref="x1", sender=PHONE, recipient="+15550100", body="Hello")
    receipt = Receipt(ref="nobody's", report="delivered", key="nobody's:DELIVRD")

    for said in (text, text, receipt, receipt):
        smpp.keep(app, said)

    with app.app_context():
        assert len(db.session.scalars(select(InboundText)).all()) == 1


def test_without_a_centre_there_is_no_process(app: Flask) -> None:
    with pytest.raises(ConfigError, match="no smpp://"):
        smpp.run(app)


def test_before_the_process_runs_nothing_is_taken() -> None:
    channel = Smpp("smpp://u:p@127.0.0.1")

    with pytest.raises(Refused) as refusal:
        channel.send(Outgoing("0abcdefghij", PHONE, Text("Hello"), timedelta(hours=1)))

    assert not refusal.value.permanent


def test_a_process_that_ends_before_it_answers_leaves_nobody_knowing() -> None:
    channel = Smpp("smpp://u:p@127.0.0.1")
    channel.start((sys.executable, "-c", "import sys; sys.stdin.readline()"))
    try:
        until(lambda: channel._process)
        with pytest.raises(Uncertain):
            channel.send(Outgoing("0abcdefghij", PHONE, Text("Hello"), timedelta(hours=1)))
    finally:
        channel.stop()


@pytest.mark.parametrize(
    "outcome",
    [Refused("no", permanent=True), Refused("later", permanent=False, retry_after=None), Uncertain("who knows")],
)
def test_an_outcome_comes_through_the_pipe_as_it_was(outcome: Refused | Uncertain) -> None:
    with pytest.raises(type(outcome)) as found:
        read(tell(outcome))

    assert vars(found.value) == vars(outcome)
