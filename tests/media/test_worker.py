"""The worker prepares photos and empties the store beside everything else it does."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice.db import db
from selfservice.media import leftovers, preparing, service
from selfservice.media.models import Leftover, Medium
from tests.media import scenes
from tests.messages.scenes import accept_many, committed, run_until, state_of
from tests.test_worker import working


def test_a_photo_becomes_ready_and_goes(app: Flask) -> None:
    with app.app_context():
        page_id = scenes.page()
        with working(app):
            scenes.receive(page_id)
            assert run_until(lambda: committed(select(Medium.state)) == ["ready"], seconds=30)
            service.forget(page_id)
            db.session.commit()
            assert run_until(lambda: committed(select(Leftover.key)) == [], seconds=30)
        assert scenes.files() == []


@pytest.mark.parametrize("step", [(preparing, "prepare_next"), (leftovers, "clear_due")])
def test_photos_in_trouble_do_not_hold_up_texts(
    app: Flask, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(*step, fail)
    with app.app_context():
        scenes.receive(scenes.page())
        with working(app):
            (message_id,) = accept_many(1)
            assert run_until(lambda: state_of(message_id) == "delivered")
