"""Receipts: whatever their order and number, before or after the call that sent the message, they end in one state."""

from __future__ import annotations

import threading
from datetime import timedelta
from random import Random
from typing import Any, get_args

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from selfservice import clock, tokens
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages import departures, dispatch, joining, moves, reports, results, service, upkeep
from selfservice.messages.channels.contract import Receipt, Refused, Report, Submitted, Uncertain
from selfservice.messages.channels.registry import Channels
from selfservice.messages.departures import Departure
from selfservice.messages.models import Attempt, Message, ProviderReceipt
from selfservice.messages.moves import Claimed
from selfservice.messages.results import Result
from selfservice.messages.service import NewMessage
from selfservice.messages.states import RECEIPTS
from tests.harness.post import PostOffice, ref_of
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.messages.scenes import PHONE, force, run_until, state_of

REPORTS: tuple[Report, ...] = get_args(Report)
LEASE = timedelta(minutes=1)


def depart(channels: Channels) -> Departure:
    """A message whose provider is being called."""
    message = service.accept(
        NewMessage(
            customer_id=customers.find_or_make(phone=PHONE).id,
            recipient=PHONE,
            purpose="invitation",
            body="Your appointment is on Tuesday.",
            locale="en",
            not_after=clock.now() + timedelta(days=1),
            idempotency_key=str(tokens.new_id()),
            is_asked_for=True,  # Neither the hour nor a cap has a say here.
        )
    )
    claimed = moves.claim(1, owner="test", lease=LEASE)
    (departure,) = departures.clear(claimed, owner="test", channels=channels, lease=LEASE)
    assert departure.message_id == message.id
    db.session.commit()
    return departure


def joined(reported: list[Report]) -> str:
    """What STATES says of a set of reports about a message that was taken."""
    known = ["undelivered_permanent" if report == "failed" else report for report in reported]
    return max(["submitted", *known], key=RECEIPTS.index)


def told(departure: Departure, report: Report, key: str, *, by_id: bool) -> Receipt:
    name = departure.outgoing.id
    return Receipt(ref="" if by_id else ref_of(name), report=report, key=key, id=name if by_id else "")


@pytest.fixture
def channels(session: object) -> Channels:
    return Channels({"sms": [PostOffice()]})


SETS = given(
    reported=st.lists(st.tuples(st.sampled_from(REPORTS), st.booleans(), st.integers(1, 3)), min_size=1, max_size=5),
    place=st.integers(0, 15),
    is_uncertain=st.booleans(),
    shuffle=st.randoms(use_true_random=False),
)
WITH_ONE_DATABASE = [HealthCheck.function_scoped_fixture]


@settings(max_examples=100, suppress_health_check=WITH_ONE_DATABASE)
@SETS
def test_any_order_and_number_of_receipts_ends_in_one_state(channels: Channels, **drawn: Any) -> None:
    ends_where_its_set_says(channels, **drawn)


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=1000, suppress_health_check=WITH_ONE_DATABASE)
@SETS
def test_a_thousand_shuffled_sets_of_receipts_end_where_they_say(channels: Channels, **drawn: Any) -> None:
    ends_where_its_set_says(channels, **drawn)


def ends_where_its_set_says(
    channels: Channels, *, reported: list[tuple[Report, bool, int]], place: int, is_uncertain: bool, shuffle: Random
) -> None:
    """Receipts, so many times each and shuffled, around the end of the call at `place`; and what came of them."""
    departure = depart(channels)
    # Where the provider's answer is lost, only receipts that bear our own name can be told whose they are.
    receipts = [
        told(departure, report, f"{departure.message_id}:{number}", by_id=by_id or is_uncertain)
        for number, (report, by_id, times) in enumerate(reported)
        for _ in range(times)
    ]
    shuffle.shuffle(receipts)
    outcome = Uncertain("Nobody knows.") if is_uncertain else Submitted(ref_of(departure.outgoing.id))

    for receipt in receipts[:place]:
        reports.note("post", receipt)
    results.record(Result(departure, outcome))
    for receipt in receipts[place:]:
        reports.note("post", receipt)
    db.session.commit()

    message = db.session.get(Message, departure.message_id, populate_existing=True)
    assert message is not None
    assert message.state == joined([report for report, _, _ in reported])
    kept = select(ProviderReceipt.key).where(ProviderReceipt.message_id == message.id)
    assert len(db.session.scalars(kept).all()) == len(reported)
    db.session.commit()


@pytest.mark.parametrize("is_given_up", [False, True])
def test_a_receipt_for_a_message_in_doubt_ends_the_doubt_and_names_it(channels: Channels, *, is_given_up: bool) -> None:
    departure = depart(channels)
    results.record(Result(departure, Uncertain("Nobody knows.")))
    if is_given_up:
        moves.move(departure.message_id, "needs_human", reason="unknown")
    name = departure.outgoing.id

    reports.note("post", Receipt(ref=ref_of(name), report="carrier_accepted", key="a", id=name))
    reports.note("post", Receipt(ref=ref_of(name), report="delivered", key="b"))
    db.session.commit()

    assert state_of(departure.message_id) == "delivered"
    attempt = db.session.scalars(select(Attempt)).one()
    assert (attempt.result, attempt.provider_ref) == ("submitted", ref_of(name))


def in_doubt(channels: Channels) -> Departure:
    """A message that the provider took, whose worker was told nothing, and which waits to be sent once more."""
    departure = depart(channels)
    results.record(Result(departure, Uncertain("Nobody knows.")))
    joining.leave_open(departure.message_id)
    moves.move(departure.message_id, "ready", sources=("uncertain",), data={"resend": True}, resends=1)
    db.session.commit()
    return departure


