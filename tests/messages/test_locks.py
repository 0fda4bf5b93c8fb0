"""Two who want the same rows on PostgreSQL: they wait for each other in one order, and nobody is thrown out."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice.db import db
from selfservice.messages import departures, moves, service
from selfservice.messages.dispatch import LEASE
from selfservice.pages.models import Page
from tests.factories import issue
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.messages.scenes import Provider, only, run_until, state_of

pytestmark = pytest.mark.database("postgresql")


def test_closing_a_page_and_sending_its_text_do_not_deadlock(app: Flask) -> None:
    """The closer holds the page and wants the message; the worker holds the message, and its event names the page.

    Holding a page without its key (FOR NO KEY UPDATE) is what lets the event through.
    """
    errors: list[BaseException] = []
    locked, goes_on = threading.Event(), threading.Event()
    with app.app_context():
        issued = issue()
        page_id, message_id = issued.page.id, issued.messages[0].id
        claimed = moves.claim(1, owner="me", lease=LEASE)
        db.session.commit()

        def close() -> None:
            db.session.execute(select(Page.id).where(Page.id == page_id).with_for_update(key_share=True))
            locked.set()
            goes_on.wait(20)
            service.cancel_for_page(page_id)

        closer = on_another_thread(app, close, errors)
        assert locked.wait(20)
        departures.clear(claimed, owner="me", channels=only(Provider()), lease=LEASE)
        goes_on.set()
        assert run_until(is_somebody_waiting)
        db.session.commit()
        closer.join(20)

        assert (errors, state_of(message_id)) == ([], "sending")


def test_a_stop_waits_for_a_check_that_has_begun(app: Flask) -> None:
    """What the worker has checked is committed as begun before the stop is; nothing begins after it."""
    errors: list[BaseException] = []
    order: list[str] = []
    with app.app_context():
        issued = issue()
        number, message_id = "+12025550123", issued.messages[0].id
        claimed = moves.claim(1, owner="me", lease=LEASE)
        db.session.commit()
        ready = departures.clear(claimed, owner="me", channels=only(Provider()), lease=LEASE)

        def stop() -> None:
            service.stop(number, reason="asked on a page", actor="customer")
            db.session.commit()
            order.append("stopped")

        stopper = on_another_thread(app, stop, errors)
        assert run_until(is_somebody_waiting)
        order.append("begun")
        db.session.commit()
        stopper.join(20)

        assert (errors, len(ready), state_of(message_id)) == ([], 1, "sending")
        assert order == ["begun", "stopped"]
