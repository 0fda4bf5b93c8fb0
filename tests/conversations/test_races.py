"""Two words for staff at the same moment, on PostgreSQL: they are one piece of work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice.conversations import service
from selfservice.conversations.models import Conversation
from selfservice.db import db
from selfservice.pages import requests
from tests.factories import PHONE, issue
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.messages.scenes import committed, run_until

pytestmark = pytest.mark.database("postgresql")


def wrote(words: str, page_id: int | None) -> None:
    service.hear(words, team="reception", reason="Wrote.", page_id=page_id, customer_id=None, phone=PHONE)


def asked(words: str, page_id: int | None) -> None:
    requests.ask_callback(page_id or 0, note=words)


@pytest.mark.parametrize(
    ("say", "is_on_page", "note"),
    [(wrote, True, "first\nsecond"), (wrote, False, "first\nsecond"), (asked, True, "second")],
)
def test_two_at_once_are_one(app: Flask, say: Callable[[str, int | None], None], is_on_page: bool, note: str) -> None:
    errors: list[BaseException] = []
    with app.app_context():
        issued = issue().page.id
        page_id = issued if is_on_page else None
        say("first", page_id)

        second = on_another_thread(app, lambda: say("second", page_id), errors)
        waited = run_until(is_somebody_waiting, seconds=5)
        db.session.commit()
        second.join(20)

        assert errors == []
        assert committed(select(Conversation.note)) == [note]
        assert waited
