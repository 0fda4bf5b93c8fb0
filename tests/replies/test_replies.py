"""Texts that people send us, through the provider's door: stop, start, help, answers, and words for a person."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, OperationalError

from selfservice import clock, tokens
from selfservice.conversations.models import Conversation
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.db import db, dispose
from selfservice.messages.models import Message
from selfservice.pages import disowning
from selfservice.pages.models import Answer, Page
from selfservice.replies import service, speaking
from selfservice.replies.models import InboundText
from tests.factories import PHONE, act, issue, shown
from tests.harness.application import make_app, make_settings
from tests.harness.post import OUR_NUMBER, Line, sign
from tests.messages.scenes import committed, count

STRANGER = "+12025550177"
SMALL_FRAUD = {"merchant": "ELECTRO-HUB", "amount": {"amount": "428.00", "currency": "GBP"}, "card_ending": "17"}


@pytest.fixture
def line(app: Flask) -> Line:
    return Line(app)


def page(line: Line, situation: str = "appointment_reminder", **details: Any) -> int:
    """A page whose text has arrived; its id."""
    with line.app.app_context():
        page_id = issue(situation, **details).page.id
    line.deliver()
    return page_id


def texted(line: Line, body: str, *, sender: str = PHONE, **more: Any) -> list[str]:
    """What comes back when somebody texts us."""
    line.text(sender, body, **more)
    return line.deliver()


def state_of(line: Line, page_id: int) -> tuple[str, list[str]]:
    """A page's state and the actions in force."""
    with line.app.app_context():
        found = db.session.get(Page, page_id)
        assert found is not None
        return found.state, sorted(found.answers)


def conversations(line: Line) -> Sequence[Conversation]:
    with line.app.app_context():
        return db.session.scalars(select(Conversation).order_by(Conversation.created_at)).all()


def meanings(line: Line) -> list[str | None]:
    with line.app.app_context():
        return committed(select(InboundText.meaning).order_by(InboundText.received_at))


# Stop


@pytest.mark.parametrize("word", ["STOP PLEASE", "Stop.", "ＳＴＯＰ", "تَوَقَّفْ", "wypisz mnie", "退订", "बंद करें", "baja"])
def test_stop_takes_back_what_is_queued_and_is_confirmed(line: Line, word: str) -> None:
    with line.app.app_context():
        message_id = issue().messages[0].id

    sent = texted(line, word)

    assert len(sent) == 1
    assert "START" in sent[0]
    with line.app.app_context():
        assert customers.is_suppressed(PHONE)
        assert committed(select(Message.state).where(Message.id == message_id)) == ["suppressed"]
    assert meanings(line) == ["stop"]


def test_stop_five_times_is_confirmed_once(line: Line) -> None:
    page(line)

    sent = [body for _ in range(5) for body in texted(line, "STOP")]

    assert len(sent) == 1


