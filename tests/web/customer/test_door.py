"""The customer's door: only signed links open it, looking changes nothing, and every state has its page."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from selfservice import tokens
from selfservice.application import MAX_BODY_BYTES
from selfservice.db import Base, db
from selfservice.pages import queries, service
from selfservice.pages.models import Page
from selfservice.web.lines import Slow
from tests.factories import act, appointment, issue, soon


@pytest.fixture
def link(app: Flask) -> str:
    """The path of a fresh appointment page."""
    with app.app_context():
        return "/p/" + issue().url.rpartition("/")[2]


def snapshot(app: Flask) -> dict[str, list[Any]]:
    """Every row of every table."""
    with app.app_context():
        rows = {
            table.name: sorted(map(repr, db.session.execute(sa.select(table)).all()))
            for table in Base.metadata.sorted_tables
        }
        db.session.rollback()
    return rows


def page_of(app: Flask, link: str) -> Page:
    with app.app_context():
        return queries.get(tokens.current().read_page(link.rpartition("/")[2]))


def answer_path(app: Flask, link: str, action: str) -> str:
    with app.app_context():
        keyring = tokens.current()
        return "/a/" + keyring.sign_answer(keyring.read_page(link.rpartition("/")[2]), action)


def post_json(client: FlaskClient, path: str, *, revision: int = 1, key: str = "", **form: Any) -> TestResponse:
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return client.post(path, json={"input": form, "revision": revision}, headers=headers)


class TestLinks:
    def test_a_signed_link_shows_the_page(self, client: FlaskClient, link: str) -> None:
        response = client.get(link)

        assert response.status_code == 200
        assert "Maria, can you make your appointment" in response.text
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
        assert response.headers.getlist("Set-Cookie") == []

    def test_anything_else_is_the_same_404(self, client: FlaskClient, link: str) -> None:
        token = link.rpartition("/")[2]
        wrong = [token[:-1], token + "=", token + "%3D", token.swapcase(), "0" * 34, "x", token[:-1] + "é"]

        bodies = {client.get(f"/p/{text}").text for text in wrong}
        codes = {client.get(f"/p/{text}").status_code for text in wrong}

        assert codes == {404}
        assert len(bodies) == 1
        assert token not in bodies.pop()

    def test_a_signed_link_to_no_page_looks_the_same(self, app: Flask, client: FlaskClient) -> None:
        with app.app_context():
            nobody = tokens.current().sign_page(tokens.new_id())

        assert client.get(f"/p/{nobody}").text == client.get("/p/forged").text

    def test_a_forged_link_costs_no_database_read(
        self, client: FlaskClient, link: str, counting: Callable[[], Any]
    ) -> None:
        forged = link[:-1] + ("a" if link[-1] != "a" else "b")

        with counting() as statements:
            responses = [
                client.get(forged),
                client.post(f"{forged}/confirm", data={"revision": 1}),
                client.post(f"/a/{forged[3:]}confirm", json={"input": {}, "revision": 1}),
                client.get(f"{forged}/-/calendar.ics"),
                client.post(f"{forged}/-/opened"),
            ]

        assert {response.status_code for response in responses} == {404}
        assert statements == []

    def test_a_page_not_yet_open_is_not_shown(self, app: Flask, client: FlaskClient) -> None:
        with app.app_context():
            later = issue(send_at=soon(hours=5))

        assert client.get("/p/" + later.url.rpartition("/")[2]).status_code == 404


class TestLookingChangesNothing:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_no_row_changes(self, app: Flask, client: FlaskClient, link: str, method: str) -> None:
        rules = [
            rule.rule.replace("<token>", link[3:])
            for rule in app.url_map.iter_rules()
            if rule.endpoint.startswith("customer.") and "GET" in (rule.methods or ())
        ]
        before = snapshot(app)

        for rule in rules:
            for address in (rule, f"{rule}?step=choose&lang=ar", f"{rule}?lang=%00&step=nowhere"):
                assert client.open(address, method=method).status_code in (200, 303, 404)

        assert len(rules) >= 4
        assert snapshot(app) == before

    def test_the_comparison_notices_a_write(self, app: Flask, client: FlaskClient, link: str) -> None:
        before = snapshot(app)

        assert client.post(f"{link}/-/opened").status_code == 204

        assert snapshot(app) != before


class TestForms:
    def test_an_answer_leads_back_to_the_page(self, app: Flask, client: FlaskClient, link: str) -> None:
        response = client.post(f"{link}/confirm?lang=es", data={"revision": "1"})

        assert (response.status_code, response.headers["Location"]) == (303, f"{link}?lang=es")
        assert page_of(app, link).state == "answered"

    def test_the_same_form_twice_is_one_answer(self, app: Flask, client: FlaskClient, link: str) -> None:
        for _ in range(2):
            assert client.post(f"{link}/confirm", data={"revision": "1"}).status_code == 303

        assert page_of(app, link).revision == 2

    def test_an_older_sight_is_told_which_answer_won(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(f"{link}/confirm", data={"revision": "1"})

        response = client.post(f"{link}/cancel", data={"revision": "1"})

        assert response.status_code == 409
        assert "See you" in response.text
        assert page_of(app, link).step == "confirmed"

    def test_a_form_without_a_choice_comes_back_with_the_reason(self, client: FlaskClient, link: str) -> None:
        response = client.post(f"{link}/move", data={"revision": "1", "step": "choose"})

        assert response.status_code == 422
        assert "Pick a time first." in response.text
        assert 'role="alert"' in response.text

    def test_what_was_written_is_not_lost(self, client: FlaskClient, link: str) -> None:
        response = client.post(f"{link}/note", data={"revision": "1", "step": "note", "note": "x" * 301})

        assert response.status_code == 422
        assert "x" * 301 in response.text

    @pytest.mark.parametrize("revision", ["", "one", None])
    def test_a_form_without_a_revision_is_refused(self, client: FlaskClient, link: str, revision: str | None) -> None:
        data = {} if revision is None else {"revision": revision}

        assert client.post(f"{link}/confirm", data=data).status_code == 422

    def test_a_form_from_another_site_is_refused(self, app: Flask, client: FlaskClient, link: str) -> None:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            response = client.post(f"{link}/confirm", data={"revision": "1"}, headers=headers)
            assert response.status_code == 403

        assert page_of(app, link).state == "open"

    def test_changing_the_answer(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(f"{link}/confirm", data={"revision": "1"})

        assert client.post(f"{link}/change", data={"revision": "2"}).status_code == 303

        assert page_of(app, link).state == "open"

    def test_what_comes_too_slowly_or_is_too_large_is_said_to_be_so(self, client: FlaskClient, link: str) -> None:
        class Line(io.RawIOBase):
            def readinto(self, _into: Any) -> int:
                raise Slow

        large = client.post(f"{link}/confirm", data={"note": "x" * MAX_BODY_BYTES})
        slow = client.post(f"{link}/confirm", environ_overrides={"wsgi.input": Line(), "CONTENT_LENGTH": "10"})

        assert (large.status_code, "That’s too large to send" in large.text) == (413, True)
        assert (slow.status_code, "That came too slowly" in slow.text) == (408, True)


class TestScripts:
    def test_an_answer_brings_the_page_as_it_stands_now(self, app: Flask, client: FlaskClient, link: str) -> None:
        response = post_json(client, answer_path(app, link, "confirm"))

        assert response.status_code == 200
        assert response.json is not None
        assert response.json["status"] == "applied"
        assert {name: response.json["page"][name] for name in ("state", "revision", "step")} == {
            "state": "answered",
            "revision": 2,
            "step": "confirmed",
        }
        assert "See you" in response.json["page"]["html"]

    def test_the_same_key_again(self, app: Flask, client: FlaskClient, link: str) -> None:
        key = str(uuid.uuid4())

        statuses = [post_json(client, answer_path(app, link, "confirm"), key=key).json["status"] for _ in range(2)]

        assert statuses == ["applied", "already_applied"]

    def test_a_beaten_answer_names_the_winner(self, app: Flask, client: FlaskClient, link: str) -> None:
        post_json(client, answer_path(app, link, "confirm"))

        response = post_json(client, answer_path(app, link, "cancel"))

        assert response.status_code == 409
        assert response.content_type == "application/problem+json"
        assert (response.json["code"], response.json["won"]) == ("conflict", "confirmed")

    def test_an_answer_token_opens_no_page(self, app: Flask, client: FlaskClient, link: str) -> None:
        token = answer_path(app, link, "confirm")[3:]

        assert client.get(f"/p/{token}").status_code == 404
        assert client.get(f"/p/{token[:34]}").status_code == 404
        assert post_json(client, f"/a/{token[:34]}cancel").status_code == 404

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            ({"json": {"input": {}, "revision": 1}}, {}),
            ({"json": {"input": {}, "revision": 1}}, {"Idempotency-Key": "again"}),
            ({"json": {"input": {}}}, {"Idempotency-Key": str(uuid.UUID(int=1))}),
            ({"json": {"input": [], "revision": 1}}, {"Idempotency-Key": str(uuid.UUID(int=1))}),
            ({"json": [1]}, {"Idempotency-Key": str(uuid.UUID(int=1))}),
            ({"data": "{", "content_type": "application/json"}, {"Idempotency-Key": str(uuid.UUID(int=1))}),
        ],
        ids=["no-key", "wrong-key", "no-revision", "wrong-input", "a-list", "no-json"],
    )
    def test_bad_bodies_are_told_what_to_send(
        self, app: Flask, client: FlaskClient, link: str, body: dict[str, Any], headers: dict[str, str]
    ) -> None:
        response = client.post(answer_path(app, link, "confirm"), headers=headers, **body)

        assert response.status_code == 422
        assert response.content_type == "application/problem+json"
        assert "send" in response.json["title"]
        assert page_of(app, link).state == "open"


class TestEnds:
    def test_expired(self, app: Flask, client: FlaskClient, link: str) -> None:
        with time_machine.travel(page_of(app, link).expires_at, tick=False):
            response = client.get(link)
            late = client.post(f"{link}/confirm", data={"revision": "1"})

        assert (response.status_code, late.status_code) == (410, 410)
        assert "Talk to a person" in response.text

    def test_revoked(self, app: Flask, client: FlaskClient, link: str) -> None:
        with app.app_context():
            service.revoke(tokens.current().read_page(link[3:]), actor="staff:1")
            db.session.commit()

        response = client.get(link)

        assert response.status_code == 410
        assert "Talk to a person" in response.text

    def test_superseded_leads_to_the_current_page(self, app: Flask, client: FlaskClient) -> None:
        with app.app_context():
            first = issue(case_ref="A-1")
            act(first.page.id, "confirm")
            later = issue(facts=appointment(place="2 Pier Road"), case_ref="A-1")
            paths = ["/p/" + made.url.rpartition("/")[2] for made in (first, later)]

        response = client.get(paths[0])

        assert (response.status_code, response.headers["Location"]) == (303, paths[1])

    def test_retired(self, app: Flask, client: FlaskClient, link: str) -> None:
        with app.app_context():
            db.session.execute(sa.update(Page).values(situation="forgotten", locale="es"))
            db.session.commit()

        response = client.get(link)

        assert response.status_code == 410
        assert 'lang="es"' in response.text
        assert client.post(f"{link}/confirm", data={"revision": "1"}).status_code == 410

    def test_a_protective_answer_on_an_expired_page_is_taken(self, app: Flask, client: FlaskClient) -> None:
        with app.app_context():
            issued = issue("fraud_alert")
            path, end = "/p/" + issued.url.rpartition("/")[2], issued.page.expires_at

        with time_machine.travel(end, tick=False):
            shown = client.get(path)
            response = client.post(f"{path}/no", data={"revision": "1"})

        assert (shown.status_code, response.status_code) == (410, 200)
        assert f"{path}/no" in shown.text


class TestBesideTheQuestion:
    def test_a_call_back(self, client: FlaskClient, link: str) -> None:
        assert client.get(f"{link}/-/callback").status_code == 200

        response = client.post(f"{link}/-/callback?lang=en", data={"note": "after two"})

        assert (response.status_code, response.headers["Location"]) == (303, f"{link}?lang=en")
        assert "call" in client.get(link).text

    def test_no_more_texts(self, app: Flask, client: FlaskClient, link: str) -> None:
        assert client.get(f"{link}/-/preferences").status_code == 200
        assert client.post(f"{link}/-/preferences").status_code == 200
        with app.app_context():
            assert [message.state for message in issue().messages] == ["suppressed"]

    def test_the_calendar_file(self, client: FlaskClient, link: str) -> None:
        response = client.get(f"{link}/-/calendar.ics")

        assert response.content_type.startswith("text/calendar")
        assert response.data.startswith(b"BEGIN:VCALENDAR\r\n")

    def test_a_type_without_appointments_has_no_calendar_file(self, app: Flask, client: FlaskClient) -> None:
        with app.app_context():
            path = "/p/" + issue("fraud_alert").url.rpartition("/")[2]

        assert client.get(f"{path}/-/calendar.ics").status_code == 404
