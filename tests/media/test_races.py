"""A photo that is taken while its page is emptied, on PostgreSQL: whoever comes first, nothing is left in the store."""

from __future__ import annotations

import pytest
from flask import Flask

from selfservice.db import db
from selfservice.media import arrivals, service
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.media import photos, scenes
from tests.messages.scenes import run_until

pytestmark = pytest.mark.database("postgresql")


def test_a_photo_fetched_while_its_page_is_emptied_goes_as_well(app: Flask) -> None:
    errors: list[BaseException] = []
    with app.app_context():
        page_id = scenes.page()
        arrivals.expect(page_id, provider="post", urls=["https://post.example/1"], sender="customer")
        db.session.commit()
        arrival = arrivals.claim()
        service.receive(page_id, photos.jpeg(), source="mms", sender="customer")
        assert arrivals.conclude(arrival.id)

        emptier = on_another_thread(app, lambda: service.forget(page_id), errors)
        assert run_until(is_somebody_waiting)
        db.session.commit()
        emptier.join(20)
        scenes.work()

        assert errors == []
        assert (scenes.files(), scenes.count_leftovers()) == ([], 0)
