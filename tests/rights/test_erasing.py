"""Erasing a person: everything that says who it was goes at once or not at all; counts, events and stops stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from selfservice import clock, tokens
from selfservice.conversations import service as conversations
from selfservice.conversations.models import Conversation
from selfservice.customers import consents, devices, subscriptions
from selfservice.customers import queries as customers
from selfservice.customers.consents import Address, Evidence
from selfservice.customers.models import Consent, Customer, Device, Following, Preference
from selfservice.db import Base, db
from selfservice.events.models import Event
from selfservice.media import service as media
from selfservice.messages.models import HandsetText, Message
from selfservice.pages import queries as pages
from selfservice.pages import requests, sight
from selfservice.pages.models import Answer, Page
from selfservice.replies.models import InboundText
from selfservice.rights import erasing, exporting, finding
from tests.factories import PHONE, act, issue
from tests.messages.scenes import accept, force

NAME, MAIL, REF, CASE = "Maria Santos", "maria@example.com", "C-4711", "CASE-99"
SECRETS = (
    NAME,
    "Maria",
    "Santos",
    PHONE,
    MAIL,
    REF,
    CASE,
    "Okafor",
    "Harbour Street",
    "after two please",
    "hello there",
    "are you open on Sunday",
)


@pytest.fixture
def maria(session: Any) -> Customer:
    """Somebody with two pages, answers, texts in both directions, a note, two phones that are told and a consent; and
    who wrote to us before anybody knew whose number it is.
    """
    conversations.hear("are you open on Sunday", team="", reason="A text.", page_id=None, customer_id=None, phone=PHONE)
    first = issue(ref=REF, name=NAME, case_ref=CASE)
    issue("fraud_alert", ref=REF)
    customer = session.get(Customer, first.page.customer_id)
    customer.email = MAIL
    act(first.page.id, "confirm")
    requests.ask_callback(first.page.id, note="after two please")
    device, _secret = devices.make()
    requests.opened(first.page.id, device.id, revision=1)
    subscriptions.follow(device.id, customer.id)
    other_device, _secret = devices.make()
    subscriptions.follow_page(other_device.id, first.page.id, customer.id)
    session.add(
        HandsetText(
            client_ref=tokens.encode_id(1), number=PHONE, sender="us", body="x", direction="out", at=clock.now()
        )
    )
    session.add(_text_in(customer.id, first.page.id))
    evidence = Evidence(
        customer_id=customer.id,
        address=Address("sms", PHONE),
        message_class="marketing",
        is_given=False,
        wording="Offers?",
        locale="en",
        source="shop",
        actor="api",
    )
    consents.record(evidence)
    session.add(Preference(customer_id=customer.id, hours="09:00-18:00", first_channel="", updated_at=clock.now()))
    session.commit()
    return session.get(Customer, customer.id)


def _text_in(customer_id: int, page_id: int) -> InboundText:
    return InboundText(
        id=tokens.new_id(),
        provider="handset",
        ref="1",
        sender=PHONE,
        recipient="us",
        body="hello there",
        media=[],
        customer_id=customer_id,
        page_id=page_id,
        received_at=clock.now(),
    )


def everything() -> str:
    """All that is committed in all tables, as text."""
    db.session.rollback()
    found = []
    for table in Base.metadata.sorted_tables:
        found += [str(dict(row)) for row in db.session.execute(select(table)).mappings()]
    db.session.rollback()
    return "\n".join(found)


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def erase(customer: Customer) -> erasing.Erased:
    erased = erasing.erase(customer, actor="cli")
    db.session.commit()
    return erased


def test_nothing_that_says_who_it_was_is_left_anywhere(session: Any, maria: Customer) -> None:
    assert [secret for secret in SECRETS if secret not in everything()] == []

    erased = erase(maria)

    assert [secret for secret in SECRETS if secret in everything()] == []
    assert (erased.pages, erased.texts_in) == (2, 1)
    assert "2 pages" in erased.sentences[0]
    assert "written to again" in erased.sentences[2]


def test_counts_and_events_stay(session: Any, maria: Customer) -> None:
    tables = (Page, Message, Answer, Conversation, Consent)
    before, events = [count(table) for table in tables], count(Event)
    waiting = session.scalars(select(Conversation.id).where(Conversation.state != "closed")).all()
    assert waiting

    erase(maria)

    assert [count(table) for table in tables] == before
    assert count(Event) > events
    ended = session.scalars(select(Event.conversation_id).where(Event.type == "conversation.closed")).all()
    assert sorted(ended) == sorted(waiting)
    assert set(session.scalars(select(Page.state))) <= {"retired", "expired"}
    assert set(session.scalars(select(Page.situation))) == {"erased appointment_reminder", "erased fraud_alert"}
    assert session.scalars(select(Event.type).order_by(Event.id.desc())).first() == "page.erased"
    assert [count(table) for table in (Following, Device, Preference, HandsetText)] == [0, 0, 0, 0]


def test_a_stop_outlives_its_person(session: Any, maria: Customer) -> None:
    page_id = session.scalars(select(Page.id)).first()
    requests.stop_texts(page_id)
    session.commit()

    erase(maria)
    again = issue(name="Somebody", ref="C-5000")

    assert again.page.customer_id != maria.id
    assert customers.is_suppressed(PHONE)
    assert [message.state for message in again.messages] == ["suppressed"]
    assert accept(message_class="marketing").reason == "stopped"


def test_what_was_refused_outlives_its_person(session: Any, maria: Customer) -> None:
    erase(maria)

    assert accept(message_class="marketing").reason == "withdrawn"


@pytest.mark.parametrize("state", ["ready", "held", "leased", "sending", "uncertain", "dead", "delivered"])
def test_nothing_more_leaves(session: Any, maria: Customer, state: str) -> None:
    message_id = session.scalars(select(Message.id).where(Message.channel == "sms")).first()
    force(message_id, state)

    erase(session.get(Customer, maria.id))

    row = session.get(Message, message_id)
    assert (row.recipient, row.body, row.payload) == ("", "", None)
    assert row.state == ("cancelled" if state in ("ready", "held") else state)
    assert row.stopping == (None if state in ("ready", "held", "delivered") else "erased")


def test_half_of_it_never_happens(session: Any, maria: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()

    def fail(_page_id: int) -> int:
        raise RuntimeError("The store's table is away.")

    monkeypatch.setattr(media, "forget", fail)
    with pytest.raises(RuntimeError):
        erasing.erase(session.get(Customer, maria.id), actor="cli")

    assert everything() == before


def test_twice_is_once(session: Any, maria: Customer) -> None:
    erase(maria)

    assert erase(session.get(Customer, maria.id)).pages == 2


def test_the_link_of_an_erased_person_says_that_it_is_over(app: Any, session: Any, maria: Customer) -> None:
    page_id = session.scalars(select(Page.id)).first()
    token = tokens.current().sign_page(page_id)
    erase(maria)

    shown = app.test_client().get(f"/p/{token}")

    assert shown.status_code == 410
    assert sight.view_of(pages.read_sight(page_id)).state == "retired"


def test_others_stay_as_they_are(session: Any, maria: Customer) -> None:
    other = issue(phone="+12025550199", name="Ben Diaz")

    erase(maria)

    assert session.get(Page, other.page.id).state == "open"
    assert session.get(Customer, other.page.customer_id).name == "Ben Diaz"


def test_the_export_holds_all_that_is_known(session: Any, maria: Customer) -> None:
    data = exporting.export(finding.find(PHONE))

    text = json.dumps(data, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret not in text and secret not in ("Maria", "Santos")] == []
    assert data["consents"][0]["wording"] == "Offers?"
    assert data["preferences"] == {"hours": "09:00-18:00", "channels": [], "channels_left_out": []}
    assert (len(data["pages"]), len(data["devices"])) == (2, 2)
    assert finding.find(REF).id == maria.id
