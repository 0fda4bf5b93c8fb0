"""Forgetting: what has ended loses its words when its time is over; what is live, or worked on, keeps them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from selfservice import clock, tokens
from selfservice.conversations.models import Conversation
from selfservice.customers import queries as customers
from selfservice.customers import subscriptions
from selfservice.customers.models import Customer, Device, Following, PushSubscription, Suppression
from selfservice.db import Base, UtcDateTime, db, is_postgresql
from selfservice.events.models import Event
from selfservice.kit.situation import KEPT_FOR
from selfservice.media.models import Medium
from selfservice.messages.models import Attempt, Message, ProviderReceipt
from selfservice.messages.states import STATES
from selfservice.pages import requests, service
from selfservice.pages.models import HAS_ENDED_AND_SPEAKS, Answer, Page
from selfservice.replies.models import InboundText
from selfservice.rights import forgetting
from selfservice.situations import registry
from tests.factories import PHONE, act, issue
from tests.media import scenes as photos
from tests.messages.scenes import accept, committed, force, run_until
from tests.rights.test_erasing import everything
from tests.test_worker import working
from tests.web.console.desk import Desk

WORDS = ("Okafor", "Harbour Street", "after two please", "hello there", "CASE-99", "Maria", PHONE, "ref-of-provider")
LATER = KEPT_FOR + timedelta(hours=1)


def forget() -> int:
    """Everything that the worker does each ten minutes, until it finds nothing; how much it found."""
    count = 0
    db.session.rollback()
    while found := forgetting.forget_pages() + forgetting.forget_rest() + forgetting.forget_customers():
        count += found
    return count


def age(distance: timedelta) -> None:
    """Let all that has happened have happened so much earlier: by the database's clock, too, the present is later."""
    db.session.rollback()
    db.session.expire_all()
    for table in Base.metadata.sorted_tables:
        if table.name not in ("consents", "wordings"):  # These the database keeps as they were written.
            keys = list(table.primary_key)
            moments = [column for column in table.columns if isinstance(column.type, UtcDateTime)]
            for row in db.session.execute(select(table)).mappings().all():
                earlier = {column.name: row[column.name] - distance for column in moments if row[column.name]}
                if earlier:
                    this = [key == row[key.name] for key in keys]
                    db.session.execute(update(table).where(*this).values(earlier))
    db.session.commit()


def text_in(page: Page | None, *, at: datetime) -> InboundText:
    return InboundText(
        id=tokens.new_id(),
        provider="handset",
        ref=tokens.encode_id(tokens.new_id()),
        sender=PHONE,
        recipient="us",
        body="hello there",
        media=[["https://provider.example/photo", "image/jpeg"]],
        customer_id=page.customer_id if page else None,
        page_id=page.id if page else None,
        meaning="staff",
        received_at=at,
        understood_at=at,
    )


@pytest.fixture
def page(session: Any) -> Page:
    """A page that was answered, talked about in both directions and closed; everything is done with."""
    page = issue(case_ref="CASE-99").page
    photos.receive(page.id)
    act(page.id, "confirm")
    requests.ask_callback(page.id, note="after two please")
    now = clock.now()
    session.add(text_in(page, at=now))
    (message,) = session.scalars(select(Message)).all()
    session.add(
        Attempt(message_id=message.id, fence=1, provider="fake", started_at=now, provider_ref="ref-of-provider")
    )
    session.add(
        ProviderReceipt(
            provider="fake", key="1", ref="ref-of-provider", report="delivered", message_id=message.id, received_at=now
        )
    )
    force(message.id, "delivered", provider_ref="ref-of-provider", next_look_at=None)
    finish_work(session)
    end(page)
    return page


def finish_work(session: Any, at: datetime | None = None) -> None:
    session.execute(update(Conversation).values(state="closed", closed_at=at or clock.now()))
    session.commit()


def end(page: Page) -> None:
    service.move(page.id, "expired", actor="system")
    db.session.commit()


def count(model: type[Base]) -> int:
    return int(committed(select(func.count()).select_from(model))[0])


