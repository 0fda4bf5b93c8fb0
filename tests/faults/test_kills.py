"""Workers are killed without a word while they send: nothing is lost, nothing leaves twice, doubts are listed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import READER, db
from selfservice.messages.models import Message
from tests.faults.judge import Verdict, is_settled, judge
from tests.faults.provider import ROOT, ProviderProcess
from tests.faults.working import worker
from tests.messages.scenes import accept_many

KILL_SECONDS = 2.0
SIZES = [
    300,
    pytest.param(2_000, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
]


def states() -> dict[str, str]:
    """Each message's state by the reference that the provider knows."""
    with db.engines[READER].connect() as connection:
        return {tokens.encode_id(row.id): row.state for row in connection.execute(select(Message.id, Message.state))}


def kill_until_settled(settings: Settings, provider: ProviderProcess, *arguments: str, size: int) -> int:
    """Start a worker, kill it two seconds after it began to send, or sooner where there is little to send, start the
    next; how many were killed while there was work.
    """
    kills, end = 0, time.monotonic() + max(200, size)
    while time.monotonic() < end:
        before = sum(provider.counts().values())
        with worker(settings, str(provider.port), *arguments) as process:
            while (sent := sum(provider.counts().values())) == before and not _settles(0.1):
                assert process.poll() is None
            part = sent + min(size // 6, 200)
            began = time.monotonic()
            while sum(provider.counts().values()) < part and time.monotonic() < began + KILL_SECONDS:
                if _settles(0.02):
                    return kills
            process.kill()
            kills += 1
    raise AssertionError(f"Not settled after {kills} kills.")


def _settles(seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_settled(states().values()):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_instrument_sees_loss_and_duplicates(tmp_path: Path, when: str) -> None:
    """The outbox switched off: who notes before sending loses, who notes after sending repeats."""
    references = [tokens.encode_id(number) for number in range(1, 201)]
    file = tmp_path / "references.txt"
    file.write_text("\n".join(references))
    with ProviderProcess(milliseconds=5) as provider:
        command = [sys.executable, "-m", "tests.faults.naive", str(provider.port), str(file), when]
        for number in range(4):
            process = subprocess.Popen(command, cwd=ROOT)
            before = sum(provider.counts().values())
            while number < 3 and sum(provider.counts().values()) < before + 25:
                assert process.poll() is None
            if number < 3:
                process.kill()
            process.wait()
        verdict = judge(dict.fromkeys(references, "submitted"), provider.counts())

    assert (verdict.lost > 0, verdict.duplicates > 0) == (when == "before", when == "after")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", SIZES)
def test_kills_lose_and_repeat_nothing(app: Flask, settings: Settings, size: int) -> None:
    with app.app_context(), ProviderProcess(milliseconds=50) as provider:
        accept_many(size)
        kills = kill_until_settled(settings, provider, size=size)

        verdict = judge(states(), provider.counts())

    assert kills >= 2
    assert verdict == Verdict(lost=0, duplicates=0, in_doubt=0)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", SIZES[:2])
def test_where_nobody_can_be_asked_doubts_are_listed(app: Flask, settings: Settings, size: int) -> None:
    with app.app_context(), ProviderProcess(milliseconds=50) as provider:
        accept_many(size)
        kills = kill_until_settled(settings, provider, "--silent", size=size)

        verdict = judge(states(), provider.counts())

    assert kills >= 2
    assert (verdict.lost, verdict.duplicates) == (0, 0)
    assert 0 < verdict.in_doubt <= 4 * kills  # What was in flight when a worker died, and no more.


@pytest.mark.timeout(120)
@pytest.mark.parametrize("arguments", [(), ("--silent",)])
def test_killed_after_the_provider_took_it_and_before_the_commit(
    app: Flask, settings: Settings, arguments: tuple[str, ...]
) -> None:
    with app.app_context(), ProviderProcess(milliseconds=1500) as provider:
        (message_id,) = accept_many(1)
        reference = tokens.encode_id(message_id)
        with worker(settings, str(provider.port), *arguments) as first:
            while not provider.counts()[reference]:
                time.sleep(0.02)
            first.kill()
        assert states() == {reference: "sending"}

        with worker(settings, str(provider.port), *arguments):
            assert _settles(30)

        assert provider.counts() == {reference: 1}
        assert states() == {reference: "needs_human" if arguments else "submitted"}
