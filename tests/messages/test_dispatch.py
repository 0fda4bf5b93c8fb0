"""Sending: each message once, the attempt row before the call, the last check, what providers answer."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from selfservice import clock, tokens
from selfservice.customers import service as customers
from selfservice.db import READER, db, kept_connection
from selfservice.errors import ConfigError
from selfservice.messages import departures, dispatch, moves, queries, results, service
from selfservice.messages.channels.contract import Outgoing, Refused, Submitted, Text, Uncertain
from selfservice.messages.channels.registry import Channels
from selfservice.messages.dispatch import LEASE, Dispatcher
from selfservice.messages.models import Attempt, HandsetText, Message
from selfservice.messages.results import Result
from tests.messages.scenes import (
    OTHER,
    PHONE,
    Provider,
    accept,
    accept_many,
    committed,
    count,
    force,
    handset_channels,
    only,
    run_until,
    state_of,
    story_of,
)

ME = "worker-1"


def send(provider: Provider) -> int:
    return dispatch.send_all(only(provider), owner=ME)


def the_attempt(message_id: int) -> Attempt:
    (attempt,) = queries.list_attempts(message_id)
    return attempt


@pytest.mark.database("sqlite")
def test_what_is_ready_is_found_in_its_own_index(session: Any) -> None:
    """Without reading what waits on another channel, or sorting a whole campaign in every round."""
    accept()
    asked: list[str] = []
    connections = [db.session.connection().connection, kept_connection().connection]
    for connection in connections:
        connection.set_trace_callback(asked.append)

    queries.is_anything_ready("fax")
    moves.claim(1, owner=ME, lease=LEASE, channel="sms")

    for connection in connections:
        connection.set_trace_callback(None)
    plans = [str(session.execute(text(f"EXPLAIN QUERY PLAN {one}")).all()) for one in asked if "'ready'" in one]
    assert ["ix_messages_ready" in plan and "ORDER BY" not in plan for plan in plans] == [True, True]


def test_a_ready_message_is_sent_and_its_attempt_kept(session: Any) -> None:
    message = accept()
    provider = Provider()

    assert send(provider) == 1

    outgoing = provider.sent[0]
    assert (outgoing.id, outgoing.to) == (tokens.encode_id(message.id), PHONE)
    assert outgoing.content == Text(message.body, "Harbour Clinic")
    assert timedelta(days=2) < outgoing.ttl <= timedelta(days=3)
    attempt = the_attempt(message.id)
    assert (attempt.fence, attempt.provider, attempt.result, attempt.provider_ref) == (
        1,
        "fake",
        "submitted",
        f"ref-{outgoing.id}",
    )
    assert (message.state, message.provider, message.provider_ref, message.attempts) == (
        "submitted",
        "fake",
        f"ref-{outgoing.id}",
        1,
    )
    assert story_of(message.id) == ["accepted", "ready", "leased", "sending", "submitted"]


def test_nothing_is_sent_twice_or_before_its_time(session: Any) -> None:
    accept()
    accept(not_before=clock.now() + timedelta(hours=1))
    provider = Provider()

    assert (send(provider), send(provider), len(provider.sent)) == (1, 0, 1)


def test_the_attempt_is_committed_before_the_call_and_no_transaction_is_open(app: Flask) -> None:
    """The provider looks into the database over a connection of its own, and writes into it."""
    seen: list[tuple[str, int, str | None]] = []

    def look(outgoing: Outgoing) -> None:
        with app.app_context(), db.engines[READER].connect() as connection:
            row = connection.execute(
                select(Message.state, Attempt.fence, Attempt.result)
                .join(Attempt, Attempt.message_id == Message.id)
                .where(Message.id == tokens.decode_id(outgoing.id))
            ).all()
            seen.extend((state, fence, result) for state, fence, result in row)
        with app.app_context():  # On SQLite a transaction still open elsewhere would keep us waiting.
            customers.suppress(OTHER, "proves that the writer's place is free")
            db.session.commit()

    with app.app_context():
        accept()
        send(Provider(look))

    assert seen == [("sending", 1, None)]


@pytest.mark.parametrize("moment", ["before", "claimed"])
def test_nothing_is_sent_after_a_stop_is_committed(session: Any, moment: str) -> None:
    messages = [accept() for _ in range(3)]
    provider = Provider()
    claimed = moves.claim(10, owner=ME, lease=LEASE) if moment == "claimed" else []
    session.commit()

    service.stop(PHONE, reason="asked on a page", actor="customer")
    session.commit()
    cleared = departures.clear(claimed, owner=ME, channels=only(provider), lease=LEASE)
    session.commit()

    assert (send(provider), cleared, provider.sent) == (0, [], [])
    assert {state_of(message.id) for message in messages} == {"suppressed"}
    assert [queries.list_attempts(message.id) for message in messages] == [[], [], []]


def test_a_bare_suppression_is_found_at_the_last_check(session: Any) -> None:
    message = accept()
    customers.suppress(PHONE, "asked on a page")
    session.commit()

    assert send(Provider()) == 0
    assert state_of(message.id) == "suppressed"
    assert story_of(message.id) == ["accepted", "ready", "leased", "suppressed"]


@pytest.mark.parametrize(
    ("values", "state"),
    [({"stopping": "page_closed"}, "cancelled"), ({"not_after": clock.now()}, "expired")],
)
def test_the_last_check_finds_what_changed_under_the_lease(session: Any, values: dict[str, Any], state: str) -> None:
    message = accept()
    force(message.id, "ready", **values)
    provider = Provider()

    assert (send(provider), provider.sent) == (0, [])
    assert state_of(message.id) == state


def test_words_changed_under_the_lease_are_the_ones_sent(session: Any) -> None:
    message = accept()
    claimed = moves.claim(10, owner=ME, lease=LEASE)
    session.commit()
    session.get(Message, message.id).body = "New words"
    session.commit()

    (departure,) = departures.clear(claimed, owner=ME, channels=only(Provider()), lease=LEASE)

    assert departure.outgoing.content.body == "New words"


@pytest.mark.parametrize(
    ("outcome", "state", "result", "detail"),
    [
        (Refused("Too fast.", permanent=False), "ready", "refused", "Too fast."),
        (Refused("No such number.", permanent=True), "failed", "refused_for_good", "No such number."),
        (Uncertain("Time-out."), "uncertain", "uncertain", "Time-out."),
        (KeyError("secret"), "uncertain", "uncertain", "The provider's code failed: KeyError."),
    ],
)
def test_what_a_provider_answers_is_recorded(
    session: Any, monkeypatch: pytest.MonkeyPatch, outcome: Exception, state: str, result: str, detail: str
) -> None:
    # With next to no pause the same round would already try it again.
    monkeypatch.setattr(departures.random, "uniform", lambda _least, most: most)
    message = accept()

    send(Provider(lambda _: outcome))

    attempt = the_attempt(message.id)
    assert (state_of(message.id), attempt.result, attempt.detail) == (state, result, detail)
    assert attempt.finished_at is not None


def test_a_refusal_for_now_is_tried_again_after_what_the_provider_asks(session: Any) -> None:
    message = accept()
    start = clock.now()

    send(Provider(lambda _: Refused("Too fast.", permanent=False, retry_after=timedelta(seconds=30))))

    look = queries.get(message.id).next_look_at
    assert look is not None
    assert timedelta(seconds=30) <= look - start <= timedelta(seconds=34)
    force(message.id, "ready", next_look_at=clock.now())
    assert send(Provider()) == 1
    assert [attempt.result for attempt in queries.list_attempts(message.id)] == ["refused", "submitted"]


def test_the_pause_grows_with_full_jitter_up_to_the_end() -> None:
    end = clock.now() + timedelta(days=1)

    pauses = [[(departures.next_try(tries, end) - clock.now()).total_seconds() for _ in range(200)] for tries in (1, 5)]
    longest = [(departures.next_try(99, end) - clock.now()).total_seconds() for _ in range(200)]

    assert max(pauses[0]) <= 2 < max(pauses[1]) <= 32
    assert min(pauses[1]) < 8
    assert max(longest) <= 300
    assert departures.next_try(9, clock.now(), timedelta(hours=1)) <= clock.now()


def test_the_same_exception_of_ours_five_times_is_dead_and_holds_nobody_up(session: Any) -> None:
    poisoned, sound = accept(channel="pigeon"), accept()
    provider = Provider()

    for _ in range(5):
        send(provider)
        session.expire_all()
        if poisoned.state == "ready":
            force(poisoned.id, "ready", next_look_at=clock.now())

    assert (state_of(sound.id), provider.count(sound.id)) == ("submitted", 1)
    assert (state_of(poisoned.id), poisoned.reason, poisoned.failures) == ("dead", "ConfigError", 5)
    assert queries.list_attempts(poisoned.id) == []
    with pytest.raises(ConfigError):
        Channels({}).get("pigeon")


def test_a_lease_that_was_lost_sends_nothing(session: Any) -> None:
    message = accept()
    mine = moves.claim(1, owner=ME, lease=LEASE)
    force(message.id, "ready", next_look_at=clock.now())
    theirs = moves.claim(1, owner="worker-2", lease=LEASE)
    session.commit()

    assert departures.clear(mine, owner=ME, channels=only(Provider()), lease=LEASE) == []
    assert len(departures.clear(theirs, owner="worker-2", channels=only(Provider()), lease=LEASE)) == 1


def test_a_result_from_before_a_later_lease_changes_its_attempt_alone(session: Any) -> None:
    message = accept()
    (late,) = departures.clear(moves.claim(1, owner=ME, lease=LEASE), owner=ME, channels=only(Provider()), lease=LEASE)
    force(message.id, "ready", next_look_at=clock.now())
    departures.clear(moves.claim(1, owner="two", lease=LEASE), owner="two", channels=only(Provider()), lease=LEASE)

    results.record(Result(late, Submitted("late")))
    session.commit()

    assert state_of(message.id) == "sending"
    assert [attempt.result for attempt in queries.list_attempts(message.id)] == ["submitted", None]


def run_workers(app: Flask, providers: list[Provider], ids: list[int]) -> None:
    """One dispatcher a thread, until every message has left."""
    stop = threading.Event()

    def work(provider: Provider, name: str) -> None:
        dispatcher = Dispatcher(app, only(provider), owner=name)
        while not stop.is_set():
            if not dispatcher.tick():
                stop.wait(0.01)
        dispatcher.stop(4)

    threads = [
        threading.Thread(target=work, args=(provider, f"worker-{place}")) for place, provider in enumerate(providers)
    ]
    for thread in threads:
        thread.start()
    try:
        with app.app_context():
            assert run_until(lambda: all(state == "submitted" for state in states_of(ids)), seconds=90)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def states_of(ids: list[int]) -> list[str]:
    return committed(select(Message.state).where(Message.id.in_(ids)))


def test_two_workers_send_five_hundred_messages_once_each(app: Flask) -> None:
    with app.app_context():
        ids = accept_many(500)
    providers = [Provider(parallel=8), Provider(parallel=8)]

    run_workers(app, providers, ids)

    sent = Counter(outgoing.id for provider in providers for outgoing in provider.sent)
    assert sent == Counter({tokens.encode_id(message_id): 1 for message_id in ids})
    assert all(provider.sent for provider in providers)
    with app.app_context():
        attempts = db.session.execute(select(Attempt.message_id, Attempt.fence, Attempt.result)).all()
        assert Counter(tuple(attempt) for attempt in attempts) == Counter((one, 1, "submitted") for one in ids)


def test_a_stop_while_workers_are_sending_lets_no_attempt_begin(app: Flask) -> None:
    """Whatever the interleaving: no attempt row of the number is committed after the stop."""
    with app.app_context():
        ids = accept_many(150)
    provider = Provider(parallel=4)
    stop = threading.Event()

    def work() -> None:
        dispatcher = Dispatcher(app, only(provider), owner=ME)
        while not stop.is_set():
            if not dispatcher.tick():
                stop.wait(0.01)
        dispatcher.stop(4)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        with app.app_context():
            assert run_until(lambda: len(provider.sent) > 20)
            service.stop(PHONE, reason="asked on a page", actor="customer")
            db.session.commit()
            begun = count(Attempt)
            assert run_until(lambda: set(states_of(ids)) <= {"submitted", "suppressed"})
            assert count(Attempt) == begun == len(provider.sent)
    finally:
        stop.set()
        thread.join()
    assert 20 < begun < 150


def test_stopping_finishes_what_is_in_flight_and_gives_back_the_rest(app: Flask) -> None:
    gate = threading.Event()
    provider = Provider(lambda _: gate.wait(10) and None, parallel=2)
    with app.app_context():
        ids = accept_many(10)
    dispatcher = Dispatcher(app, only(provider), owner=ME)
    dispatcher.tick()
    assert run_until(lambda: len(provider.sent) == 2)

    threading.Timer(0.2, gate.set).start()
    dispatcher.stop(4)

    with app.app_context():
        assert Counter(states_of(ids)) == {"submitted": 2, "ready": 8}
        assert send(Provider()) == 8


def test_a_provider_that_hangs_does_not_hold_up_the_stop(app: Flask) -> None:
    gate = threading.Event()
    provider = Provider(lambda _: gate.wait(20) and None, parallel=1)
    with app.app_context():
        message_id = accept().id
    dispatcher = Dispatcher(app, only(provider), owner=ME)
    dispatcher.tick()

    start = clock.now()
    dispatcher.stop(0.3)

    assert clock.now() - start < timedelta(seconds=2)
    with app.app_context():
        assert state_of(message_id) == "sending"  # Nobody knows; its lease ends and the reaper says so.
    gate.set()


def test_the_handset_takes_a_text_once_and_delivers_it(session: Any) -> None:
    message = accept()
    channels = handset_channels()

    dispatch.send_all(channels, owner=ME)
    again = Outgoing(tokens.encode_id(message.id), PHONE, Text("again"), timedelta(hours=1))
    session.commit()
    channels.get("sms").send(again)

    (text,) = session.scalars(select(HandsetText)).all()
    assert (text.number, text.sender, text.body, text.direction) == (PHONE, "Harbour Clinic", message.body, "out")
    assert state_of(message.id) == "submitted"
