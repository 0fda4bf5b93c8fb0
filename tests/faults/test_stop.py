"""A person's stop and a worker's own, both while calls are in flight: what has begun ends, nothing begins after it."""

from __future__ import annotations

from collections import Counter

from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.messages import service
from selfservice.messages.models import Attempt, Message, WorkerHeartbeat
from tests.faults.judge import read_states
from tests.faults.provider import ProviderProcess
from tests.faults.working import Job, working
from tests.messages.scenes import PHONE, accept_many, committed, count, run_until

IN_FLIGHT = 64


def test_after_a_stop_with_five_hundred_queued_nothing_leaves(app: Flask, settings: Settings) -> None:
    """Some are on their way, some are claimed, and most wait: only the first have left in the end."""
    with app.app_context(), ProviderProcess(held=True) as provider:
        accept_many(500)
        with working(settings, Job(provider.port, parallel=4)):
            assert run_until(lambda: provider.total() == 4)
            assert set(_count_states()) == {"ready", "leased", "sending"}
            service.stop(PHONE, reason="asked on a page", actor="customer")
            db.session.commit()
            provider.release()
            assert run_until(lambda: set(_count_states()) <= {"submitted", "suppressed"})

        assert set(provider.counts()) == {tokens.encode_id(one) for one in committed(select(Attempt.message_id))}
        assert provider.total() == 4
        assert _count_states() == Counter(submitted=4, suppressed=496)


def test_a_worker_that_is_told_to_stop_ends_what_it_has_begun(app: Flask, settings: Settings) -> None:
    """Sixty-four calls are in flight: each gets its result, none is in doubt, and the rest is given back."""
    with app.app_context(), ProviderProcess(held=True) as provider:
        accept_many(IN_FLIGHT + 40)
        with working(settings, Job(provider.port, parallel=IN_FLIGHT, lease=60.0)) as child:
            assert run_until(lambda: provider.total() == IN_FLIGHT)
            in_flight = set(provider.counts())
            child.tell_to_stop()
            provider.release()
            assert run_until(lambda: child.code is not None)
            assert (child.code, "worker.interrupted" in child.log()) == (0, False)

        sent = {reference for reference, state in read_states().items() if state == "submitted"}
        assert provider.counts() == dict.fromkeys(sent, 1)
        assert in_flight <= sent
        assert set(_count_states()) <= {"submitted", "ready"}
        assert set(committed(select(Attempt.result))) == {"submitted"}
        assert count(WorkerHeartbeat) == 0


def _count_states() -> Counter[str]:
    return Counter(committed(select(Message.state)))
