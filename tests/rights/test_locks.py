"""Erasing a person, on PostgreSQL, while somebody is at work on a page of theirs: nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice import clock
from selfservice.conversations import queries as conversations
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.messages import queries as outbox
from selfservice.messages.models import Message
from selfservice.pages import claims, disowning, due, offers, outcomes, queries, telling, unanswered
from selfservice.pages import numbers as numbers_of_pages
from selfservice.pages.models import Page
from selfservice.rights import erasing
from tests.factories import PHONE, act, appointment, issue
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.messages.scenes import run_until
from tests.pages.test_offers import issue_to, offer

pytestmark = pytest.mark.database("postgresql")


def erase() -> None:
    customer = customers.find_by_phone(PHONE)
    assert customer is not None
    erasing.erase(customer, actor="cli")


def over() -> int:
    """A page whose time is over, and of which staff are still to hear that nobody answered."""
    page_id = warned()
    now = clock.now()
    ago = {"created_at": now - timedelta(hours=1), "expires_at": now, "follow_up_at": now}
    db.session.execute(sa.update(Page).values(ago))
    db.session.commit()
    return page_id


def expire(page_id: int) -> None:
    assert due.expire_pages() == 1
    assert [one.kind for one in conversations.list_for_page(page_id)] == ["unanswered"]


def warned() -> int:
    return issue("fraud_alert").page.id


def booked() -> int:
    page_id = issue(case_ref="CASE-1").page.id
    let_leave()
    return page_id


def let_leave() -> None:
    db.session.execute(sa.update(Message).values(state="submitted", submitted_at=clock.now()))
    db.session.commit()


def renew(page_id: int) -> None:
    issued = issue(case_ref="CASE-1", facts=appointment(place="2 Mill Lane"))
    assert (issued.page.id, issued.was) == (page_id, "updated")


def lost() -> int:
    """A page whose offer somebody else has just taken."""
    facts = offer()
    (winner,) = issue_to(1, facts)
    page_id = issue("waitlist_offer", facts).page.id
    let_leave()
    act(winner, "accept")
    return page_id


def tell(page_id: int) -> None:
    offers.tell_due()
    assert "gone" in [message.purpose for message in outbox.list_for_page(page_id)]


Scene = tuple[Callable[[], int], Any, str, Callable[[int], Any]]
AT_WORK: dict[str, Scene] = {
    "a page ends": (over, unanswered, "look", expire),
    "an answer for a person": (warned, outcomes, "carry_out", lambda page_id: act(page_id, "no")),
    "a stranger says so": (booked, numbers_of_pages, "stop", disowning.disown),
    "new facts": (booked, telling, "tell_change", renew),
    "an offer has gone": (lost, telling, "tell", tell),
}


@pytest.mark.parametrize("scene", AT_WORK)
def test_who_holds_a_page_and_who_erases_its_customer(app: Flask, monkeypatch: pytest.MonkeyPatch, scene: str) -> None:
    begin, place, name, work = AT_WORK[scene]
    known = getattr(place, name)
    errors: list[BaseException] = []
    erasers: list[Thread] = []

    def once_somebody_erases(*arguments: Any, **named: Any) -> Any:
        if not erasers:
            erasers.append(on_another_thread(app, erase, errors))
            assert run_until(is_somebody_waiting, seconds=20)
        return known(*arguments, **named)

    with app.app_context():
        page_id = begin()
        monkeypatch.setattr(place, name, once_somebody_erases)
        work(page_id)
        db.session.commit()
        erasers[0].join(20)

        assert errors == []
        db.session.rollback()
        assert (queries.get(page_id).facts, customers.find_by_phone(PHONE)) == ({}, None)
        assert not erasers[0].is_alive()


@pytest.mark.parametrize("moment", ["before anybody is held", "before the offer is held"])
def test_who_tells_of_an_offer_and_who_erases_somebody_that_holds_it_and_is_offered_it_once_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    place = {"before anybody is held": customers, "before the offer is held": claims}[moment]
    known = place.hold
    errors: list[BaseException] = []
    erasers: list[Thread] = []

    def once_somebody_erases(*arguments: Any) -> Any:
        if not erasers:
            erasers.append(on_another_thread(app, erase, errors))
            assert run_until(lambda: is_somebody_waiting() or not erasers[0].is_alive(), seconds=20)
        return known(*arguments)

    with app.app_context():
        facts = offer()
        holder, other = (issue("waitlist_offer", facts).page.id for _ in range(2))
        issue_to(1, facts)
        act(holder, "accept")
        monkeypatch.setattr(place, "hold", once_somebody_erases)
        offers.tell_due()
        db.session.commit()
        erasers[0].join(20)

        assert errors == []
        db.session.rollback()
        assert (queries.get(other).facts, customers.find_by_phone(PHONE)) == ({}, None)
