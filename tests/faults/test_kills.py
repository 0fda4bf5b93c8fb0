"""Workers are killed without a word while they send: nothing is lost, nothing leaves twice, doubts are listed.

Half of the messages go to a provider that can be asked what it has, half to one that cannot.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask

from selfservice import tokens
from selfservice.config import Settings
from tests.faults import naive
from tests.faults.judge import Verdict, are_settled, judge, read_states
from tests.faults.processes import running
from tests.faults.provider import ProviderProcess
from tests.faults.working import Job, working
from tests.messages.scenes import accept_many, run_until

KILL_SECONDS = 2.0
PARALLEL = 4
SIZES = [
    240,
    pytest.param(2_000, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
]


@dataclass
class Killer:
    """Starts workers and kills each two seconds after it began to send, or sooner where there is little to send."""

    settings: Settings
    provider: ProviderProcess
    size: int
    kills: int = 0
    _job: Job = field(init=False)

    def __post_init__(self) -> None:
        self._job = Job(self.provider.port, parallel=PARALLEL)

    def kill_until_settled(self) -> None:
        """Count those who were killed while there was work left."""
        end = time.monotonic() + max(200, self.size)
        while not are_settled():
            assert time.monotonic() < end, f"Not settled after {self.kills} kills."
            self._kill_one()

    def _kill_one(self) -> None:
        before = self.provider.total()
        with working(self.settings, self._job) as child:
            while (sent := self.provider.total()) == before:
                child.require_running()
                if are_settled():
                    return
                time.sleep(0.05)
            part, end = sent + min(self.size // 3, 200), time.monotonic() + KILL_SECONDS
            run_until(lambda: not before < self.provider.total() < part or time.monotonic() > end)
            child.kill()
            self.kills += 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_instrument_sees_loss_and_duplicates(tmp_path: Path, when: str) -> None:
    """The outbox switched off: who notes before sending loses, who notes after sending repeats."""
    references = [tokens.encode_id(number) for number in range(1, 121)]
    file = tmp_path / "references.txt"
    file.write_text("\n".join(references))
    with ProviderProcess(milliseconds=5) as provider:
        for kill in (True, True, False):
            before = provider.total()
            with running(naive.send, provider.port, file, when) as child:
                if kill:
                    assert run_until(lambda before=before: provider.total() >= before + 25)  # type: ignore[misc]
                else:
                    assert run_until(lambda child=child: child.code == 0)  # type: ignore[misc]
        verdict = judge(dict.fromkeys(references, "submitted"), provider.counts())

    assert (verdict.lost > 0, verdict.duplicates > 0) == (when == "before", when == "after")


@pytest.mark.parametrize("size", SIZES)
def test_kills_lose_and_repeat_nothing(app: Flask, settings: Settings, size: int) -> None:
    with app.app_context(), ProviderProcess(milliseconds=50) as provider:
        accept_many(size // 2)
        accept_many(size // 2, channel="fax")
        killer = Killer(settings, provider, size)
        killer.kill_until_settled()

        counts = provider.counts()
        asked, silent = (judge(read_states(channel), counts) for channel in ("sms", "fax"))

    assert killer.kills >= 2
    assert asked == Verdict(lost=0, duplicates=0, in_doubt=0)
    assert (silent.lost, silent.duplicates) == (0, 0)
    assert 0 < silent.in_doubt <= PARALLEL * killer.kills  # What was in flight when a worker died, and no more.
    print(f"{size} messages, {killer.kills} kills, {silent.in_doubt} of {size // 2} in doubt")


def test_killed_after_the_provider_took_it_and_before_the_commit(app: Flask, settings: Settings) -> None:
    with app.app_context(), ProviderProcess(held=True) as provider:
        (text_id,) = accept_many(1)
        (fax_id,) = accept_many(1, channel="fax")
        text, fax = tokens.encode_id(text_id), tokens.encode_id(fax_id)
        with working(settings, Job(provider.port, lease=1.0)) as first:
            assert run_until(lambda: provider.total() == 2)
            first.kill()
        assert read_states() == {text: "sending", fax: "sending"}

        with working(settings, Job(provider.port, lease=1.0)):
            assert run_until(are_settled)

        assert provider.counts() == {text: 1, fax: 1}
        assert read_states() == {text: "submitted", fax: "needs_human"}
