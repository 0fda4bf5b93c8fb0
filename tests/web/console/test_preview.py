"""The preview is the real page, may be framed by the console alone, and writes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, select

from selfservice.db import db
from selfservice.tokens import encode_id
from tests import factories
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_new import form


def rows_of(app: Flask) -> dict[str, Any]:
    """Every row of every table."""
    with app.app_context():
        tables: dict[str, Table] = (db.metadata or MetaData()).tables
        return {name: [tuple(row) for row in db.session.execute(select(table))] for name, table in tables.items()}


def preview(desk: Desk, **changes: str) -> str:
    answer = desk.post("/console/preview", form(**changes))
    assert answer.status_code == 200
    return answer.text


def test_preview_shows_what_was_entered(ana: Desk) -> None:
    shown = preview(ana)

    assert "Maria, can you make your appointment" in shown
    assert "Dr Amina Okafor" in shown


def test_preview_is_inert_and_framed_by_us_alone(app: Flask, ana: Desk) -> None:
    answer = ana.post("/console/preview", form())

    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    assert "/p/" not in answer.text.replace("/p/0", "")
    assert "X-Frame-Options" not in answer.headers


def test_nothing_else_of_the_console_may_be_framed(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = encode_id(factories.issue().page.id)

    for path in ("/console/new", f"/console/pages/{page_id}", f"/console/pages/{page_id}/timeline"):
        assert "frame-ancestors 'none'" in ana.get(path).headers["Content-Security-Policy"]


def test_preview_and_look_write_nothing(app: Flask, ana: Desk) -> None:
    with app.app_context():
        factories.issue()
    ana.get("/console/new")
    before = rows_of(app)

    preview(ana, case_ref="HS-1")
    ana.post("/console/new/look", form(case_ref="HS-1"))
    ana.post("/console/jump", {"search": "maria"})

    assert rows_of(app) == before


@pytest.mark.parametrize(
    ("state", "words"),
    [("asks", "can you make your appointment"), ("answered", "See you"), ("closed", "This page has closed")],
)
def test_preview_shows_each_state(ana: Desk, state: str, words: str) -> None:
    assert words in preview(ana, state=state)


def test_preview_in_another_language_dark_and_large(ana: Desk) -> None:
    plain = preview(ana, language="ar")
    shown = preview(ana, language="ar", theme="dark", large="on")

    assert 'dir="rtl"' in plain
    assert shown != plain


def test_preview_of_an_empty_form_is_a_sample(ana: Desk) -> None:
    shown = preview(ana, **{name: "" for name in form() if name.startswith("fact_")})

    assert "Dr Amina Okafor" in shown


def test_preview_of_half_a_form_borrows_the_rest(ana: Desk) -> None:
    shown = preview(ana, fact_at="", fact_person="Nurse Joy Mensah")

    assert "Nurse Joy Mensah" in shown
    assert "10:20" in shown


def test_preview_shows_no_code_of_what_was_entered(ana: Desk) -> None:
    shown = preview(ana, fact_person="<script>alert(1)</script>")

    assert "<script>alert(1)" not in shown


@pytest.mark.parametrize("key", ["appointment_reminder", "fraud_alert", "order_status"])
def test_every_sample_can_be_looked_at(app: Flask, ana: Desk, key: str) -> None:
    from selfservice.situations import registry  # noqa: PLC0415 - beside its one use

    with app.app_context():
        samples = list(registry.current().get(key).samples)

    for sample in samples:
        assert ana.get(f"/console/preview/sample/{key}/{sample}?language=ar").status_code == 200
    assert ana.get(f"/console/preview/sample/{key}/nothing").status_code == 404
    assert ana.get("/console/preview/sample/nothing/nothing").status_code == 404


def test_existing_page_is_shown_without_its_token(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = factories.issue().page.id
        factories.act(page_id, "confirm")

    shown = ana.get(f"/console/preview/page/{encode_id(page_id)}")

    assert "See you" in shown.text
    assert "data-token" not in shown.text
    assert ana.get(f"/console/preview/page/{encode_id(7)}").status_code == 404


def test_types_are_told_with_their_samples(ana: Desk) -> None:
    text = text_of(ana.get("/console/types/appointment_reminder"))

    assert "Appointment reminder" in text
    assert "Use this to remind somebody of an appointment" in text
    assert "Booked" in text


def test_jump_finds_pages_by_a_few_letters(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = encode_id(factories.issue(name="Maria Santos").page.id)

    hits = ana.post("/console/jump", {"search": "sant"}).get_json()["hits"]

    assert [(hit["who"], hit["what"]) for hit in hits] == [("Maria Santos", "Appointment reminder")]
    assert hits[0]["address"] == f"/console/pages/{page_id}"
    assert ana.post("/console/jump", {"search": " "}).get_json() == {"hits": []}
