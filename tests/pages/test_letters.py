"""E-mails about pages: when one goes in place of a text, what it says, and that it leaves like any message."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import config
from selfservice.customers import preferences
from selfservice.customers import service as suppressions
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.messages.channels.contract import Email, Submitted
from selfservice.messages.channels.registry import Channels
from selfservice.messages.dispatch import send_all
from selfservice.messages.models import Message
from selfservice.pages import service as pages
from selfservice.pages.service import Issued, NewPage, Person
from selfservice.web.console import sendings
from tests.factories import PHONE, appointment, fraud, issue

MARIA = "maria@example.com"
pytestmark = pytest.mark.usefixtures("context")


def issued(person: Person, *, situation: str = "appointment_reminder", **details: Any) -> Issued:
    """A committed page for somebody."""
    facts = {"appointment_reminder": appointment, "fraud_alert": fraud}[situation]
    page = pages.issue(NewPage(situation=situation, facts=facts(), customer=person, actor="cli", **details))
    db.session.commit()
    return page


@pytest.fixture
def context(app: Flask) -> Any:
    """An application with a brand."""
    with app.app_context():
        issue(phone="+12025550199")
        yield


@pytest.mark.parametrize(
    ("phone", "email", "channels", "goes"),
    [
        (PHONE, None, None, "sms"),
        (PHONE, MARIA, None, "sms"),
        (None, MARIA, None, "email"),
        (None, MARIA, ("email",), "email"),
        (PHONE, MARIA, ("email", "sms"), "email"),
        (PHONE, MARIA, ("sms", "email"), "sms"),
        (PHONE, None, ("email", "sms"), "sms"),
        (PHONE, MARIA, (), ""),
    ],
)
def test_one_of_a_text_and_an_email_goes(phone: str | None, email: str | None, channels: Any, goes: str) -> None:
    details = {} if channels is None else {"channels": channels}

    told = issued(Person(ref="C-1", phone=phone, email=email, name="Maria Santos"), **details).messages

    assert [message.channel for message in told] == ([goes] if goes else [])


@pytest.mark.parametrize(
    ("phone", "channels", "field"), [(None, None, "phone"), (PHONE, ("email",), "email"), (None, ("sms",), "phone")]
)
def test_with_nowhere_to_write_to_there_is_no_page(phone: str | None, channels: Any, field: str) -> None:
    details = {} if channels is None else {"channels": channels}

    with pytest.raises(Invalid) as refusal:
        issued(Person(phone=phone, ref="C-1"), **details)

    assert set(refusal.value.fields) == {field}


def test_without_a_provider_no_email_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = config.current().model_copy(update={"email": None})
    monkeypatch.setattr(config, "current", lambda: silent)

    with pytest.raises(Invalid) as refusal:
        issued(Person(email=MARIA, ref="C-1"), channels=("email",))

    assert "SELFSERVICE_EMAIL" in refusal.value.message


def test_an_email_leaves_with_its_words_and_the_way_out() -> None:
    page = issued(Person(ref="C-1", email=MARIA, name="Maria Santos"))
    sent = _Recorder()

    send_all(Channels({"email": [sent], "sms": [sent]}), owner="test")

    (outgoing,) = [one for one in sent.taken if one.to == MARIA]
    email = outgoing.content
    assert isinstance(email, Email)
    assert email.subject.startswith("Can you come on ")
    assert page.url in email.text.splitlines()
    assert re.search(r"/preferences/\w{34}$", email.unsubscribe_url)
    assert email.unsubscribe_url in email.text.splitlines()
    assert email.html.count(f'href="{page.url}"') == 2
    assert f'href="{email.unsubscribe_url}"' in email.html
    assert "<img" not in email.html
    assert not re.search(r"(?:src|url)\s*[=(]", email.html)
    assert email.html.startswith("<!DOCTYPE html>")


def test_an_address_that_asked_us_to_stop_gets_none() -> None:
    suppressions.suppress(MARIA, "stopped", channel="email")
    db.session.commit()

    (message,) = issued(Person(email=MARIA, ref="C-1")).messages

    assert message.state == "suppressed"


def test_facts_that_change_before_it_leaves_make_it_a_new_one() -> None:
    first = issued(Person(email=MARIA, ref="C-1"), case_ref="A-1").messages[0]
    again = pages.issue(
        NewPage(
            situation="appointment_reminder",
            facts=appointment(place="2 Quay Street"),
            customer=Person(ref="C-1"),
            actor="cli",
            case_ref="A-1",
        )
    )
    db.session.commit()

    db.session.refresh(first)
    assert first.state == "cancelled"
    assert [(message.channel, message.purpose) for message in again.messages] == [("email", "invitation")]


def test_a_type_that_asks_who_looks_tells_nothing_in_it() -> None:
    (message,) = issued(Person(ref="C-1", email=MARIA, name="Maria Santos"), situation="fraud_alert").messages

    said = f"{message.body} {(message.payload or {})['html']}"
    assert "ELECTRO-HUB" not in said
    assert "428" not in said
    assert "Maria" not in said


def test_staff_can_send_it_again() -> None:
    page = issued(Person(email=MARIA, ref="C-1")).page

    again = pages.resend(page.id, actor="staff:1")
    db.session.commit()

    assert again.channel == "email"
    count = db.session.scalars(select(Message).where(Message.page_id == page.id)).all()
    assert len(count) == 2


@pytest.mark.parametrize("language", ["en", "es", "ar", "pl", "zh", "hi"])
def test_every_language_has_its_words(language: str) -> None:
    person = Person(email=MARIA, ref="C-1", name="Maria Santos", locale=language)
    (message,) = issued(person).messages

    html = (message.payload or {})["html"]
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in html
    assert "{" not in message.body


class _Recorder:
    """A provider that takes everything."""

    name = "recorder"
    parallel = 1

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def send(self, outgoing: Any) -> Any:

        self.taken.append(outgoing)
        return Submitted(outgoing.id)


def test_the_way_out_of_an_email_stops_emails_alone(app: Flask) -> None:
    page = issued(Person(ref="C-1", phone=PHONE, email=MARIA), channels=("email",))
    address = urlsplit((page.messages[0].payload or {})["unsubscribe_url"]).path

    answer = app.test_client().post(address, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    db.session.rollback()
    told = [issued(Person(ref="C-1"), channels=(channel,)).messages[0] for channel in ("email", "sms")]
    assert [message.state == "suppressed" for message in told] == [True, False]


def test_what_the_customer_wants_first_goes() -> None:
    first = issued(Person(ref="C-1", phone=PHONE, email=MARIA))
    preferences.keep(first.page.customer_id, Wishes(channels=("email", "sms", "push")))
    db.session.commit()

    (told,) = issued(Person(ref="C-1")).messages

    assert told.channel == "email"


def test_nothing_goes_where_the_customer_wants_nothing() -> None:
    first = issued(Person(ref="C-1", phone=PHONE, email=MARIA))
    preferences.keep(first.page.customer_id, Wishes(channels=("push", "email"), left_out=("sms",)))
    db.session.commit()

    (told,) = issued(Person(ref="C-1")).messages

    assert told.channel == "email"
    with pytest.raises(Invalid, match="asked not to be written to there"):
        issued(Person(ref="C-1"), channels=("sms",))
    db.session.rollback()
    db.session.rollback()


def test_a_warning_comes_another_way_if_nothing_else_reaches_them() -> None:
    first = issued(Person(ref="C-1", phone=PHONE, email=MARIA))
    preferences.keep(first.page.customer_id, Wishes(channels=("push", "email"), left_out=("sms",)))
    db.session.commit()

    told = [
        issued(Person(ref="C-1"), situation="fraud_alert", **channels).messages[0].channel
        for channels in ({}, {"channels": ("push", "sms")})
    ]

    assert told == ["email", "sms"]


def test_staff_read_that_it_is_an_email() -> None:
    page = issued(Person(ref="C-1", email=MARIA))

    (told,) = sendings.tell(page.messages)

    assert (told.purpose, told.parts) == ("Invitation, as an e-mail", "1 e-mail")