def test_a_page_that_ended_long_ago_says_nothing_any_more(session: Any, page: Page) -> None:
    kept = (Page, Message, Answer, Conversation, InboundText, Medium, Attempt)
    assert [word for word in WORDS if word not in everything()] == []
    before = [count(model) for model in kept]

    age(LATER)
    forget()

    assert [word for word in WORDS if word in everything()] == []
    assert [count(model) for model in kept] == [*before[:-1], 0]  # How often it was tried stands in the message.
    assert committed(select(Page.state)) == ["expired"]
    assert committed(select(Message.state)) == ["delivered"]
    assert committed(select(Medium.state)) == ["forgotten"]
    assert committed(select(Event.type).order_by(Event.id))[-2:] == ["page.forgotten", "customer.forgotten"]


def test_before_its_time_nothing_is_touched(session: Any, page: Page) -> None:
    age(KEPT_FOR - timedelta(minutes=1))
    before = everything()

    assert forget() == 0

    assert everything() == before


@pytest.mark.database("sqlite")
def test_twice_is_once(session: Any, page: Page) -> None:
    age(LATER)
    assert forget() > 0
    assert forget() == 0


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("state", ["scheduled", "open", "answered"])
def test_what_is_live_stays_however_old_it_is(session: Any, page: Page, state: str) -> None:
    session.execute(update(Page).values(state=state, updated_at=clock.now() - timedelta(days=399)))
    session.commit()

    assert forget() == 0
    assert committed(select(Page.facts))[0]["person"] == "Dr Amina Okafor"
    assert customers.find_by_phone(PHONE) is not None


def _work_goes_on(page: Page) -> None:
    db.session.execute(update(Conversation).values(state="open", closed_at=None))


def _work_was_just_done(page: Page) -> None:
    db.session.execute(update(Conversation).values(closed_at=clock.now()))


def _a_message_waits(page: Page) -> None:
    db.session.execute(update(Message).values(state="held", next_look_at=clock.now()))


def _a_message_is_in_doubt(page: Page) -> None:
    db.session.execute(update(Message).values(state="uncertain", next_look_at=clock.now()))


def _a_message_is_being_sent(page: Page) -> None:
    db.session.execute(update(Message).values(state="sending", lease_until=clock.now(), lease_owner="somebody"))


def _a_message_is_new(page: Page) -> None:
    db.session.execute(update(Message).values(created_at=clock.now()))


@pytest.mark.parametrize(
    "happens",
    [
        _work_goes_on,
        _work_was_just_done,
        _a_message_waits,
        _a_message_is_in_doubt,
        _a_message_is_being_sent,
        _a_message_is_new,
    ],
)
def test_a_page_that_somebody_is_at_work_on_waits(session: Any, page: Page, happens: Callable[[Page], None]) -> None:
    age(LATER)
    happens(page)
    session.commit()

    forget()

    assert committed(select(Page.situation)) == ["appointment_reminder"]
    assert committed(select(Message.recipient)) == [PHONE]
    assert committed(select(InboundText.body)) == ["hello there"]
    assert committed(select(Customer.phone)) == [PHONE]


