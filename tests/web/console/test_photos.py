"""Photos at the console: in the story where they came, in small, for staff alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.media import service
from selfservice.staff.models import StaffSession
from tests import factories
from tests.media import photos, scenes
from tests.web.console.desk import Desk, text_of


@pytest.fixture
def page_id(app: Flask, ana: Desk) -> int:
    with app.app_context():
        return factories.issue().page.id


def address(page_id: int, more: str = "") -> str:
    return f"/console/pages/{tokens.encode_id(page_id)}{more}"


def story(desk: Desk, page_id: int) -> str:
    """The part of the screen that tells what happened."""
    shown = desk.get(address(page_id, "/timeline"))
    return shown.text.split('class="happened"', 1)[1].split("</ol>", 1)[0]


def photo_of(app: Flask, page_id: int, body: bytes = b"") -> str:
    with app.app_context():
        return address(page_id, f"/media/{tokens.encode_id(scenes.show(page_id, body))}")


def test_a_photo_is_told_with_its_preview(app: Flask, ana: Desk, page_id: int) -> None:
    photo = photo_of(app, page_id)

    told = story(ana, page_id)

    assert "<b>Sent a photo</b>" in told
    assert "<p>By text from the number ending 123</p>" in told
    assert f'src="{photo}/preview"' in told
    assert f'href="{photo}"' in told


@pytest.mark.parametrize("more", ["", "/preview"])
def test_staff_see_it(app: Flask, ana: Desk, page_id: int, more: str) -> None:
    answer = ana.get(photo_of(app, page_id) + more)

    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == "inline; filename=photo.jpg"


@pytest.mark.parametrize("more", ["", "/preview"])
def test_nobody_else_does(app: Flask, stranger: Desk, page_id: int, more: str) -> None:
    answer = stranger.get(photo_of(app, page_id) + more)

    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_a_photo_of_another_page_is_not_found(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        other = factories.issue(phone="+12025550124").page.id
    photo = photo_of(app, other)

    assert ana.get(photo.replace(tokens.encode_id(other), tokens.encode_id(page_id))).status_code == 404
    assert ana.get(address(page_id, "/media/nonsense")).status_code == 404


def test_one_that_is_not_ready_is_told_without(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        scenes.receive(page_id, source="upload", sender=f"staff:{ana.user_id}")

    told = story(ana, page_id)

    assert "<b>Photo added by Ana Silva</b>" in told
    assert "It is being made ready" in told
    assert "<img" not in told


@pytest.mark.parametrize(
    ("body", "why"),
    [(photos.bomb(), "The photo had too many pixels"), (photos.jpeg()[:900], "It cannot be read as a photo")],
)
def test_one_that_cannot_be_shown_says_why(app: Flask, ana: Desk, page_id: int, body: bytes, why: str) -> None:
    photo_of(app, page_id, body)

    told = story(ana, page_id)

    assert "<b>Sent something that is not shown</b>" in told
    assert why in told
    assert told.count("<li") == 2


def test_what_was_no_photo_at_all_is_told_once(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        service.refuse(page_id, source="mms", sender="customer", reason="pdf")
        db.session.commit()

    told = story(ana, page_id)

    assert "It was a PDF" in told
    assert told.count("<li") == 2


def test_one_that_was_forgotten_is_told_as_gone(app: Flask, ana: Desk, page_id: int) -> None:
    photo = photo_of(app, page_id)
    with app.app_context():
        service.forget(page_id)
        db.session.commit()

    assert "It was deleted when its time was over" in text_of(ana.get(address(page_id)))
    assert ana.get(photo).status_code == 404


def test_a_preview_that_loads_by_itself_is_no_sign_of_a_person(app: Flask, ana: Desk, page_id: int) -> None:
    photo = photo_of(app, page_id)
    seen_at = clock.now() - timedelta(minutes=10)
    with app.app_context():
        session = db.session.scalars(select(StaffSession).where(StaffSession.id == ana.session_id)).one()
        session.seen_at = seen_at
        db.session.commit()

    assert ana.get(f"{photo}/preview", headers={"Sec-Fetch-Dest": "image"}).status_code == 200

    with app.app_context():
        assert (
            db.session.scalars(select(StaffSession.seen_at).where(StaffSession.id == ana.session_id)).one() == seen_at
        )
