"""The pictures that a page shows, to its customer: of this page alone, and as long as it may be seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.media import pictures
from selfservice.pages import service
from tests.factories import issue
from tests.harness.application import make_settings
from tests.media import photos
from tests.web.customer.test_door import snapshot

TYPES = Path(__file__).parents[2] / "types"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Demo settings with a page type more, that asks who looks."""
    return make_settings(database_url, tmp_path, SITUATIONS=str(TYPES))


def add(app: Flask, body: bytes = b"") -> str:
    with app.app_context():
        return tokens.encode_id(pictures.add(body or photos.jpeg((640, 480)), actor="cli"))


def notice(picture: str = "", **changes: Any) -> dict[str, Any]:
    facts = {"heading": "We move", "text": "Find us at 9 Mill Lane.", **changes}
    return facts | {"picture": {"picture": picture, "alt": "A green door"}} if picture else facts


def page_of(app: Flask, facts: dict[str, Any], situation: str = "notice", **details: Any) -> str:
    """The path of a page."""
    with app.app_context():
        return "/p/" + issue(situation, facts, **details).url.rpartition("/")[2]


def revoke(app: Flask, path: str) -> None:
    with app.app_context():
        service.revoke(tokens.current().read_page(path[3:]), actor="cli")
        db.session.commit()


def test_a_page_shows_it_later_and_keeps_its_room(app: Flask, client: FlaskClient) -> None:
    picture = add(app)
    path = page_of(app, notice(picture))

    page = client.get(path).text
    answer = client.get(f"{path}/-/picture/{picture}")
    small = client.get(f"{path}/-/picture/{picture}/small")

    shown = f'<img src="{path}/-/picture/{picture}" alt="A green door" width="640" height="480" loading="lazy">'
    assert re.findall("<img[^>]*>", page) == [shown]
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert 0 < len(small.data) < len(answer.data)


def test_somebody_has_their_picture_over_their_letters(app: Flask, client: FlaskClient) -> None:
    picture = add(app)
    facts = {"about": "your call", "person": {"name": "Dr Amina Okafor", "picture": picture}}
    with_one = page_of(app, facts, "satisfaction_survey")
    without = page_of(app, {**facts, "person": {"name": "Dr Amina Okafor"}}, "satisfaction_survey")

    image = f'<img src="{with_one}/-/picture/{picture}/small" alt="" loading="lazy">'
    assert f'<b class="portrait" aria-hidden="true">AO{image}</b>' in client.get(with_one).text
    assert '<b class="portrait" aria-hidden="true">AO</b>' in client.get(without).text


def test_looking_writes_nothing(app: Flask, client: FlaskClient) -> None:
    picture = add(app)
    path = page_of(app, notice(picture))
    before = snapshot(app)

    client.get(f"{path}/-/picture/{picture}")

    assert snapshot(app) == before


def test_another_page_does_not_have_it(app: Flask, client: FlaskClient) -> None:
    picture = add(app)
    mine = page_of(app, notice(picture))
    other = page_of(app, notice())

    answers = [
        client.get(address)
        for address in (
            f"{other}/-/picture/{picture}",
            f"{other}/-/picture/00000000001",
            f"{mine[:-1]}{'A' if mine[-1] != 'A' else 'B'}/-/picture/{picture}",
            f"{mine}/-/picture/{picture[:-1]}x/small",
            f"{mine}/-/picture/nothing",
            f"{mine}/-/media/{picture}",
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert all(b"JFIF" not in answer.data for answer in answers)


def test_it_is_gone_with_the_page(app: Flask, client: FlaskClient) -> None:
    picture = add(app)
    path = page_of(app, notice(picture))

    revoke(app, path)

    assert client.get(f"{path}/-/picture/{picture}").status_code == 410


def test_nobody_sees_it_before_the_check(app: Flask, client: FlaskClient) -> None:
    picture = add(app)
    facts = {"patient": "20114417", "test": "Iron", "value": "12", "by": {"name": "Jo Ek", "picture": picture}}
    path = page_of(app, facts, "lab_result")

    page, answer = client.get(path), client.get(f"{path}/-/picture/{picture}")

    assert picture not in page.text
    assert (answer.status_code, answer.mimetype) == (403, "text/html")


def test_changed_facts_show_another_and_the_old_one_goes(app: Flask, client: FlaskClient) -> None:
    old, new = add(app), add(app)
    path = page_of(app, notice(old), case_ref="move")

    assert page_of(app, notice(new), case_ref="move") == path

    assert client.get(f"{path}/-/picture/{new}").status_code == 200
    assert client.get(f"{path}/-/picture/{old}").status_code == 404
    with app.app_context():
        assert pictures.sizes([tokens.decode_id(old), tokens.decode_id(new)]).keys() == {tokens.decode_id(new)}


@pytest.mark.parametrize("picture", ["4fQx81LbT0a", "zzzzzzzzzzz", "00000000000"])
def test_an_id_that_nobody_knows_is_refused_with_a_sentence(app: Flask, picture: str) -> None:
    with pytest.raises(Invalid) as refused:
        page_of(app, notice(picture))

    assert refused.value.fields == {
        "picture": "Picture: This picture is not here, or no page shows it any more; upload it again and use the id "
        "that it gets then."
    }


def test_a_photo_of_a_customer_is_no_picture(app: Flask, client: FlaskClient) -> None:
    from tests.web.customer.test_photos import add as send  # noqa: PLC0415

    photo = send(app, page_of(app, notice())).rpartition("/")[2]

    with pytest.raises(Invalid):
        page_of(app, notice(photo))