@pytest.mark.parametrize("report", ["carrier_accepted", "delivered", "undelivered_permanent"])
@pytest.mark.parametrize("come_to", ["ready", "leased", "held", "accepted"])
def test_a_receipt_stops_what_waits_to_be_sent_once_more(channels: Channels, come_to: str, report: Report) -> None:
    departure = in_doubt(channels)
    claimed = moves.claim(1, owner="test", lease=LEASE) if come_to == "leased" else []
    if come_to in ("held", "accepted"):  # As staff replay it, at night or while our own code fails.
        force(departure.message_id, come_to, next_look_at=clock.now())
    db.session.commit()

    assert reports.note("post", told(departure, report, "a", by_id=True))
    upkeep.review_due()

    assert departures.clear(claimed, owner="test", channels=channels, lease=LEASE) == []
    assert moves.claim(1, owner="test", lease=LEASE) == []
    db.session.commit()
    assert state_of(departure.message_id) == report
    assert db.session.scalars(select(Attempt.result)).all() == ["submitted"]


def test_a_receipt_stops_nothing_that_was_only_refused_for_now(channels: Channels) -> None:
    """Nothing was in doubt: it waits for its first time."""
    departure = depart(channels)
    results.record(Result(departure, Refused("Busy.", permanent=False)))
    reports.note("post", told(departure, "undelivered_permanent", "a", by_id=True))
    db.session.commit()

    assert state_of(departure.message_id) == "ready"


def test_a_receipt_and_sending_once_more_at_the_same_moment(app: Flask) -> None:
    """Twenty times: whoever comes first, the other sees it: stopped and not called for, or called for and joined."""
    channels = Channels({"sms": [PostOffice()]})
    for _ in range(20):
        gate = threading.Barrier(2)
        called: list[Departure] = []
        heard: list[str] = []
        with app.app_context():
            departure = in_doubt(channels)
            claimed = moves.claim(1, owner="test", lease=LEASE)
            db.session.commit()

        def work(claimed: list[Claimed] = claimed, called: Any = called, heard: Any = heard, gate: Any = gate) -> None:
            gate.wait()
            with app.app_context():
                called += departures.clear(claimed, owner="test", channels=channels, lease=LEASE)
                # The row is held here: a receipt that shows was committed before.
                of_it = ProviderReceipt.message_id == claimed[0].id
                heard += db.session.scalars(select(ProviderReceipt.report).where(of_it))
                db.session.commit()

        worker = threading.Thread(target=work)
        worker.start()
        gate.wait()
        with app.app_context():
            reports.note("post", told(departure, "delivered", departure.outgoing.id, by_id=True))
            db.session.commit()
        worker.join()

        with app.app_context():
            assert not (called and heard), "it was known to have come, and was sent once more"
            assert called or state_of(departure.message_id) == "delivered"
            results.record_all([Result(one, Submitted(ref_of(one.outgoing.id))) for one in called])
            db.session.commit()
            assert state_of(departure.message_id) == "delivered"


@pytest.mark.database("postgresql")
def test_sending_once_more_waits_for_a_receipt_that_is_being_written(app: Flask) -> None:
    channels = Channels({"sms": [PostOffice()]})
    errors: list[BaseException] = []
    called: list[Departure] = []
    with app.app_context():
        departure = in_doubt(channels)
        claimed = moves.claim(1, owner="test", lease=LEASE)
        db.session.commit()
        reports.note("post", told(departure, "delivered", "a", by_id=True))

        def send() -> None:
            called.extend(departures.clear(claimed, owner="test", channels=channels, lease=LEASE))

        sender = on_another_thread(app, send, errors)
        assert run_until(is_somebody_waiting)
        db.session.commit()
        sender.join(20)

        assert (errors, called, state_of(departure.message_id)) == ([], [], "delivered")


def test_a_receipt_that_came_before_the_worker_died_is_heard_before_anybody_is_asked(channels: Channels) -> None:
    departure = depart(channels)
    reports.note("post", told(departure, "delivered", "a", by_id=True))
    moves.move(departure.message_id, "uncertain", sources=("sending",), next_look_at=clock.now())
    db.session.commit()

    upkeep.reconcile(channels)

    assert state_of(departure.message_id) == "delivered"


def test_a_receipt_and_the_end_of_its_call_at_the_same_moment_both_count(app: Flask) -> None:
    """Thirty times: the receipt's transaction and the worker's begin together."""
    channels = Channels({"sms": [PostOffice()]})
    for by_id in (True, False) * 15:
        with app.app_context():
            departure = depart(channels)
        gate = threading.Barrier(2)

        def work(departure: Departure = departure, gate: threading.Barrier = gate) -> None:
            gate.wait()
            with app.app_context():
                results.record_all([Result(departure, Submitted(ref_of(departure.outgoing.id)))])
                db.session.commit()

        worker = threading.Thread(target=work)
        worker.start()
        gate.wait()
        with app.app_context():
            reports.note("post", told(departure, "delivered", departure.outgoing.id, by_id=by_id))
            db.session.commit()
        worker.join()

        with app.app_context():
            assert state_of(departure.message_id) == "delivered"
            assert reports.count_parked() == 0


def test_a_campaign_finds_its_early_receipts(channels: Channels) -> None:
    for number in range(5):
        departure = depart(channels)
        reports.note("post", told(departure, "delivered", str(number), by_id=False))
        results.record_all([Result(departure, Submitted(ref_of(departure.outgoing.id)))])
    db.session.commit()

    assert set(db.session.scalars(select(Message.state))) == {"delivered"}
    assert dispatch.send_all(channels, owner="test") == 0
