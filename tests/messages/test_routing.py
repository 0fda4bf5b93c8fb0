"""Several providers in order: who takes what, who rests, how it comes back, and what never goes to another."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import clock, tokens
from selfservice.messages import departures, dispatch, queries, upkeep
from selfservice.messages.channels.contract import Outgoing, Refused, Submitted, Text, Uncertain, Unrecognised
from selfservice.messages.channels.registry import Channels
from selfservice.messages.departures import Departure
from selfservice.messages.dispatch import Dispatcher
from selfservice.messages.models import Attempt, WorkerHeartbeat
from selfservice.messages.moves import Claimed
from selfservice.messages.results import Result
from selfservice.messages.routing import Routing
from tests.messages.scenes import Askable, Provider, accept, accept_many, committed, force, run_until, state_of

ME = "worker-1"
ROOM = {"first": 4, "second": 4}


class Moments:
    """A clock that never jumps, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def named(name: str, provider: Provider) -> Provider:
    provider.name = name
    return provider


def pair(first: Provider | None = None, second: Provider | None = None) -> Channels:
    """Two providers for texts in their order."""
    return Channels({"sms": [named("first", first or Provider()), named("second", second or Provider())]})


def ended(channels: Channels, name: str, outcome: Any, message_id: int = 1) -> Result:
    channel = channels.find_named(name)
    assert channel is not None
    outgoing = Outgoing("0" * 11, "+12025550123", Text("Hello"), timedelta(hours=1))
    return Result(Departure(message_id, 1, clock.now(), channel, outgoing, has_others=True), outcome)


def taker(routing: Routing, message_id: int = 7, provider: str | None = None, resends: int = 0, **room: int) -> str:
    channel = routing.choose("sms", Claimed(message_id, 1, provider, resends), {**ROOM, **room})
    return channel.name if channel else ""


def shares() -> dict[str, int]:
    return {row.provider: row.share for row in queries.list_unwell()}


def fail(routing: Routing, channels: Channels, count: int = 50, name: str = "first") -> None:
    for _ in range(count):
        routing.end(ended(channels, name, Uncertain("Time-out.")))


def test_the_first_takes_all_while_it_is_well_even_without_room(session: Any) -> None:
    routing = Routing(pair())

    assert {taker(routing, number) for number in range(200)} == {"first"}
    assert taker(routing, first=0) == "first"


def test_what_one_refused_goes_to_the_next_and_round(session: Any) -> None:
    routing = Routing(pair())

    assert (taker(routing, provider="first"), taker(routing, provider="second")) == ("second", "first")
    assert taker(routing, provider="gone") == "first"
    assert taker(routing, provider="first", second=0) == "first"


