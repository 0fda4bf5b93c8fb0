"""The outbox from outside: accepting once, holding, rewriting, taking back, stopping, replaying."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from selfservice import clock
from selfservice.customers import service as customers
from selfservice.customers.queries import is_suppressed
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.events.models import Event
from selfservice.messages import dispatch, moves, policy, queries, service, upkeep
from selfservice.messages.models import Message
from selfservice.messages.service import NewMessage
from selfservice.messages.states import MAY_WAIT_AGAIN, REPLAYABLE
from selfservice.tokens import encode_id
from tests.factories import issue
from tests.messages.scenes import OTHER, PHONE, Provider, accept, force, only, state_of, story_of


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Message)) or 0


def test_a_message_is_accepted_measured_and_ready(session: Any) -> None:
    message = accept(body="Cafe\u0301 ’")

    assert (message.state, message.reason, message.body) == ("ready", None, "Café ’")
    assert (message.encoding, message.segments, message.attempts, message.fence) == ("UCS-2", 1, 0, 0)
    assert message.is_unsent
    assert story_of(message.id) == ["accepted", "ready"]


def test_the_same_key_is_the_same_message(session: Any) -> None:
    first = accept(idempotency_key="page:1:invitation", body="One")

    second = accept(idempotency_key="page:1:invitation", body="Two")

    assert (second.id, second.body, count()) == (first.id, "One", 1)
    assert story_of(first.id) == ["accepted", "ready"]


def test_a_race_for_one_key_accepts_one(app: Flask) -> None:
    start = threading.Barrier(6)
    with app.app_context():
        customer_id = customers.find_or_make(phone=PHONE).id
        db.session.commit()

    def work(_place: int) -> int:
        with app.app_context():
            new = NewMessage(
                customer_id=customer_id,
                recipient=PHONE,
                purpose="invitation",
                body="Hello",
                locale="en",
                not_after=clock.now() + timedelta(days=1),
                idempotency_key="one",
            )
            start.wait()
            message_id = service.accept(new).id
            db.session.commit()
            return message_id

    with ThreadPoolExecutor(6) as threads:
        ids = list(threads.map(work, range(6)))

    with app.app_context():
        assert (len(set(ids)), count()) == (1, 1)
        assert story_of(ids[0]) == ["accepted", "ready"]


def test_a_message_to_nobody_is_an_error_and_not_a_repetition(session: Any) -> None:
    with pytest.raises(IntegrityError):
        accept(customer_id=1)


def test_a_stopped_number_is_suppressed_at_once(session: Any) -> None:
    customers.suppress(PHONE, "asked on a page")

    message = accept()

    assert (message.state, message.reason, message.next_look_at) == ("suppressed", "stopped", None)
    assert story_of(message.id) == ["accepted", "suppressed"]


def test_a_message_that_comes_too_late_is_expired(session: Any) -> None:
    message = accept(not_after=clock.now())

    assert (message.state, message.reason) == ("expired", "too_late")


def test_a_message_for_later_is_held_until_then(session: Any) -> None:
    later = clock.now() + timedelta(hours=5)

    message = accept(not_before=later)

    assert (message.state, message.reason, message.next_look_at) == ("held", "scheduled", later)


def test_a_held_message_is_looked_at_when_its_time_is_over(session: Any) -> None:
    end = clock.now() + timedelta(hours=1)

    message = accept(not_before=end + timedelta(hours=5), not_after=end)

    assert (message.state, message.next_look_at) == ("held", end)


@pytest.mark.parametrize("state", ["accepted", "held", "ready", "leased"])
def test_words_change_while_nothing_has_left(session: Any, state: str) -> None:
    issued = issue()
    message_id = issued.messages[0].id
    force(message_id, state)
    end = clock.now() + timedelta(days=9)

    assert service.rerender(issued.page.id, purpose="invitation", body="New – words", not_after=end)
    session.commit()

    message = queries.get(message_id)
    assert (message.body, message.encoding, message.not_after, message.state) == ("New – words", "UCS-2", end, state)
    assert story_of(message_id)[-1] == "rewritten"


@pytest.mark.parametrize("state", ["sending", "submitted", "delivered", "cancelled", "uncertain"])
def test_words_that_have_left_stay(session: Any, state: str) -> None:
    issued = issue()
    message_id = issued.messages[0].id
    before = queries.get(message_id).body
    force(message_id, state)

    assert not service.rerender(issued.page.id, purpose="invitation", body="New", not_after=clock.now())
    assert not service.rerender(issued.page.id, purpose="other", body="New", not_after=clock.now())
    assert queries.get(message_id).body == before


@pytest.mark.parametrize("state", ["accepted", "held", "ready"])
def test_a_closed_page_takes_its_messages_back(session: Any, state: str) -> None:
    issued = issue()
    other = issue(phone=OTHER).messages[0]
    force(issued.messages[0].id, state)

    service.cancel_for_page(issued.page.id)
    session.commit()

    assert (state_of(issued.messages[0].id), state_of(other.id)) == ("cancelled", "ready")
    assert queries.get(issued.messages[0].id).reason == "page_closed"


def test_a_claimed_message_of_a_closed_page_is_marked_for_its_worker(session: Any) -> None:
    issued = issue()
    message_id = issued.messages[0].id
    force(message_id, "leased")

    service.cancel_for_page(issued.page.id)
    session.commit()

    assert (state_of(message_id), queries.get(message_id).stopping) == ("leased", "page_closed")


@pytest.mark.parametrize("state", MAY_WAIT_AGAIN)
def test_what_comes_to_wait_again_on_a_closed_page_does_not_leave(session: Any, state: str) -> None:
    issued = issue()
    message_id = issued.messages[0].id
    force(message_id, state, next_look_at=None)

    service.cancel_for_page(issued.page.id)
    if state in REPLAYABLE:
        service.replay(message_id, actor="staff:1")
    else:
        moves.move(message_id, "ready")
    session.commit()

    assert dispatch.send_all(only(Provider()), owner="me") == 0
    assert (state_of(message_id), queries.get(message_id).reason) == ("cancelled", "page_closed")


@pytest.mark.parametrize("state", ["sending", "submitted", "delivered", "failed"])
def test_what_has_left_is_not_taken_back(session: Any, state: str) -> None:
    message = accept()
    force(message.id, state)

    assert not service.cancel(message.id, reason="staff", actor="staff:1")
    assert state_of(message.id) == state


def test_stopping_a_number_suppresses_what_is_queued(session: Any) -> None:
    waiting, later, other = accept(), accept(not_before=clock.now() + timedelta(days=1)), accept(phone=OTHER)
    gone = accept()
    force(gone.id, "delivered")

    service.stop(PHONE, reason="asked on a page", actor="customer")
    session.commit()

    assert [state_of(message.id) for message in (waiting, later, other, gone)] == [
        "suppressed",
        "suppressed",
        "ready",
        "delivered",
    ]
    assert is_suppressed(PHONE)


def test_a_dead_message_is_replayed_through_policy(session: Any) -> None:
    first, second = accept(), accept(phone=OTHER)
    force(first.id, "dead", failures=5, reason="KeyError")
    force(second.id, "dead", failures=5, reason="KeyError")
    customers.suppress(OTHER, "asked")

    assert service.replay(first.id, actor="staff:1")
    assert service.replay(second.id, actor="staff:1")
    assert not service.replay(first.id, actor="staff:1")

    assert (queries.get(first.id).state, queries.get(first.id).failures) == ("ready", 0)
    assert queries.get(second.id).state == "suppressed"


def test_one_of_which_nobody_can_say_is_sent_once_more_by_any_provider(session: Any) -> None:
    message = accept(message_class="urgent")
    force(message.id, "needs_human", provider="gone", resends=1, reason="unknown", next_look_at=None)
    other = Provider()

    assert service.replay(message.id, actor="staff:1")
    session.commit()

    assert dispatch.send_all(only(other), owner="me") == 1
    assert [outgoing.id for outgoing in other.sent] == [encode_id(message.id)]
    flagged = select(Event.data).where(Event.message_id == message.id, Event.actor == "staff:1")
    assert session.scalars(flagged).one()["resend"] is True


def test_a_message_over_which_our_code_still_fails_is_left_to_the_worker(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = accept()
    force(message.id, "dead", failures=5, reason="KeyError")

    with monkeypatch.context() as patch:
        patch.setattr(policy, "decide", lambda *_: {}["mistake"])
        assert service.replay(message.id, actor="staff:1")
        for _ in range(5):
            force(message.id, "accepted", next_look_at=clock.now())
            upkeep.review_due()
        session.commit()

    assert (state_of(message.id), story_of(message.id)[-2:]) == ("dead", ["accepted", "dead"])


def test_what_is_ready_too_late_is_ended_without_a_provider(session: Any) -> None:
    late, sound = accept(), accept()
    force(late.id, "ready", not_after=clock.now())

    assert upkeep.review_overdue() == 1
    session.commit()

    assert [state_of(message.id) for message in (late, sound)] == ["expired", "ready"]
    assert not queries.is_anything_overdue()


def test_a_page_and_its_message_are_rolled_back_together(session: Any) -> None:
    accept()
    customer = customers.find_or_make(phone=OTHER)
    service.accept(
        NewMessage(
            customer_id=customer.id,
            recipient=OTHER,
            purpose="invitation",
            body="Hello",
            locale="en",
            not_after=clock.now() + timedelta(days=1),
            idempotency_key="gone",
        )
    )

    session.rollback()

    assert (count(), queries.find_by_key("gone")) == (1, None)


def test_get_raises_for_an_unknown_message(session: Any) -> None:
    with pytest.raises(NotFound):
        queries.get(1)