def test_each_type_keeps_as_long_as_it_says(session: Any, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    other = issue("fraud_alert", phone="+12025550199", name="Ben Diaz").page
    end(other)
    force(committed(select(Message.id).where(Message.page_id == other.id))[0], "delivered", next_look_at=None)
    known = registry.current().get("fraud_alert").situation
    object.__setattr__(known, "kept_for", timedelta(days=3))
    try:
        age(timedelta(days=4))
        forget()
    finally:
        object.__setattr__(known, "kept_for", KEPT_FOR)

    assert sorted(committed(select(Page.situation))) == ["appointment_reminder", "erased fraud_alert"]
    days = committed(select(Event.data).where(Event.type == "page.forgotten"))
    assert days == [{"days": 3}]


@pytest.mark.database("sqlite")
def test_attempts_that_caps_still_count_stay_without_a_reference(session: Any, page: Page) -> None:
    session.execute(update(Page).values(updated_at=clock.now() - LATER))
    session.execute(update(Message).values(created_at=clock.now() - LATER))
    finish_work(session, clock.now() - LATER)

    forgetting.forget_pages()

    assert committed(select(Attempt.provider_ref)) == [None]
    assert count(ProviderReceipt) == 0


@pytest.mark.database("sqlite")
def test_a_page_of_a_type_that_is_gone_goes_as_well(session: Any, page: Page) -> None:
    session.execute(update(Page).values(situation="old_type"))
    session.commit()

    age(LATER)
    forget()

    assert committed(select(Page.situation)) == ["erased old_type"]


@pytest.mark.database("sqlite")
def test_a_page_of_a_type_that_is_broken_waits_for_the_mend(
    session: Any, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may say that it keeps its pages for longer."""
    session.execute(update(Page).values(situation="old_type"))
    session.commit()
    monkeypatch.setitem(registry.current().broken, Path("old_type"), "situation.py has a mistake: mend it.")

    age(LATER)
    forget()

    assert committed(select(Page.situation)) == ["old_type"]


@pytest.mark.database("sqlite")
def test_a_link_to_a_forgotten_page_says_that_it_is_over(app: Flask, session: Any, page: Page) -> None:
    token = tokens.current().sign_page(page.id)
    age(LATER)
    forget()

    assert app.test_client().get(f"/p/{token}").status_code == 410
    answer = tokens.current().sign_answer(page.id, "confirm")
    said = {"json": {"input": {}, "revision": 1}, "headers": {"Idempotency-Key": str(uuid.uuid4())}}
    assert app.test_client().post(f"/a/{answer}", **said).status_code == 410


@pytest.mark.database("sqlite")
def test_its_screen_at_the_console_tells_what_happened(app: Flask, session: Any, page: Page) -> None:
    age(LATER)
    forget()
    desk = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor")
    id = tokens.encode_id(page.id)  # noqa: A001 - as the address has it

    shown = desk.read(f"/console/pages/{id}")

    assert "What the page said was removed" in shown
    assert "Its type keeps it for 30 days after the end" in shown
    assert "Its words are not kept any more." in shown
    assert [word for word in WORDS if word in shown] == []
    assert desk.get("/console/pages").status_code == 200


@pytest.mark.database("sqlite")
def test_the_worker_does_it(app: Flask, session: Any, page: Page) -> None:
    age(LATER)
    with working(app):
        assert run_until(lambda: committed(select(Customer.phone)) == [None], seconds=30)
    assert committed(select(Page.situation)) == ["erased appointment_reminder"]


def test_a_stop_is_not_forgotten(session: Any, page: Page) -> None:
    requests.stop_texts(page.id)
    session.commit()

    age(LATER)
    forget()

    assert count(Suppression) >= 1
    assert customers.find_by_phone(PHONE) is None
    assert customers.is_suppressed(PHONE)
    assert [message.state for message in issue(name="Somebody").messages] == ["suppressed"]


def test_who_told_us_something_that_lasts_is_known_for_longer(session: Any, page: Page) -> None:
    device = Device(id=1, digest="d", created_at=clock.now(), seen_at=clock.now())
    session.add(device)
    session.flush()
    subscriptions.follow(1, page.customer_id)
    session.commit()

    age(LATER)
    forget()
    assert (committed(select(Customer.phone)), count(Following)) == ([PHONE], 1)

    age(LATER + forgetting.WISHES_KEPT_FOR)
    forget()
    assert (committed(select(Customer.phone)), count(Following), count(Device)) == ([None], 0, 0)


def test_who_has_another_page_stays_known(session: Any, page: Page) -> None:
    age(LATER)
    issue()
    forget()

    assert committed(select(Customer.phone)) == [PHONE]
    assert sorted(committed(select(Page.situation))) == ["appointment_reminder", "erased appointment_reminder"]


def test_what_was_said_on_no_page_goes_after_the_usual_time(session: Any) -> None:
    now = clock.now()
    message_id = accept(page_id=None, body="You will get no more texts.").id
    force(message_id, "delivered", next_look_at=None)
    session.add(text_in(None, at=now))
    session.add(ProviderReceipt(provider="fake", key="1", ref="nobody-s", report="delivered", received_at=now))
    session.add(
        Conversation(
            id=1,
            kind="reply",
            state="closed",
            team="reception",
            phone=PHONE,
            reason="Wrote a text",
            note="after two",
            due_at=now,
            created_at=now,
            closed_at=now,
        )
    )
    session.commit()
    age(KEPT_FOR - timedelta(minutes=1))
    assert forget() == 0

    age(LATER)
    forget()

    assert committed(select(Message.body)) == [""]
    assert committed(select(InboundText.body)) == [""]
    assert (committed(select(Conversation.note)), committed(select(Conversation.phone))) == ([""], [None])
    assert count(ProviderReceipt) == 0


@pytest.mark.database("sqlite")
def test_a_text_that_nobody_has_understood_yet_waits(session: Any) -> None:
    text = text_in(None, at=clock.now())
    text.meaning = text.understood_at = None
    session.add(text)
    session.commit()

    age(LATER)
    assert forget() == 0


@pytest.mark.database("sqlite")
def test_a_subscription_that_no_phone_confirms_is_dead(session: Any) -> None:
    now = clock.now()
    session.add(Device(id=1, digest="d", created_at=now, seen_at=now))
    session.flush()
    session.add(
        PushSubscription(
            id=1,
            device_id=1,
            endpoint="https://push.example/1",
            endpoint_digest="e",
            p256dh="k",
            auth="a",
            created_at=now,
            confirmed_at=now,
        )
    )
    session.commit()
    age(forgetting.DEVICE_LIVES - timedelta(days=1))
    assert forget() == 0

    age(forgetting.DEVICE_LIVES + timedelta(days=1))
    assert forget() == 1

    assert (count(PushSubscription), count(Device)) == (0, 0)


def test_several_workers_forget_each_page_once(app: Flask, session: Any) -> None:
    for number in range(12):
        page = issue(phone=f"+1202555{number + 200:04}").page
        end(page)
    session.execute(update(Page).values(updated_at=clock.now() - LATER))
    session.execute(update(Message).values(created_at=clock.now() - LATER, next_look_at=None))
    session.commit()
    together = threading.Barrier(3)

    def work() -> None:
        together.wait(10)
        with app.app_context():
            while forgetting.forget_pages(limit=2):
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(committed(select(Page.situation))) == {"erased appointment_reminder"}
    told = committed(select(Event.page_id).where(Event.type == "page.forgotten"))
    assert (len(told), len(set(told))) == (12, 12)


@pytest.mark.database("postgresql")
def test_one_machine_s_wrong_clock_takes_nothing(session: Any, page: Page) -> None:
    """On SQLite there is one machine, and its clock is all there is."""
    with clock.at(clock.now() + timedelta(days=3650)):
        forgotten = forgetting.forget_pages()

    assert forgotten == 0


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            f"SELECT id FROM pages WHERE {HAS_ENDED_AND_SPEAKS} AND situation IN ('a') AND updated_at < '2026-01-01'",
            "ix_pages_ended",
        ),
        ("SELECT id FROM conversations WHERE customer_id = 7", "ix_conversations_customer_id"),
        ("SELECT id FROM inbound_texts WHERE customer_id = 7", "ix_inbound_texts_customer_id"),
        ("SELECT id FROM conversations WHERE page_id IS NULL AND phone = 'x'", "ix_conversations_of_no_page"),
        ("SELECT min(key_id) FROM consents WHERE key_id > 'a'", "ix_consents_key_id"),
        ("SELECT min(key_id) FROM suppressions WHERE key_id > 'a'", "ix_suppressions_key_id"),
    ],
)
def test_what_is_due_is_found_by_an_index(session: Any, query: str, index: str) -> None:
    """However much was forgotten before, and whoever else there is."""
    if is_postgresql():
        session.execute(text("SET enable_seqscan = off"))
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    with closing(session.execute(text(f"{explain} {query}"))) as rows:
        assert index in str(rows.all())


def test_every_state_is_either_done_with_or_looked_at_again() -> None:
    """What protects a message from being emptied is that something is left to do: so each state needs its answer."""
    done = {"failed", "suppressed", "cancelled", "expired", "dead", "needs_human", "no_receipt", "delivered"}
    done |= {"undelivered_temporary", "undelivered_permanent"}
    at_work = {"accepted", "held", "ready", "leased", "sending", "uncertain", "submitted", "carrier_accepted"}

    assert set(STATES) == done | at_work