def test_five_stops_at_the_same_moment_are_confirmed_once(line: Line) -> None:
    page(line)
    gate = threading.Barrier(5)

    def stop(number: int) -> None:
        told = {"ref": f"at-once-{number}", "sender": PHONE, "recipient": OUR_NUMBER, "body": "STOP"}
        body = json.dumps([told]).encode()
        path = "/callbacks/post/inbound"
        signature = sign(f"{line.app.extensions['selfservice.settings'].base_url}{path}", body)
        gate.wait()
        line.app.test_client().post(path, data=body, headers={"X-Post-Signature": signature})

    threads = [threading.Thread(target=stop, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(line.deliver()) == 1
    assert meanings(line) == ["stop"] * 5


def test_nothing_leaves_after_a_stop(line: Line) -> None:
    page(line)
    texted(line, "STOP")

    with line.app.app_context():
        issue(case_ref="another")

    assert line.deliver() == []
    assert texted(line, "YES") == []
    assert texted(line, "HELP") == []


def test_a_stop_that_was_said_on_a_page_is_confirmed_to_who_texts_it(line: Line) -> None:
    page_id = page(line)
    with line.app.app_context():
        from selfservice.pages import requests  # noqa: PLC0415

        requests.stop_texts(page_id)
        db.session.commit()

    assert [len(texted(line, "stop")), len(texted(line, "stop"))] == [1, 0]


def test_start_undoes_a_stop_and_the_next_stop_is_confirmed_again(line: Line) -> None:
    page(line)
    sent = [*texted(line, "STOP"), *texted(line, "START"), *texted(line, "STOP")]

    assert ["START" in body for body in sent] == [True, False, True]
    assert meanings(line) == ["stop", "start", "stop"]


@pytest.mark.parametrize("has_stopped", [False, True])
def test_start_leaves_a_wrong_number_to_staff(line: Line, has_stopped: bool) -> None:
    page_id = page(line)
    if has_stopped:
        texted(line, "STOP")
    with line.app.app_context():
        disowning.disown(page_id)
        db.session.commit()

    assert texted(line, "START") == []

    with line.app.app_context():
        assert customers.is_suppressed(PHONE)
    assert [one.kind for one in conversations(line)] == ["wrong_number", "reply"]


def test_a_stranger_who_stops_is_stopped_and_stays_a_stranger(line: Line) -> None:
    assert texted(line, "STOP", sender=STRANGER) == []

    with line.app.app_context():
        assert customers.is_suppressed(STRANGER)
        assert count(Customer) == 0


def test_who_had_the_number_we_wrote_to_gets_the_confirmation(line: Line) -> None:
    page(line, ref="C-1")
    with line.app.app_context():
        issue(ref="C-1", phone=STRANGER, case_ref="other")
        db.session.commit()
    line.deliver()

    sent = texted(line, "STOP", sender=PHONE)

    assert len(sent) == 1
    assert line.office.sent[-1].to == PHONE
    with line.app.app_context():
        assert not customers.is_suppressed(STRANGER)


@pytest.mark.parametrize("body", ["don't stop by early", "Can we stop at 5?"])
def test_what_only_sounds_like_stop_goes_to_a_person_at_once(line: Line, body: str) -> None:
    page_id = page(line)

    assert texted(line, body) == []

    (conversation,) = conversations(line)
    assert (conversation.kind, conversation.page_id, conversation.note) == ("reply", page_id, body)
    assert (conversation.urgent, conversation.team) == (True, "reception")
    with line.app.app_context():
        assert not customers.is_suppressed(PHONE)


@pytest.mark.parametrize(("word", "count"), [("Cancel please", 1), ("取消", 1), ("STOP", 0)])
def test_a_stop_that_may_mean_the_appointment_stops_and_is_told_to_staff(line: Line, word: str, count: int) -> None:
    page_id = page(line)

    assert len(texted(line, word)) == 1

    with line.app.app_context():
        assert customers.is_suppressed(PHONE)
    assert meanings(line) == ["stop"]
    assert state_of(line, page_id) == ("open", [])
    assert [(one.page_id, one.urgent, one.note) for one in conversations(line)] == [(page_id, True, word)] * count


# Help and more


def test_help_says_who_we_are_and_how_to_stop(line: Line) -> None:
    page(line)

    (body,) = texted(line, "Help!")

    assert "STOP" in body
    assert body.startswith(line.office.sent[0].content.sender)  # type: ignore[union-attr]


def test_help_comes_in_the_customers_language(line: Line) -> None:
    page(line, language="ar")

    (body,) = texted(line, "HELP")

    assert "«توقف»" in body


def test_more_gets_the_link_of_the_newest_page(line: Line) -> None:
    page(line, case_ref="a")
    page_id = page(line, "fraud_alert", facts=SMALL_FRAUD, case_ref="b")

    (body,) = texted(line, "MORE")

    assert f"/p/{link_of(line, page_id)}" in body


def link_of(line: Line, page_id: int) -> str:
    with line.app.app_context():
        return tokens.current().sign_page(page_id)


# Answers


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ("YES", "confirm"),
        ("1", "confirm"),
        ("C", "confirm"),
        ("yes please!", "confirm"),
        ("NO", "cancel"),
        ("n", "cancel"),
    ],
)
def test_an_answer_by_text_is_an_answer(line: Line, body: str, action: str) -> None:
    page_id = page(line)

    sent = texted(line, body, ref="in-7")

    assert state_of(line, page_id) == ("answered", [action])
    assert len(sent) == 1
    with line.app.app_context():
        (answer,) = db.session.scalars(select(Answer)).all()
        assert (answer.action, answer.key, answer.status) == (action, "post:in-7", "applied")
    assert meanings(line) == ["answer"]


def test_what_the_page_says_comes_back_in_the_customers_language(line: Line) -> None:
    page(line, language="es")

    (body,) = texted(line, "sí")

    assert "Maria" in body
    assert "{" not in body
    assert line.office.sent[-1].content.sender in body  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("language", "word"), [("en", "YES"), ("es", "SI"), ("ar", "نعم"), ("pl", "TAK"), ("zh", "能"), ("hi", "हां")]
)
def test_every_language_answers(line: Line, language: str, word: str) -> None:
    page_id = page(line, language=language)

    assert len(texted(line, word)) == 1
    assert state_of(line, page_id) == ("answered", ["confirm"])