def test_what_one_may_have_goes_to_no_other(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    fail(routing, channels)
    now.now += 2
    routing.look()

    assert taker(routing, provider="first", resends=1) == "first"
    assert taker(routing, provider="first", resends=1, first=0) == "first"
    assert taker(routing, provider="gone", resends=1) == ""


def test_fifty_failures_move_everything_and_are_told_once(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    channels, now = pair(), Moments()
    routing, other = Routing(channels, now=now), Routing(channels, now=now)
    fail(routing, channels, 49)
    routing.look()
    assert (shares(), taker(routing)) == ({}, "first")

    fail(routing, channels, 1)
    now.now += 1.1
    for each in (routing, other, routing):
        each.look()
        now.now += 1.1

    assert shares() == {"first": 0}
    assert {taker(each, number) for each in (routing, other) for number in range(50)} == {"second"}
    told = [line for line in capsys.readouterr().err.splitlines() if "provider." in line]
    assert len(told) == 1
    assert '"event":"provider.rests"' in told[0].replace(": ", ":")


def test_refusals_that_are_the_message_s_own_move_nothing(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    for _ in range(200):
        routing.end(ended(channels, "first", Refused("No such number.", permanent=True)))
        routing.end(ended(channels, "second", Refused("Slow down.", permanent=False, retry_after=timedelta(seconds=1))))
    routing.look()

    assert shares() == {}


def test_it_comes_back_by_one_five_twenty_five_and_all(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    fail(routing, channels)
    routing.look()

    seen = []
    for _step in range(5):
        seen.append((shares(), Counter(taker(routing, number) for number in range(1000))["first"]))
        now.now += 61
        routing.begin("first", (1, 1))  # So that the share alone decides who is tried.
        routing.end(ended(channels, "first", Submitted("ref")))
        routing.look()

    assert [share for share, _ in seen] == [{"first": 0}, {"first": 1}, {"first": 5}, {"first": 25}, {}]
    counts = [count for _, count in seen]
    assert counts[0] == 0
    assert 1 <= counts[1] <= 30
    assert 25 <= counts[2] <= 80
    assert 200 <= counts[3] <= 300
    assert counts[4] == 1000


def test_failures_on_the_way_back_end_it_and_the_rest_is_longer(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    fail(routing, channels)
    routing.look()
    now.now += 61
    routing.look()
    assert shares() == {"first": 1}

    fail(routing, channels, 3)
    now.now += 2
    routing.look()
    assert shares() == {"first": 0}
    now.now += 61
    routing.look()
    assert shares() == {"first": 0}
    now.now += 60
    routing.look()

    assert shares() == {"first": 1}


def test_without_a_success_it_gets_no_more(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    fail(routing, channels)
    routing.look()
    for _ in range(9):
        now.now += 61
        routing.look()

    assert shares() == {"first": 1}
    assert taker(routing, 7) == "first"  # Nothing has been tried for a while, so whatever comes next is.
    routing.begin("first", (7, 1))
    assert taker(routing, 7) == "second"


def test_calls_that_hang_move_everything_before_they_end(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    for number in range(4):
        routing.begin("first", (number, 1))
    now.now += 6
    routing.look()

    assert (shares(), taker(routing)) == ({"first": 0}, "second")


def test_where_none_is_well_the_best_is_tried(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)
    fail(routing, channels)
    fail(routing, channels, name="second")
    routing.look()

    assert shares() == {"first": 0, "second": 0}
    assert taker(routing) == "first"


def test_a_pause_that_is_asked_for_is_passed_over(session: Any) -> None:
    channels, now = pair(), Moments()
    routing = Routing(channels, now=now)

    routing.end(ended(channels, "first", Refused("Later.", permanent=False, retry_after=timedelta(seconds=30))))

    assert routing.room({"first": 4, "second": 4}) == {"first": 0, "second": 4}
    assert taker(routing) == "second"
    now.now += 30
    assert (taker(routing), shares()) == ("first", {})


def test_the_rate_is_shared_by_the_workers_that_live(session: Any) -> None:
    for name in ("a", "b"):
        session.add(WorkerHeartbeat(name=name, at=clock.now()))
    session.add(WorkerHeartbeat(name="gone", at=clock.now() - timedelta(minutes=5)))
    session.commit()
    now = Moments()
    routing = Routing(Channels({"sms": [named("first", Provider())]}, {"first": 1.0}), now=now)
    routing.look()
    routing.begin("first", (1, 1))

    now.now += 1.5
    assert routing.room({"first": 4})["first"] == 0
    now.now += 0.6
    assert routing.room({"first": 4})["first"] == 1


def test_a_refused_text_leaves_through_the_next_provider(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # With next to no pause the same round would already try it again.
    monkeypatch.setattr(departures.random, "uniform", lambda _least, most: most)
    pause = timedelta(hours=1)
    first = Provider(lambda _: Refused("Too fast.", permanent=False, retry_after=pause))
    second = Provider()
    message = accept()
    channels = pair(first, second)

    dispatch.send_all(channels, owner=ME)
    look = queries.get(message.id).next_look_at
    assert look is not None
    assert look - clock.now() < timedelta(seconds=10)  # The pause was asked for by one, not by the other.
    force(message.id, "ready", next_look_at=clock.now())
    dispatch.send_all(channels, owner=ME)

    attempts = [(attempt.provider, attempt.result) for attempt in queries.list_attempts(message.id)]
    assert attempts == [("first", "refused"), ("second", "submitted")]
    assert state_of(message.id) == "submitted"


def test_a_text_waits_for_a_provider_that_does_not_recognise_us(session: Any) -> None:
    message = accept()
    provider = Provider(lambda _: Unrecognised(host="api.example.com", status=401))

    dispatch.send_all(Channels({"sms": [provider]}), owner=ME)

    assert (state_of(message.id), queries.get(message.id).reason) == ("ready", "refused_for_now")
    assert [(alarm.provider, alarm.status) for alarm in queries.list_alarms()] == [("fake", 401)]
    force(message.id, "ready", next_look_at=clock.now())
    dispatch.send_all(Channels({"sms": [Provider()]}), owner=ME)
    assert (state_of(message.id), list(queries.list_alarms())) == ("submitted", [])


def test_a_doubt_is_settled_with_the_provider_that_was_called(session: Any) -> None:
    """The first hangs up, urgent texts may go once more: to the first again, whoever does better."""
    first, second = Askable(lambda _: Uncertain("Time-out.")), Askable()
    message = accept(message_class="urgent")
    channels = pair(first, second)
    dispatch.send_all(channels, owner=ME)
    first.knows[tokens.encode_id(message.id)] = Uncertain("Time-out.")
    force(message.id, "uncertain", next_look_at=clock.now())

    upkeep.reconcile(channels)
    assert (len(first.asked), second.asked) == (1, [])
    force(message.id, "uncertain", next_look_at=clock.now(), updated_at=clock.now() - upkeep.URGENT_WAITS)
    upkeep.reconcile(channels)
    dispatch.send_all(channels, owner=ME)

    assert (first.count(message.id), second.sent) == (2, [])


def test_an_urgent_doubt_about_a_provider_that_is_gone_is_for_a_person(session: Any) -> None:
    message = accept(message_class="urgent")
    dispatch.send_all(pair(Provider(lambda _: Uncertain("Time-out."))), owner=ME)
    force(message.id, "uncertain", next_look_at=clock.now())

    upkeep.reconcile(Channels({"sms": [Provider()]}))

    assert state_of(message.id) == "needs_human"


def test_a_running_dispatcher_moves_on_and_loses_nothing(app: Flask) -> None:
    first, second = Provider(lambda _: Refused("Down.", permanent=False), parallel=8), Provider(parallel=8)
    with app.app_context():
        ids = accept_many(120)
    run(app, pair(first, second), ids)

    with app.app_context():
        assert shares() in ({"first": 0}, {"first": 1})
        providers = committed(select(Attempt.provider).where(Attempt.result == "submitted"))
        assert Counter(providers) == {"second": 120}
    assert len(first.sent) < 2 * 120  # What had been claimed for it may go to it still, and no round more.
    assert Counter(outgoing.id for outgoing in second.sent) == Counter(tokens.encode_id(one) for one in ids)


def test_a_rate_is_kept_by_a_running_dispatcher(app: Flask) -> None:
    provider = named("first", Provider(parallel=8))
    with app.app_context():
        ids = accept_many(20)
    started = clock.now()
    run(app, Channels({"sms": [provider]}, {"first": 10.0}), ids)

    assert timedelta(seconds=1.8) <= clock.now() - started < timedelta(seconds=15)


def run(app: Flask, channels: Channels, ids: list[int]) -> None:
    """A dispatcher on another thread until every message has left."""
    stop = threading.Event()

    def work() -> None:
        dispatcher = Dispatcher(app, channels, owner=ME)
        while not stop.is_set():
            if not dispatcher.tick():
                stop.wait(min(0.05, dispatcher.seconds_left() or 0.05))
        dispatcher.stop(4)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        with app.app_context():
            assert run_until(lambda: {state_of(one) for one in ids} == {"submitted"}, seconds=60)
    finally:
        stop.set()
        thread.join()
