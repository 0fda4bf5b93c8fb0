"""Leases that end, looks that come due, doubts that are settled: nothing is lost and nothing leaves twice."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages import departures, dispatch, joining, moves, queries, results, upkeep
from selfservice.messages.channels.contract import Found, Report, Submitted, Uncertain
from selfservice.messages.channels.registry import Channels
from selfservice.messages.departures import Departure
from selfservice.messages.dispatch import LEASE
from selfservice.messages.models import HandsetText, Message
from selfservice.messages.results import Result
from selfservice.messages.states import RECEIPTS
from tests.harness.post import PostOffice
from tests.messages.scenes import (
    Askable,
    Provider,
    accept,
    allow_marketing,
    force,
    handset_channels,
    only,
    state_of,
    story_of,
)

ME = "worker-1"


def begin(channels: Channels) -> list[Departure]:
    """Claim all and commit the attempt rows, as a worker does just before it calls."""
    ready = departures.clear(moves.claim(99, owner=ME, lease=LEASE), owner=ME, channels=channels, lease=LEASE)
    db.session.commit()
    return ready


def end_leases() -> None:
    """Let every lease be over, by whichever clock."""
    past = clock.now() - timedelta(hours=1)
    db.session.execute(update(Message).where(Message.lease_until.is_not(None)).values(lease_until=past))
    db.session.commit()


def make_due(message_id: int) -> None:
    db.session.execute(update(Message).where(Message.id == message_id).values(next_look_at=clock.now()))
    db.session.commit()


def keep_up(channels: Channels) -> None:
    upkeep.reap()
    db.session.commit()
    upkeep.review_due()
    db.session.commit()
    upkeep.reconcile(channels)
    upkeep.follow_up(channels)


def test_a_lease_that_ended_before_any_attempt_gives_the_message_back(session: Any) -> None:
    message = accept()
    moves.claim(1, owner=ME, lease=LEASE)
    session.commit()

    assert upkeep.reap() == 0
    end_leases()
    assert upkeep.reap() == 1
    session.commit()

    assert (state_of(message.id), story_of(message.id)[-2:]) == ("ready", ["leased", "ready"])
    assert dispatch.send_all(only(Provider()), owner="two") == 1


def test_a_lease_that_ended_with_an_open_attempt_is_uncertain(session: Any) -> None:
    message = accept()
    begin(only(Provider()))
    end_leases()

    upkeep.reap()
    session.commit()

    assert (state_of(message.id), queries.get(message.id).reason) == ("uncertain", "worker_lost")
    assert dispatch.send_all(only(Provider()), owner="two") == 0


@pytest.mark.parametrize("arrived", [True, False])
def test_a_crash_around_the_call_ends_in_one_text(session: Any, arrived: bool) -> None:
    """The worker dies between the attempt row and the record; the handset either has the text or never had it."""
    message = accept()
    channels = handset_channels()
    (departure,) = begin(channels)
    if arrived:
        departure.channel.send(departure.outgoing)
    end_leases()

    for _ in range(3):
        keep_up(channels)
        make_due(message.id)
        dispatch.send_all(channels, owner="two")
    keep_up(channels)

    assert state_of(message.id) == "delivered"
    assert len(session.scalars(select(HandsetText)).all()) == 1
    results_of = [attempt.result for attempt in queries.list_attempts(message.id)]
    assert results_of == (["submitted"] if arrived else ["never_taken", "submitted"])


@pytest.mark.parametrize("is_late", [False, True])
def test_a_worker_that_was_only_slow_still_tells_the_truth(session: Any, is_late: bool) -> None:
    message = accept()
    (departure,) = begin(only(Provider()))
    if is_late:
        end_leases()
        upkeep.reap()
        session.commit()

    results.record(Result(departure, Submitted("ref")))
    session.commit()

    assert (state_of(message.id), queries.get(message.id).provider_ref) == ("submitted", "ref")


def doubt(provider: Provider, **details: Any) -> Message:
    """A message of which nobody knows whether it was taken, due to be looked at."""
    message = accept(**details)
    provider._answer = lambda _: Uncertain("Time-out.")
    dispatch.send_all(only(provider), owner=ME)
    provider._answer = None
    make_due(message.id)
    assert state_of(message.id) == "uncertain"
    return message


@pytest.mark.parametrize(
    ("found", "state", "result"),
    [
        (Found("ref", "submitted"), "submitted", "submitted"),
        (Found("ref", "carrier_accepted"), "carrier_accepted", "submitted"),
        (Found("ref", "delivered"), "delivered", "submitted"),
        (Found("ref", "failed"), "failed", "refused_for_good"),
        (None, "ready", "never_taken"),
    ],
)
def test_a_doubt_is_settled_by_asking(session: Any, found: Found | None, state: str, result: str) -> None:
    provider = Askable()
    message = doubt(provider)
    if found:
        provider.knows[tokens.encode_id(message.id)] = found

    upkeep.reconcile(only(provider))

    assert (state_of(message.id), provider.count(message.id)) == (state, 1)
    assert [attempt.result for attempt in queries.list_attempts(message.id)] == [result]
    assert queries.get(message.id).provider_ref == (found.ref if found else None)


@pytest.mark.parametrize("error", [Uncertain("Time-out."), KeyError("code")])
def test_a_provider_that_cannot_say_is_asked_again_and_then_a_person(session: Any, error: Exception) -> None:
    provider = Askable()
    message = doubt(provider)
    provider.knows[tokens.encode_id(message.id)] = error

    upkeep.reconcile(only(provider))
    look = queries.get(message.id).next_look_at
    assert (state_of(message.id), upkeep.reconcile(only(provider))) == ("uncertain", 0)
    assert look is not None
    assert timedelta(0) < look - clock.now() <= timedelta(seconds=3)
    for _ in range(upkeep.MOST_QUESTIONS):
        make_due(message.id)
        upkeep.reconcile(only(provider))

    assert (state_of(message.id), len(provider.asked)) == ("needs_human", upkeep.MOST_QUESTIONS)
    assert provider.count(message.id) == 1


def test_only_an_urgent_message_is_sent_again_and_only_once(session: Any) -> None:
    provider = Provider()
    urgent = doubt(provider, message_class="urgent")

    upkeep.reconcile(only(provider))
    assert state_of(urgent.id) == "ready"
    flags = [event.data.get("resend") for event in session.scalars(select(Event).order_by(Event.id))]
    assert flags[-1] is True
    provider._answer = lambda _: Uncertain("Time-out.")
    dispatch.send_all(only(provider), owner=ME)
    make_due(urgent.id)
    upkeep.reconcile(only(provider))

    assert (state_of(urgent.id), provider.count(urgent.id)) == ("needs_human", 2)


@pytest.mark.parametrize(
    ("message_class", "looks", "state"),
    [
        ("urgent", (2, 6, 14, 30, 62, 89, 90), "ready"),
        ("service", (2, 6, 14, 30, 62, 126, 254, 510, 810), "needs_human"),
    ],
)
def test_a_provider_that_only_calls_has_time_to_call(
    session: Any, message_class: str, looks: tuple[int, ...], state: str
) -> None:
    office = PostOffice()
    channels = Channels({"sms": [office]})
    begins = clock.now()
    with clock.at(begins):
        message = accept(message_class=message_class)
        office.send = lambda _outgoing: _raise(Uncertain("Time-out."))  # type: ignore[method-assign]
        dispatch.send_all(channels, owner=ME)

    states = []
    for seconds in looks:
        with clock.at(begins + timedelta(seconds=seconds)):
            upkeep.reconcile(channels)
        states.append(state_of(message.id))

    assert states == ["uncertain"] * (len(looks) - 1) + [state]


def _raise(error: Exception) -> Any:
    raise error


@pytest.mark.parametrize("message_class", ["service", "marketing"])
def test_no_other_class_is_ever_sent_on_a_doubt(session: Any, message_class: str) -> None:
    provider = Provider()
    allow_marketing()
    message = doubt(provider, message_class=message_class)

    upkeep.reconcile(only(provider))

    assert (state_of(message.id), provider.count(message.id)) == ("needs_human", 1)


def test_a_provider_that_is_no_longer_configured_leaves_it_to_a_person(session: Any) -> None:
    provider = Askable()
    message = doubt(provider)

    upkeep.reconcile(handset_channels())

    assert (state_of(message.id), provider.asked) == ("needs_human", [])


def test_receipts_join_to_the_highest_in_any_order(session: Any) -> None:
    reports: tuple[Report, ...] = ("carrier_accepted", "undelivered_temporary", "undelivered_permanent", "delivered")
    message_id = accept().id

    for length in range(1, len(reports) + 1):
        for order in itertools.permutations(reports, length):
            force(message_id, "submitted")
            for report in (*order, *order):
                joining.apply_receipt(message_id, report)
            assert (order, queries.get(message_id).state) == (order, max(order, key=RECEIPTS.index))


def test_a_receipt_ends_a_doubt_and_comes_too_late_for_nobody(session: Any) -> None:
    doubtful = doubt(Provider())
    silent = accept()
    force(silent.id, "no_receipt")

    assert joining.apply_receipt(doubtful.id, "delivered")
    assert joining.apply_receipt(silent.id, "delivered")
    assert not joining.apply_receipt(silent.id, "carrier_accepted")
    session.commit()

    assert [state_of(message.id) for message in (doubtful, silent)] == ["delivered", "delivered"]
    assert [attempt.result for attempt in queries.list_attempts(doubtful.id)] == ["submitted"]


def test_a_receipt_for_what_never_left_changes_nothing(session: Any) -> None:
    message = accept()

    assert not joining.apply_receipt(message.id, "delivered")
    assert not joining.apply_receipt(message.id, "failed")
    assert state_of(message.id) == "ready"


def test_silence_of_72_hours_is_no_receipt(session: Any) -> None:
    provider = Provider()
    message = accept()
    dispatch.send_all(only(provider), owner=ME)
    look = queries.get(message.id).next_look_at
    assert look is not None
    assert timedelta(hours=71) < look - clock.now() <= timedelta(hours=72)

    force(message.id, "submitted", submitted_at=clock.now() - timedelta(hours=72), next_look_at=clock.now())
    upkeep.follow_up(only(provider))

    assert state_of(message.id) == "no_receipt"


def test_a_provider_that_calls_nobody_back_is_asked_for_receipts(session: Any) -> None:
    provider = Askable(tells_receipts=True)
    message = accept()
    dispatch.send_all(only(provider), owner=ME)

    upkeep.follow_up(only(provider))
    assert (state_of(message.id), provider.asked) == ("submitted", [tokens.encode_id(message.id)])
    provider.knows[tokens.encode_id(message.id)] = Found("ref", "delivered")
    make_due(message.id)
    upkeep.follow_up(only(provider))

    assert state_of(message.id) == "delivered"


def test_the_handset_delivers_at_once(session: Any) -> None:
    message = accept()
    channels = handset_channels()
    dispatch.send_all(channels, owner=ME)

    assert queries.is_anything_to_keep_up()
    keep_up(channels)

    assert story_of(message.id) == ["accepted", "ready", "leased", "sending", "submitted", "delivered"]
    assert not queries.is_anything_to_keep_up()


def test_held_messages_are_decided_again_when_due(session: Any) -> None:
    due, too_late, early = (accept(not_before=clock.now() + timedelta(hours=1)) for _ in range(3))
    make_due(due.id)
    force(too_late.id, "held", not_after=clock.now(), next_look_at=clock.now())

    upkeep.review_due()
    session.commit()

    assert [state_of(message.id) for message in (due, too_late, early)] == ["ready", "expired", "held"]


def test_an_accepted_message_nobody_decided_about_is_decided(session: Any) -> None:
    message = accept()
    force(message.id, "accepted", next_look_at=clock.now())

    upkeep.review_due()
    session.commit()

    assert state_of(message.id) == "ready"


def test_nothing_is_due_on_a_quiet_installation(session: Any) -> None:
    accept(not_before=clock.now() + timedelta(hours=1))

    assert not queries.is_anything_to_keep_up()