def test_the_same_text_handed_over_twice_is_one_answer_with_one_reply(line: Line) -> None:
    page(line)

    sent = [*texted(line, "YES", ref="same"), *texted(line, "YES", ref="same")]

    assert len(sent) == 1
    with line.app.app_context():
        assert count(Answer) == 1


def test_an_answer_said_again_changes_nothing(line: Line) -> None:
    page_id = page(line)

    sent = [*texted(line, "YES"), *texted(line, "YES")]

    assert sent[0] == sent[1]
    assert state_of(line, page_id) == ("answered", ["confirm"])
    with line.app.app_context():
        assert count(Answer) == 1


def test_another_answer_after_the_first_leads_to_the_page(line: Line) -> None:
    page_id = page(line)
    texted(line, "YES")

    (body,) = texted(line, "NO")

    assert link_of(line, page_id) in body
    assert state_of(line, page_id) == ("answered", ["confirm"])


def test_an_answer_goes_to_the_newest_page_that_waits(line: Line) -> None:
    first = page(line, case_ref="a")
    with line.app.app_context():
        pass
    second = page(line, case_ref="b")
    texted(line, "YES")
    texted(line, "NO")

    assert state_of(line, second) == ("answered", ["confirm"])
    assert state_of(line, first) == ("answered", ["cancel"])


def test_an_action_with_a_form_leads_to_the_page(line: Line) -> None:
    page_id = page(line)

    (body,) = texted(line, "change")

    assert link_of(line, page_id) in body
    assert state_of(line, page_id) == ("open", [])


def test_an_action_with_a_check_leads_to_the_page(line: Line) -> None:
    page_id = page(line, "fraud_alert", facts=SMALL_FRAUD)

    (body,) = texted(line, "YES")

    assert link_of(line, page_id) in body
    assert state_of(line, page_id) == ("open", [])


def test_a_protective_answer_is_taken_at_once_and_after_the_end(line: Line) -> None:
    page_id = page(line, "fraud_alert", facts=SMALL_FRAUD)
    with time_machine.travel(clock.now() + timedelta(hours=5), tick=False):
        (late,) = texted(line, "NO")
    second = page(line, "fraud_alert", facts=SMALL_FRAUD, case_ref="b")

    (body,) = texted(line, "No, it wasn’t me")

    assert "late" in late
    assert "safe" in body
    assert state_of(line, second) == ("answered", ["no"])
    assert {one.page_id for one in conversations(line)} == {page_id, second}


def test_a_no_after_a_yes_is_answered_without_a_promise(line: Line) -> None:
    page_id = page(line, "fraud_alert", facts={**SMALL_FRAUD, "account_ending": "4417"})
    with line.app.app_context():
        act(page_id, "yes", who=shown(page_id, "4417"))

    (body,) = texted(line, "NO")

    assert "We have your answer" in body
    assert "safe" not in body
    assert state_of(line, page_id) == ("answered", ["no"])


def test_a_page_that_was_disowned_takes_no_answer(line: Line) -> None:
    page_id = page(line)
    with line.app.app_context():
        disowning.disown(page_id)
        db.session.commit()

    texted(line, "YES")

    assert state_of(line, page_id) == ("open", [])
    assert meanings(line) == ["staff"]


def test_an_answer_from_another_number_is_none(line: Line) -> None:
    page_id = page(line)

    texted(line, "YES", sender=STRANGER)

    assert state_of(line, page_id) == ("open", [])
    (conversation,) = conversations(line)
    assert (conversation.page_id, conversation.customer_id, conversation.phone) == (None, None, STRANGER)


# Words for a person


def test_words_wait_together_on_their_page(line: Line) -> None:
    page_id = page(line)

    texted(line, "Is there parking?")
    texted(line, "And a lift?", media=[("https://post.example/1", "image/jpeg")])

    (conversation,) = conversations(line)
    assert (conversation.page_id, conversation.state, conversation.urgent) == (page_id, "waiting", False)
    assert conversation.note == "Is there parking?\nAnd a lift? [1 file sent with it]"


def test_a_customer_without_a_page_is_heard(line: Line) -> None:
    page_id = page(line)
    with line.app.app_context():
        act(page_id, "confirm")
        db.session.execute(Page.__table__.update().values(disowned_at=clock.now()))
        db.session.commit()

    texted(line, "Hello?")
    texted(line, "Anybody?")

    (conversation,) = conversations(line)
    assert (conversation.page_id, conversation.note) == (None, "Hello?\nAnybody?")
    assert conversation.customer_id is not None


