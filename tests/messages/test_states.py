"""The table of moves: every allowed pair moves and is recorded, every other pair changes nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from selfservice import clock
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages import moves
from selfservice.messages.models import Message
from selfservice.messages.states import MAY_WAIT_AGAIN, RECEIPTS, STATES, TRANSITIONS, UNSENT, WAITING, sources_of
from tests.messages.scenes import accept, force, state_of, story_of

# As STATES.md has it, written out a second time on purpose.
ALLOWED = {
    "accepted": {"ready", "held", "suppressed", "cancelled", "expired", "dead", "submitted"},
    "held": {"ready", "suppressed", "cancelled", "expired", "dead", "submitted"},
    "ready": {"held", "suppressed", "cancelled", "expired", "leased", "dead", "submitted"},
    "leased": {"ready", "suppressed", "held", "cancelled", "expired", "sending", "dead", "submitted"},
    "sending": {"submitted", "ready", "failed", "uncertain"},
    "uncertain": {"submitted", "failed", "ready", "needs_human"},
    "submitted": {
        "carrier_accepted",
        "delivered",
        "undelivered_temporary",
        "undelivered_permanent",
        "no_receipt",
    },
    "carrier_accepted": {"delivered", "undelivered_temporary", "undelivered_permanent", "no_receipt"},
    "no_receipt": {"undelivered_temporary", "undelivered_permanent", "delivered"},
    "undelivered_temporary": {"undelivered_permanent", "delivered"},
    "undelivered_permanent": {"delivered"},
    "dead": {"accepted"},
    "needs_human": {"accepted", "submitted"},
}


def test_the_table_says_what_the_design_says() -> None:
    table: dict[str, set[str]] = {}
    for transition in TRANSITIONS:
        table.setdefault(transition.source, set()).add(transition.target)

    assert table == ALLOWED
    assert all(transition.mover and transition.guard for transition in TRANSITIONS)
    assert len({(transition.source, transition.target) for transition in TRANSITIONS}) == len(TRANSITIONS)


def test_what_may_wait_again_is_what_the_table_leads_back() -> None:
    back = {source for source, targets in ALLOWED.items() if targets & {"accepted", "ready"}}

    assert set(MAY_WAIT_AGAIN) == back - set(WAITING)


def test_every_pair_moves_or_stays(session: Any) -> None:
    message_id = accept().id
    values = {"lease_until": clock.now() + moves.NO_RECEIPT_AFTER, "lease_owner": "me"}

    for source, target in itertools.product(STATES, STATES):
        force(message_id, source)
        before = len(story_of(message_id))

        moved = moves.move(message_id, target, **(values if target in ("leased", "sending") else {}))
        session.commit()

        allowed = target in ALLOWED.get(source, set())
        assert (source, target, moved) == (source, target, allowed)
        assert state_of(message_id) == (target if allowed else source)
        assert story_of(message_id)[before:] == ([target] if allowed else [])


def test_a_move_needs_the_fence_it_was_taken_under(session: Any) -> None:
    message_id = accept().id
    force(message_id, "sending", fence=7)

    assert not moves.move(message_id, "submitted", fence=6)
    assert moves.move(message_id, "submitted", fence=7)


def test_a_move_narrowed_to_sources_keeps_to_them(session: Any) -> None:
    message_id = accept().id

    assert not moves.move(message_id, "cancelled", sources=("held",))
    assert moves.move(message_id, "cancelled", sources=("ready",), reason="page_closed")
    assert session.get(Message, message_id).reason == "page_closed"


@pytest.mark.parametrize("state", [state for state in STATES if state not in UNSENT + RECEIPTS])
def test_what_is_over_is_looked_at_never_again(session: Any, state: str) -> None:
    message = accept()
    source = next(source for source in STATES if source in sources_of(state))
    force(message.id, source, next_look_at=message.created_at)

    values = {"lease_until": clock.now() + moves.NO_RECEIPT_AFTER, "lease_owner": "me"} if state == "sending" else {}
    assert moves.move(message.id, state, **values)

    assert (session.get(Message, message.id).next_look_at is None) == (state != "uncertain")


def test_an_event_holds_no_personal_data(session: Any) -> None:
    message = accept(body="Dear Ana Ruiz, call +12025550123")

    for event in session.scalars(select(Event).where(Event.message_id == message.id)):
        text = str(event.data)
        assert not any(secret in text for secret in ("Ana", "2025550123", message.recipient, message.body))


def test_one_of_two_movers_wins(session: Any) -> None:
    message_id = accept().id

    assert [moves.move(message_id, "cancelled"), moves.move(message_id, "expired")] == [True, False]
    db.session.commit()
    assert state_of(message_id) == "cancelled"
