"""Clocks that jump, and two workers that turn the same pages: whatever is due happens once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import clock
from selfservice.config import Settings
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import service as pages
from tests.factories import issue
from tests.faults.judge import Verdict, is_settled, judge
from tests.faults.provider import ProviderProcess
from tests.faults.test_kills import states
from tests.faults.working import worker
from tests.messages.scenes import accept_many, committed, run_until

DAY = "86400"
HOUR_BACK = "-3600"


@pytest.mark.timeout(150)
@pytest.mark.parametrize("ahead", [DAY, HOUR_BACK])
def test_a_clock_that_jumps_sends_nothing_twice(app: Flask, settings: Settings, ahead: str) -> None:
    """A worker is killed in mid-sending, and the next one's clock is a day ahead or an hour behind."""
    with app.app_context(), ProviderProcess(milliseconds=300) as provider:
        accept_many(40)
        with worker(settings, str(provider.port)) as first:
            while provider.total() < 12:
                time.sleep(0.02)
            first.kill()
        with worker(settings, str(provider.port), f"--ahead={ahead}"):
            time.sleep(8 if ahead == HOUR_BACK else 0)
            settled = run_until(lambda: is_settled(states().values()), seconds=1 if ahead == HOUR_BACK else 60)
        assert max(provider.counts().values()) == 1
        if not settled:  # What was due by the old clock is due when the clock is right again, not lost.
            with worker(settings, str(provider.port)):
                assert run_until(lambda: is_settled(states().values()), seconds=60)

        assert judge(states(), provider.counts()) == Verdict(lost=0, duplicates=0, in_doubt=0)


def test_two_schedulers_open_a_page_once(app: Flask) -> None:
    with app.app_context():
        for number in range(12):
            issue(phone=f"+1202555{number + 200:04}", send_at=clock.now() + timedelta(seconds=1))
        db.session.rollback()
        time.sleep(1.2)
        together = threading.Barrier(2)

        def turn() -> None:
            together.wait(10)
            for _ in range(4):
                with app.app_context():
                    pages.open_due()
                    db.session.commit()

        threads = [threading.Thread(target=turn) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        opened = Counter(committed(select(Event.page_id).where(Event.type == "message.accepted")))
        assert set(opened.values()) == {1}
        assert Counter(committed(select(Message.page_id))) == opened
        assert len(opened) == 12
