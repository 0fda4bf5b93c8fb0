"""The life of a conversation: the moves of its table and no others, and a new word that takes one up again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.conversations import queries, service
from selfservice.conversations.models import Conversation
from selfservice.conversations.states import STATES, TRANSITIONS
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events.models import Event
from selfservice.pages import requests
from tests.factories import PHONE, act, employ, issue
from tests.harness.post import Line

ALLOWED = {(transition.source, transition.target) for transition in TRANSITIONS}
DAY = timedelta(days=1)


def a_user() -> int:
    user = employ("ana@example.com", name="Ana", role="admin")
    db.session.commit()
    return user.id


def conversation(page_id: int | None = None, kind: Any = "reply", **details: Any) -> Conversation:
    values = {"team": "reception", "reason": "Wrote a text.", "actor": "customer", "phone": PHONE, "note": "Hello?"}
    made = service.open_one(kind, page_id=page_id, **{**values, **details})
    db.session.commit()
    return made


def in_state(state: str) -> int:
    made = conversation(issue().page.id)
    closed_at = clock.now() if state == "closed" else None
    values = {"state": state, "closed_at": closed_at}
    db.session.execute(sa.update(Conversation).where(Conversation.id == made.id).values(**values))
    db.session.commit()
    return made.id


def closed(page_id: int | None, user_id: int, **details: Any) -> Conversation:
    made = conversation(page_id, **details)
    service.take(made.id, user_id)
    service.close(made.id, user_id)
    db.session.commit()
    return made


def move(conversation_id: int, target: str, user_id: int) -> bool:
    """Have the one who makes it make this move; whether anything was recorded."""
    before = told(conversation_id)
    found = queries.get(conversation_id)
    try:
        if target == "waiting":
            service.open_one("reply", team="reception", reason="Again.", actor="customer", page_id=found.page_id)
        elif target == "open":
            service.take(conversation_id, user_id)
        elif target == "closed":
            service.close(conversation_id, user_id)
    except Conflict:
        db.session.rollback()
    db.session.commit()
    return told(conversation_id)[len(before) :] == [f"conversation.{target}"]


def told(conversation_id: int) -> Sequence[str]:
    query = sa.select(Event.type).where(Event.conversation_id == conversation_id).order_by(Event.id)
    return db.session.scalars(query).all()


def test_every_pair_of_states(session: Any) -> None:
    user_id = a_user()

    for source, target in itertools.product(STATES, STATES):
        conversation_id = in_state(source)

        moved = move(conversation_id, target, user_id)

        assert (source, target, moved) == (source, target, (source, target) in ALLOWED)
        assert queries.get(conversation_id).state == (target if moved else source)


def test_one_of_two_gets_the_work(session: Any) -> None:
    user_id, made = a_user(), conversation(issue().page.id)

    service.take(made.id, user_id)
    with pytest.raises(Conflict):
        service.take(made.id, user_id)


def test_a_new_word_takes_it_up_again_also_from_a_page_that_has_ended(app: Flask) -> None:
    line = Line(app)
    with app.app_context():
        page_id, user_id = issue().page.id, a_user()
    line.deliver()
    line.text(PHONE, "Is there parking?")
    with app.app_context():
        (first_id,) = [one.id for one in queries.list_for_page(page_id)]
        service.take(first_id, user_id)
        service.close(first_id, user_id)
        db.session.commit()

    moment = clock.now() + 6 * DAY  # The appointment was after three.
    with time_machine.travel(moment, tick=False):
        line.text(PHONE, "And was my scarf left there?")

        with app.app_context():
            (again,) = queries.list_for_page(page_id)
            assert (again.id, again.state, again.user_id, again.closed_at) == (first_id, "waiting", None, None)
            assert again.note == "Is there parking?\nAnd was my scarf left there?"
            assert again.due_at == clock.now() + service.WORK_WITHIN
            assert told(first_id)[-2:] == ["conversation.waiting", "reply.received"]
            assert queries.count_waiting() == 1


def test_after_seven_days_it_is_another(session: Any) -> None:
    user_id, page_id = a_user(), issue().page.id
    first = closed(page_id, user_id)

    with time_machine.travel(clock.now() + 7 * DAY + timedelta(minutes=1), tick=False):
        second = conversation(page_id)

    assert second.id != first.id
    assert [one.state for one in queries.list_for_page(page_id)] == ["waiting", "closed"]


def test_a_number_without_a_page_is_heard_in_the_same_place(session: Any) -> None:
    user_id = a_user()
    first = service.hear("Hello?", team="", reason="Why", page_id=None, customer_id=None, phone=PHONE)
    service.close(first.id, user_id)

    again = service.hear("Anybody?", team="", reason="Why", page_id=None, customer_id=None, phone=PHONE)

    assert (again.id, again.state, again.note) == (first.id, "waiting", "Hello?\nAnybody?")


def test_asking_for_another_call_within_seven_days_is_the_same_work(session: Any) -> None:
    user_id, page_id = a_user(), issue().page.id
    requests.ask_callback(page_id)
    (first,) = queries.list_for_page(page_id)
    service.close(first.id, user_id)

    due_at = requests.ask_callback(page_id, note="after 2")

    (again,) = queries.list_for_page(page_id)
    assert (again.state, again.note, again.due_at) == ("waiting", "after 2", due_at)


def test_what_is_urgent_makes_waiting_work_urgent(session: Any) -> None:
    page_id = issue().page.id
    act(page_id, "note", note="Is there a lift?")
    (quiet,) = queries.list_for_page(page_id)

    again = conversation(page_id, kind="hand_off", urgent=True, reason="They say that they never asked for it.")

    assert (again.id, again.urgent, again.reason) == (quiet.id, True, "They say that they never asked for it.")
    assert again.due_at <= clock.now() + service.URGENT_WITHIN
