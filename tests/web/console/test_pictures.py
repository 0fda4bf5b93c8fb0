"""The picture of a fact in the form of a new page: with script before the form is sent, without it along with it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask

from selfservice.db import db
from selfservice.media.models import Picture
from selfservice.pages.models import Page
from tests.media import photos
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_new import value_of

NOT_HERE = "Picture: This picture is not here"


def file(body: bytes = b"") -> tuple[io.BytesIO, str]:
    return io.BytesIO(body or photos.jpeg()), "door.jpg"


def form(**changes: Any) -> dict[str, Any]:
    filled = {
        "situation": "notice",
        "phone": "(202) 555-0123",
        "language": "en",
        "fact_heading": "We move",
        "fact_text": "Find us at 9 Mill Lane.",
        "fact_picture": "A green door",
        "fact_give_on": "no",
    }
    return {**filled, **changes}


def kept(text: str) -> str:
    return value_of(text, "fact_picture-picture")


def facts_of_pages(app: Flask) -> list[Any]:
    with app.app_context():
        return [page.facts.get("picture") for page in db.session.query(Page)]


def count_pictures(app: Flask) -> int:
    with app.app_context():
        return db.session.query(Picture).count()


def test_a_form_without_script_carries_it(app: Flask, ana: Desk) -> None:
    assert 'enctype="multipart/form-data"' in ana.get("/console/new?type=notice").text

    made = ana.post("/console/new", form(**{"fact_picture-file": file()}))

    assert made.status_code == 303
    (shown,) = facts_of_pages(app)
    assert shown["alt"] == "A green door"
    detail = ana.get(made.location)
    assert f'src="/console/pictures/{shown["picture"]}"' in detail.text
    assert "A green door" in text_of(detail)
    image = ana.get(f"/console/pictures/{shown['picture']}")
    assert (image.status_code, image.mimetype) == (200, "image/jpeg")


def test_it_is_kept_when_the_rest_is_refused(app: Flask, ana: Desk) -> None:
    refused = ana.post("/console/new", form(phone="", **{"fact_picture-file": file()}))
    again = ana.post("/console/new", form(**{"fact_picture-picture": kept(refused.text)}))

    assert (refused.status_code, again.status_code) == (422, 303)
    assert f'src="/console/pictures/{kept(refused.text)}"' in refused.text
    assert value_of(refused.text, "fact_picture") == "A green door"
    assert facts_of_pages(app) == [{"picture": kept(refused.text), "alt": "A green door"}]
    assert count_pictures(app) == 1


def test_it_can_be_looked_at_before_anything_is_sent(app: Flask, ana: Desk) -> None:
    shown = ana.post("/console/new", form(do="keep", **{"fact_picture-file": file()}))
    page = ana.post("/console/preview", form(**{"fact_picture-picture": kept(shown.text)}))

    assert (shown.status_code, facts_of_pages(app)) == (200, [])
    assert re.search(r'<img src="data:image/jpeg;base64,[^"]+" alt="A green door" width="64" height="48"', page.text)
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]


def test_it_can_be_left_out_again(app: Flask, ana: Desk) -> None:
    shown = ana.post("/console/new", form(do="keep", **{"fact_picture-file": file()}))

    ana.post(
        "/console/new",
        form(**{"fact_picture": "", "fact_picture-picture": kept(shown.text), "fact_picture-none": "on"}),
    )

    assert facts_of_pages(app) == [None]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fact_picture": ""}, "Write what the picture shows, for those who do not see it."),
        ({"fact_picture-file": file(b"%PDF-1.7")}, "This is no picture that can be read; save it as a JPEG or PNG"),
        ({"fact_picture-picture": "4fQx81LbT0a"}, NOT_HERE),
        ({"fact_picture-picture": "zzzzzzzzzzz"}, NOT_HERE),
        ({}, "Choose a picture; in CSV and JSON, where no file can travel, write the id that its upload gave back."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(app: Flask, ana: Desk, changes: dict[str, Any], sentence: str) -> None:
    given = {"fact_picture-file": file()} if changes == {"fact_picture": ""} else {}

    refused = ana.post("/console/new", form(**given, **changes))

    assert refused.status_code == 422
    said = re.search(r'id="fact_picture-problem"[^>]*>(.*?)</p>', refused.text, re.DOTALL)
    assert said is not None
    assert sentence in said[1]
    assert facts_of_pages(app) == []


def test_somebody_is_entered_beside_their_picture(app: Flask, ana: Desk) -> None:
    with app.app_context():
        (picture,) = [made.json["id"] for made in [ana.post("/console/pictures", {"picture": file()})] if made.json]
    filled = {
        "situation": "satisfaction_survey",
        "phone": "(202) 555-0123",
        "language": "en",
        "fact_about": "your call",
        "fact_person": "Jo",
        "fact_person-picture": picture,
        "fact_ask_likely": "no",
    }

    refused = ana.post("/console/new", {**filled, "phone": ""})
    made = ana.post("/console/new", filled)

    assert (value_of(refused.text, "fact_person"), value_of(refused.text, "fact_person-picture")) == ("Jo", picture)
    with app.app_context():
        assert db.session.query(Page).one().facts["person"] == {"name": "Jo", "role": None, "picture": picture}
    assert "Jo" in text_of(ana.get(made.location))


def test_a_sample_fills_it_in_and_the_gallery_shows_it(ana: Desk) -> None:
    filled = ana.get("/console/new?type=notice&sample=moving").text
    page = ana.get("/console/preview/sample/notice/moving?stage=ask")

    assert kept(filled) == "00000000002"
    assert page.text.count('<img src="data:image/jpeg;base64,') == 1


class TestAdding:
    def test_an_upload_gives_back_an_id(self, app: Flask, ana: Desk) -> None:
        made = ana.post("/console/pictures", {"picture": file()})

        assert made.status_code == 201
        assert made.json is not None
        assert made.json["address"] == f"/console/pictures/{made.json['id']}"
        assert ana.get(made.json["address"]).status_code == 200
        assert count_pictures(app) == 1

    @pytest.mark.parametrize("given", [{}, {"picture": file(b"%PDF-1.7")}])
    def test_what_is_none_is_refused(self, app: Flask, ana: Desk, given: dict[str, Any]) -> None:
        refused = ana.post("/console/pictures", given, headers={"Accept": "application/json"})

        assert refused.status_code == 422
        assert refused.json is not None
        assert refused.json["fields"].keys() == {"picture"}
        assert count_pictures(app) == 0

    def test_nobody_else_adds_or_sees_one(self, app: Flask, ana: Desk, stranger: Desk) -> None:
        made = ana.post("/console/pictures", {"picture": file()})
        assert made.json is not None

        assert stranger.post("/console/pictures", {"picture": file()}).status_code == 401
        assert stranger.get(made.json["address"]).status_code == 303
        assert count_pictures(app) == 1
