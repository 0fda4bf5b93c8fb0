"""Stop and start leave evidence, whichever door they come through: who, which words, which channel, class, when."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice import clock
from selfservice.cli.commands import attach
from selfservice.customers import consents
from selfservice.customers import queries as customers
from selfservice.customers.models import Consent, Customer, Wording
from selfservice.db import READER, db
from selfservice.messages.models import Message
from selfservice.pages import disowning, wishes
from tests.factories import PHONE, issue
from tests.harness.post import Line
from tests.messages.scenes import allow_marketing

ALL = ["service", "marketing", "urgent"]
MAIL = "maria@example.com"
STRANGER = "+12025550177"


@pytest.fixture
def line(app: Flask) -> Line:
    """The provider's line, and a page of Maria's, who has an e-mail address, whose text has arrived."""
    with app.app_context():
        issue()
        db.session.scalars(sa.select(Customer)).one().email = MAIL
        db.session.commit()
    line = Line(app)
    line.deliver()
    return line


def evidence(app: Flask) -> list[Any]:
    """Every piece of evidence with its words, in order."""
    columns = (
        Consent.message_class, Consent.is_given, Consent.channel, Consent.source, Consent.actor, Consent.customer_id,
        Consent.page_id, Consent.at, Wording.body, Wording.locale,
    )  # fmt: skip
    query = sa.select(*columns).join(Wording, Wording.digest == Consent.wording).order_by(Consent.id)
    with app.app_context(), db.engines[READER].connect() as connection:
        return list(connection.execute(query))


def link(app: Flask) -> str:
    with app.app_context():
        page_id = db.session.scalars(sa.select(Message.page_id)).first()
        return "/preferences/" + wishes.url_of(page_id or 0).rpartition("/")[2]


def test_a_stop_by_text_is_evidence_in_the_words_that_were_said(app: Flask, line: Line) -> None:
    before = clock.now()

    line.text(PHONE, "ＳＴＯＰ, please!")

    said = evidence(app)
    assert [(one.message_class, one.is_given, one.channel) for one in said] == [(name, False, "sms") for name in ALL]
    assert {(one.source, one.actor, one.locale) for one in said} == {("text", "customer", "en")}
    assert said[0].body.splitlines()[0] == "stop please"
    assert (
        said[0]
        .body.splitlines()[1]
        .endswith("you get no more texts from us at this number. Reply START to get them again.")
    )
    assert None not in (said[0].customer_id, said[0].page_id)
    assert before <= said[0].at <= clock.now()
    assert len({one.at for one in said}) == 1


def test_a_start_by_text_brings_back_all_but_offers(app: Flask, line: Line) -> None:
    with app.app_context():
        allow_marketing(PHONE)
    line.text(PHONE, "STOP")

    line.text(PHONE, "Start")

    said = evidence(app)
    assert [(one.message_class, one.is_given) for one in said] == [
        ("marketing", True), ("service", False), ("marketing", False), ("urgent", False), ("service", True),
        ("urgent", True),
    ]  # fmt: skip
    assert said[-1].body.splitlines()[0] == "start"
    with app.app_context():
        assert not customers.is_suppressed(PHONE)
        assert states(app) == {"service": "ready", "marketing": "suppressed", "urgent": "ready"}


def states(app: Flask) -> dict[str, str]:
    from tests.messages.scenes import accept  # noqa: PLC0415 - within the caller's context

    return {name: accept(message_class=name).state for name in ALL}


def test_a_start_takes_back_what_was_refused_on_the_page(app: Flask, line: Line) -> None:
    app.test_client().post(link(app), data={"do": "save", "service": "no"})

    line.text(PHONE, "START")

    with app.app_context():
        assert states(app)["service"] == "ready"


def test_a_start_by_text_leaves_e_mail_stopped(app: Flask, line: Line) -> None:
    app.test_client().post(link(app), data={"List-Unsubscribe": "One-Click"})
    line.text(PHONE, "STOP")

    line.text(PHONE, "START")

    with app.app_context():
        assert (customers.is_suppressed(PHONE), customers.is_suppressed(MAIL, "email")) == (False, True)


def test_a_stranger_who_stops_leaves_evidence_under_their_number_alone(app: Flask, line: Line) -> None:
    line.text(STRANGER, "stop")

    said = evidence(app)
    assert [(one.message_class, one.customer_id, one.body, one.locale) for one in said] == [
        (name, None, "stop", "und") for name in ALL
    ]
    with app.app_context():
        assert set(consents.standing([consents.Address("sms", STRANGER)]).values()) == {False}


def test_each_stop_is_said_again_and_is_one_stop(app: Flask, line: Line) -> None:
    for _ in range(3):
        line.text(PHONE, "STOP")

    assert len(evidence(app)) == 3 * len(ALL)
    assert line.deliver() == [evidence(app)[0].body.splitlines()[1]]


def test_the_page_of_wishes_writes_what_it_showed_for_every_channel(app: Flask, line: Line) -> None:
    answer = app.test_client().post(f"{link(app)}?lang=es")

    assert answer.status_code == 200
    said = evidence(app)
    assert [(one.message_class, one.channel) for one in said] == [
        *((name, "sms") for name in ALL),
        *((name, "email") for name in ALL),
    ]
    assert {(one.is_given, one.source, one.actor, one.locale) for one in said} == {
        (False, "preferences page", "customer", "es")
    }
    assert said[0].body.splitlines()[0] == "Sus mensajes"
    assert said[0].body.splitlines()[-1] == "No recibir nada más"


def test_one_click_is_evidence_for_e_mail_alone(app: Flask, line: Line) -> None:
    app.test_client().post(link(app), data={"List-Unsubscribe": "One-Click"})

    said = evidence(app)
    assert [(one.message_class, one.is_given, one.channel) for one in said] == [(name, False, "email") for name in ALL]
    assert {one.source for one in said} == {"unsubscribe button of a mail program"}
    assert said[0].body.splitlines() == [
        "Choose how we write to you, or stop these e-mails",
        "List-Unsubscribe: One-Click",
    ]


def allow(app: Flask) -> int:
    return attach(app).test_cli_runner().invoke(args=["customer", "allow", PHONE]).exit_code


def test_staff_who_allow_it_write_down_that_they_did(app: Flask, line: Line) -> None:
    app.test_client().post(link(app))

    assert allow(app) == 0

    said = [one for one in evidence(app) if one.is_given]
    assert [(one.message_class, one.channel) for one in said] == [
        ("service", "sms"), ("urgent", "sms"), ("service", "email"), ("urgent", "email"),
    ]  # fmt: skip
    assert {(one.source, one.actor) for one in said} == {("command line", "cli")}
    with app.app_context():
        assert states(app) == {"service": "ready", "marketing": "suppressed", "urgent": "ready"}


def test_a_wrong_number_says_nothing_of_what_somebody_wants(app: Flask, line: Line) -> None:
    with app.app_context():
        page_id = db.session.scalars(sa.select(Message.page_id)).first()
        disowning.disown(page_id or 0)
        db.session.commit()

    assert allow(app) == 0
    assert evidence(app) == []


def test_the_words_hold_nobodys_number(app: Flask, line: Line) -> None:
    line.text(PHONE, "STOP")
    app.test_client().post(link(app), data={"do": "save", "marketing": "yes"})
    app.test_client().post(link(app), data={"List-Unsubscribe": "One-Click"})
    app.test_client().post(link(app))

    words = "".join(one.body for one in evidence(app))

    assert PHONE[-3:] not in words
    assert MAIL not in words
    assert "Maria" not in words
