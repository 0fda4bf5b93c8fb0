"""One provider hangs on a real socket: neither another provider, nor another channel, nor the database pool suffers."""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import clock, tokens, worker
from selfservice.db import READER, db
from selfservice.messages import calls, health
from selfservice.messages.channels import registry
from selfservice.messages.channels.contract import Found, Submitted
from selfservice.messages.channels.registry import Channels
from selfservice.messages.models import Attempt, Message
from tests.faults.provider import FindableLine, Line, ProviderProcess
from tests.messages.scenes import Provider, accept, accept_many, committed, force, run_until, state_of

PATIENCE = 10.0
"""Far less than the ten minutes that the provider hangs for, and than the thirty seconds a call may take."""


@pytest.fixture(autouse=True)
def _loops_end_with_their_test() -> Iterator[None]:
    """A worker's loop that hung in a question goes on when the provider is gone: before its database is closed."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if "_repeat" in thread.name:
            thread.join(15)
            assert not thread.is_alive()


class Deaf(FindableLine):
    """A provider that neither answers calls nor questions."""

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        self._call(f"/hang/{id}")
        return None


@contextmanager
def working(app: Flask, monkeypatch: pytest.MonkeyPatch, channels: Channels) -> Iterator[None]:
    monkeypatch.setattr(registry, "build", lambda *_, **__: channels)
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.1)  # Calls that hang would keep it for as long as they may.
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(app, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def fax(count: int) -> list[int]:
    """So many messages on another channel."""
    ids = [accept(channel="fax").id for _ in range(count)]
    db.session.rollback()  # To read an id takes the writer's place again.
    return ids


def all_are(ids: list[int], state: str) -> bool:
    return set(committed(select(Message.state).where(Message.id.in_(ids)))) == {state}


def test_another_channel_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Provider(parallel=2)
    with app.app_context(), ProviderProcess() as stub:
        texts = accept_many(30)
        faxes = fax(30)
        deaf = Line(stub.port, name="deaf", parallel=4, way="hang")
        with working(app, monkeypatch, Channels({"sms": [deaf], "fax": [other]})):
            assert run_until(functools.partial(all_are, faxes, "submitted"), seconds=PATIENCE)
            assert Counter(committed(select(Message.state).where(Message.id.in_(texts))))["sending"] == 4
            busy = [engine.pool.checkedout() for engine in (db.engine, db.engines[READER])]  # type: ignore[attr-defined]
            assert max(busy) <= 3  # No call holds a connection while it waits.
    assert len(other.sent) == 30


def test_the_next_provider_takes_over_before_a_call_has_ended(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SLOW_SECONDS", 1.0)
    with app.app_context(), ProviderProcess() as stub:
        ids = accept_many(40)
        channels = Channels(
            {"sms": [Line(stub.port, name="deaf", way="hang"), Line(stub.port, name="good", parallel=4)]}
        )
        with working(app, monkeypatch, channels):
            taken = select(Attempt.message_id).where(Attempt.provider == "good", Attempt.result == "submitted")
            assert run_until(lambda: len(committed(taken)) == 36, seconds=PATIENCE)
            assert Counter(committed(select(Message.state)))["sending"] == 4
        assert set(stub.counts()) == {tokens.encode_id(one) for one in ids}
        assert set(stub.counts().values()) == {1}


def test_questions_that_hang_hold_up_their_own_provider_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deaf one is asked about doubts; meanwhile leases are reaped and doubts elsewhere are settled."""
    with app.app_context(), ProviderProcess() as stub:
        deaf, good = Deaf(stub.port, name="deaf"), FindableLine(stub.port, name="good")
        asked, doubt = accept().id, accept().id
        for one, name in ((asked, "deaf"), (doubt, "good")):
            force(one, "uncertain", provider=name, next_look_at=clock.now())
        lost = accept().id
        force(lost, "leased", lease_until=clock.now())
        with working(app, monkeypatch, Channels({"sms": [good, deaf]})):
            assert run_until(lambda: state_of(lost) == "submitted", seconds=PATIENCE)
            assert run_until(lambda: state_of(doubt) == "submitted", seconds=PATIENCE)
            assert state_of(asked) == "uncertain"


@pytest.mark.database("sqlite")
def test_without_lanes_of_their_own_the_other_channel_would_starve(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The isolation removed: all providers share the threads of one. The same scene then shows the fault."""
    shared = calls._Lane("all", 4, calls.SimpleQueue())

    class Shared(calls.Calls):
        def __init__(self, lanes: dict[str, int]) -> None:
            super().__init__(lanes)
            shared._done = self._done
            self._lanes = dict.fromkeys(lanes, shared)

        @property
        def in_flight(self) -> int:
            return shared.taken

    monkeypatch.setattr("selfservice.messages.dispatch.Calls", Shared)
    other = Provider(lambda outgoing: Submitted(outgoing.id), parallel=2)
    with app.app_context(), ProviderProcess() as stub:
        accept_many(30)
        deaf = Line(stub.port, name="deaf", way="hang")
        with working(app, monkeypatch, Channels({"sms": [deaf], "fax": [other]})):
            assert run_until(lambda: len(committed(select(Attempt.id))) >= 4, seconds=PATIENCE)
            faxes = fax(5)
            time.sleep(2)
            assert not all_are(faxes, "submitted")
            assert other.sent == []
