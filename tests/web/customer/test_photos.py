"""A page's photos, to its customer: as long as the page itself may be seen, on this device, and as images alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.media import service as media
from selfservice.pages import service
from tests.factories import issue
from tests.harness.application import make_settings
from tests.media import photos, scenes
from tests.web.customer.test_door import snapshot

TYPES = Path(__file__).parents[2] / "types"
RESULT = {"patient": "20114417", "test": "Iron in the blood", "value": "Zebra finding 77"}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Demo settings with two page types more, that ask who looks."""
    return make_settings(database_url, tmp_path, SITUATIONS=str(TYPES))


def page_of(app: Flask, situation: str = "appointment_reminder", facts: Any = None, **details: Any) -> str:
    """The path of a fresh page."""
    with app.app_context():
        return "/p/" + issue(situation, facts, **details).url.rpartition("/")[2]


def id_of(app: Flask, path: str) -> int:
    with app.app_context():
        return tokens.current().read_page(path[3:])


def add(app: Flask, path: str, body: bytes = b"", *, is_ready: bool = True) -> str:
    """The address of a photo of that page."""
    page_id = id_of(app, path)
    with app.app_context():
        medium_id = (scenes.show if is_ready else scenes.receive)(page_id, body)
        return f"{path}/-/media/{tokens.encode_id(medium_id)}"


def test_a_photo_is_an_image_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    answer = client.get(add(app, page_of(app)))

    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert b"Harbour" not in answer.data
    assert answer.headers["Content-Disposition"] == "inline; filename=photo.jpg"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_what_shines_through_is_a_png(app: Flask, client: FlaskClient) -> None:
    answer = client.get(add(app, page_of(app), photos.png(mode="RGBA", alpha=90)))

    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("image/png", "inline; filename=photo.png")


def test_it_belongs_to_its_page_alone(app: Flask, client: FlaskClient) -> None:
    mine, theirs = page_of(app), page_of(app, phone="+12025550124")
    photo = add(app, theirs).rpartition("/")[2]

    assert client.get(f"{theirs}/-/media/{photo}").status_code == 200
    assert client.get(f"{mine}/-/media/{photo}").status_code == 404


@pytest.mark.parametrize("name", ["0" * 11, "x", "zzzzzzzzzzz", "%2e%2e", "0000000000%00"])
def test_what_is_no_photo_is_not_found(app: Flask, client: FlaskClient, name: str) -> None:
    assert client.get(f"{page_of(app)}/-/media/{name}").status_code == 404


def test_a_forged_link_reads_nothing(app: Flask, client: FlaskClient, counting: Callable[[], Any]) -> None:
    photo = add(app, page_of(app))
    forged = photo.replace(photo[3:10], "aaaaaaa")

    with counting() as statements:
        answer = client.get(forged)

    assert (answer.status_code, statements) == (404, [])


def test_what_is_not_ready_is_not_shown(app: Flask, client: FlaskClient) -> None:
    path = page_of(app)

    assert client.get(add(app, path, is_ready=False)).status_code == 404
    assert client.get(add(app, path, photos.bomb())).status_code == 404


def test_what_was_forgotten_is_not_shown(app: Flask, client: FlaskClient) -> None:
    path = page_of(app)
    photo = add(app, path)
    with app.app_context():
        media.forget(tokens.current().read_page(path[3:]))
        db.session.commit()

    assert client.get(photo).status_code == 404


@pytest.mark.parametrize("how", ["disowned", "revoked", "expired", "retired"])
def test_a_page_that_shows_nothing_shows_no_photo(app: Flask, client: FlaskClient, how: str) -> None:
    path = page_of(app)
    photo = add(app, path)
    assert client.get(photo).status_code == 200

    with app.app_context():
        page_id = tokens.current().read_page(path[3:])
        if how == "disowned":
            client.post(f"{path}/-/wrong-number")
        elif how == "revoked":
            service.revoke(page_id, actor="staff:1")
        elif how == "expired":
            db.session.execute(text("UPDATE pages SET expires_at = created_at WHERE id = :id"), {"id": page_id})
        else:
            db.session.execute(text("UPDATE pages SET situation = 'gone' WHERE id = :id"), {"id": page_id})
        db.session.commit()
    answer = client.get(photo)

    assert (answer.status_code, answer.mimetype) == (410, "text/html")


def test_a_page_that_asks_who_looks_shows_none_before(app: Flask, client: FlaskClient) -> None:
    path = page_of(app, "lab_result", RESULT)
    photo = add(app, path)

    before = client.get(photo)
    client.post(f"{path}/-/check", data={"typed": "4417"})
    after = client.get(photo)

    assert (before.status_code, before.mimetype) == (403, "text/html")
    assert (after.status_code, after.mimetype) == (200, "image/jpeg")
    assert app.test_client().get(photo).status_code == 403


def test_looking_writes_nothing(app: Flask, client: FlaskClient) -> None:
    photo = add(app, page_of(app))
    before = snapshot(app)

    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.open(photo, method=method).status_code == 200

    assert snapshot(app) == before
    assert client.head(photo).data == b""


def test_a_store_that_is_away_is_said_so(app: Flask, client: FlaskClient) -> None:
    photo = add(app, page_of(app))
    with app.app_context():
        scenes.make_moody(lambda call, _folder: call == "get")

    answer = client.get(photo)

    assert (answer.status_code, answer.mimetype) == (503, "text/html")


def test_no_address_leads_to_what_is_kept(app: Flask, client: FlaskClient, settings: Settings) -> None:
    path = page_of(app)
    add(app, path)
    with app.app_context():
        keys = scenes.files()

    tried = [f"/{folder}{key}" for key in keys for folder in ("", "media/", "static/", "static/../instance/media/")]

    assert len(keys) == 2
    assert {client.get(address).status_code for address in tried} == {404}
