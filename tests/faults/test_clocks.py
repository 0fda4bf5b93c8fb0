"""Clocks that jump, and two workers that turn the same pages: whatever is due happens once, and nothing waits."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import clock, tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import due
from tests.factories import issue
from tests.faults.judge import are_settled, is_settled, read_states
from tests.faults.provider import ProviderProcess
from tests.faults.working import Ahead, Job, working
from tests.messages.scenes import accept, accept_many, committed, force, run_until, state_of

DAY = 86_400.0
HOUR_BACK = -3_600.0
JUMPS = pytest.mark.parametrize("seconds", [DAY, HOUR_BACK], ids=["a-day-on", "an-hour-back"])


@JUMPS
def test_what_a_dead_worker_held_goes_on_by_another_clock(app: Flask, settings: Settings, seconds: float) -> None:
    """A worker is killed in mid-sending, and the next one's clock is a day ahead or an hour behind."""
    with app.app_context(), ProviderProcess(held=True) as provider:
        ids = accept_many(40)  # More than a worker claims at once.
        with working(settings, Job(provider.port, lease=1.0)) as first:
            assert run_until(lambda: provider.total() == 4)
            first.kill()
        provider.release()
        with working(settings, Job(provider.port, lease=1.0, ahead=Ahead(seconds))):
            assert run_until(are_settled)

        assert set(read_states().values()) == {"submitted"}
        assert provider.counts() == {tokens.encode_id(one): 1 for one in ids}


@JUMPS
def test_a_clock_that_jumps_under_a_worker_takes_nothing_from_it(
    app: Flask, settings: Settings, seconds: float
) -> None:
    """Four calls are in flight while the clock jumps, at a provider that does not know yet what it is busy with."""
    ahead = Ahead()
    with app.app_context(), ProviderProcess(held=True, busy=True) as provider:
        ids = accept_many(40)  # More than a worker claims at once.
        with working(settings, Job(provider.port, parallel=4, lease=60.0, ahead=ahead)):
            assert run_until(lambda: provider.total() == 4)
            ahead.jump(seconds)
            for _ in range(2):  # The second look is one that began after the jump.
                _let_upkeep_look()
            in_flight = Counter(read_states().values())["sending"]
            provider.release()
            assert run_until(is_settled)

        assert in_flight == 4
        assert provider.counts() == {tokens.encode_id(one): 1 for one in ids}
        assert Counter(read_states().values()) == Counter(submitted=40, cancelled=2)


def _let_upkeep_look() -> None:
    """Wait until the worker has gone once through what it does besides sending."""
    held = accept(channel="fax", not_before=clock.now() + timedelta(hours=1)).id  # The worker would send what is ready.
    force(held, "held", stopping="page_closed", next_look_at=clock.now() - timedelta(hours=2))
    assert run_until(lambda: state_of(held) == "cancelled")


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
                    due.open_pages()
                    db.session.commit()

        threads = [threading.Thread(target=turn) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        opened = Counter(committed(select(Event.page_id).where(Event.type == "page.open")))
        assert (len(opened), set(opened.values())) == (12, {1})
        assert Counter(committed(select(Message.page_id))) == opened
