"""A stop while five hundred messages are queued and a worker process is sending: nothing begins after its commit."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.messages import service
from selfservice.messages.models import Attempt, Message
from tests.faults.provider import ProviderProcess
from tests.faults.working import worker
from tests.messages.scenes import PHONE, accept_many, committed, run_until


@pytest.mark.timeout(120)
@pytest.mark.parametrize("moment", ["queued", "sending"])
def test_after_a_stop_with_five_hundred_queued_nothing_leaves(app: Flask, settings: Settings, moment: str) -> None:
    with app.app_context(), ProviderProcess(milliseconds=50) as provider:
        accept_many(500)
        db.session.rollback()
        if moment == "queued":
            _stop()
        with worker(settings, str(provider.port)):
            if moment == "sending":
                assert run_until(lambda: provider.total() >= 20, seconds=40)
                _stop()
            begun = set(committed(select(Attempt.message_id)))
            assert run_until(lambda: set(_states()) <= {"submitted", "suppressed"}, seconds=40)
            time.sleep(1)

        assert set(provider.counts()) == {tokens.encode_id(one) for one in begun}
        assert Counter(_states()) == Counter(submitted=len(begun), suppressed=500 - len(begun))
        assert (len(begun) == 0) == (moment == "queued")


def _stop() -> None:
    service.stop(PHONE, reason="asked on a page", actor="customer")
    db.session.commit()


def _states() -> list[str]:
    return committed(select(Message.state))