def test_a_strangers_words_are_kept_and_no_customer_is_made(line: Line) -> None:
    texted(line, "Who are you all", sender=STRANGER)
    texted(line, "Your code is 1234", sender="BANK")

    assert [(one.phone, one.note) for one in conversations(line)] == [
        (STRANGER, "Who are you all"),
        (None, "BANK: Your code is 1234"),
    ]
    with line.app.app_context():
        assert count(Customer) == 0


def test_two_machines_come_to_an_end(line: Line) -> None:
    page(line)

    sent = [body for _ in range(speaking.MOST_AN_HOUR + 5) for body in texted(line, "HELP")]

    assert len(sent) == speaking.MOST_AN_HOUR


def test_a_text_that_was_kept_and_left_is_understood_by_the_worker(line: Line) -> None:
    from selfservice.messages.channels.contract import Inbound  # noqa: PLC0415

    page_id = page(line)
    with line.app.app_context():
        service.keep("post", Inbound(ref="in-left", sender=PHONE, recipient="", body="YES"))
        db.session.commit()
        with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
            assert (service.understand_left(), service.understand_left()) == (1, 0)

    assert state_of(line, page_id) == ("answered", ["confirm"])


@pytest.mark.parametrize("fault", [RuntimeError(), DataError("INSERT", {}, Exception("value too long"))])
def test_a_fault_of_ours_over_a_text_brings_it_to_a_person(
    line: Line, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    page_id = page(line)
    monkeypatch.setattr(speaking, "say_outcome", Mock(side_effect=fault))

    line.text(PHONE, "YES")

    assert state_of(line, page_id) == ("open", [])
    assert [one.note for one in conversations(line)] == ["YES"]
    assert meanings(line) == ["staff"]


def test_a_text_waits_while_the_database_is_in_trouble(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    page_id = page(line)
    with monkeypatch.context() as patch:
        patch.setattr(speaking, "say_outcome", Mock(side_effect=OperationalError("INSERT", {}, Exception("gone"))))
        told = {"ref": "in-1", "sender": PHONE, "recipient": OUR_NUMBER, "body": "YES"}
        assert line.call("inbound", [told]).status_code == 503
    assert meanings(line) == [None]

    assert line.call("inbound", [told]).status_code == 200

    assert state_of(line, page_id) == ("answered", ["confirm"])


@pytest.mark.parametrize(
    ("language", "no"), [("en", "NO"), ("es", "no"), ("ar", "لا"), ("pl", "NIE"), ("zh", "否"), ("hi", "नहीं")]
)
def test_a_fraud_is_answered_in_every_language_and_more_sends_the_page(line: Line, language: str, no: str) -> None:
    more = {"en": "MORE", "es": "ENLACE", "ar": "المزيد", "pl": "LINK", "zh": "更多", "hi": "लिंक"}[language]
    page_id = page(line, "fraud_alert", facts=SMALL_FRAUD, language=language)
    asked = line.office.sent[-1].content.body  # type: ignore[union-attr]

    (led,) = texted(line, more)
    (answered,) = texted(line, no)

    assert "://" not in asked + answered
    assert more in asked
    assert link_of(line, page_id) in led
    assert state_of(line, page_id) == ("answered", ["no"])


def test_an_organisation_may_ask_on_the_page_alone(database_url: str, tmp_path: Path) -> None:
    line = Line(make_app(make_settings(database_url, tmp_path, ASK_IN_TEXT="off")))

    page_id = page(line, "fraud_alert", facts=SMALL_FRAUD)

    body = line.office.sent[-1].content.body  # type: ignore[union-attr]
    assert link_of(line, page_id) in body
    assert "ELECTRO-HUB" not in body
    assert len(texted(line, "NO")) == 1
    assert state_of(line, page_id) == ("answered", ["no"])
    with line.app.app_context():
        dispose()


def test_the_fraud_text_asks_without_a_link(line: Line) -> None:
    page(line, "fraud_alert", facts=SMALL_FRAUD)

    (message,) = line.office.sent
    body = message.content.body  # type: ignore[union-attr]
    assert "://" not in body
    assert "ELECTRO-HUB" in body
    assert "NO or YES" in body
    with line.app.app_context():
        assert db.session.scalar(select(func.max(Message.segments))) == 1
