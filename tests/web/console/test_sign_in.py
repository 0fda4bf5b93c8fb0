"""Nobody is in the console who has not shown a password, and nobody stays longer than allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from selfservice.db import db, dispose
from selfservice.staff import service
from tests.factories import PASSWORD
from tests.harness.application import make_app, make_settings
from tests.web.console.desk import Desk, text_of

FORM = {"email": "ana@example.com", "password": PASSWORD}


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Every route of the console with every method it takes, its places filled with something that might exist."""
    given = {"key": "appointment_reminder", "sample": "booked"}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and rule.endpoint not in ("console.show_sign_in", "console.sign_in"):
            with app.test_request_context():
                path = app.url_for(rule.endpoint, **{name: given.get(name, "0" * 11) for name in rule.arguments})
            found += [(path, method) for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})]
    return found


def test_stranger_gets_nowhere(app: Flask, ana: Desk, stranger: Desk) -> None:
    for path, method in addresses(app):
        answer = stranger.client.open(path, method=method)

        assert answer.status_code == (303 if method == "GET" else 401), path
        if method == "GET":
            assert answer.location.startswith("/console/sign-in?next="), path


def test_forged_cookie_is_a_stranger(ana: Desk, stranger: Desk) -> None:
    stranger.client.set_cookie("staff", "x" * 43)

    assert stranger.get("/console/pages").status_code == 303


def test_sign_in_leads_to_where_somebody_wanted_to_go(ana: Desk, stranger: Desk) -> None:
    asked = stranger.get("/console/pages?search=Maria")
    shown = stranger.get(asked.location)
    answer = stranger.client.post("/console/sign-in", data={**FORM, "next": "/console/pages?search=Maria"})

    assert shown.status_code == 200
    assert 'value="/console/pages?search=Maria"' in shown.text
    assert (answer.status_code, answer.location) == (303, "/console/pages?search=Maria")
    assert stranger.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/console/",
        "/console//evil.example",
        "/console/\\evil",
        "/p/x",
        "",
        "\n/",
    ],
)
def test_sign_in_leads_nowhere_else(ana: Desk, stranger: Desk, wanted: str) -> None:
    answer = stranger.client.post("/console/sign-in", data={**FORM, "next": wanted})

    assert answer.location == "/console/pages"


def test_cookie_is_out_of_reach(ana: Desk, stranger: Desk) -> None:
    answer = stranger.client.post("/console/sign-in", data=FORM)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("staff=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.database("sqlite")
def test_cookie_over_https_is_kept_to_the_host(database_url: str, tmp_path: Path) -> None:
    app = make_app(make_settings(database_url, tmp_path, BASE_URL="https://pages.example"))
    Desk(app, "ana@example.com", name="Ana Silva")

    answer = app.test_client().post("/console/sign-in", data=FORM, base_url="https://pages.example")

    with app.app_context():
        dispose()
    assert answer.headers["Set-Cookie"].startswith("__Host-staff=")
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_wrong_password_is_told_in_words_and_keeps_the_address(ana: Desk, stranger: Desk) -> None:
    answer = stranger.client.post("/console/sign-in", data={**FORM, "password": "wrong password"})

    assert answer.status_code == 422
    assert "do not belong together" in text_of(answer)
    assert 'value="ana@example.com"' in answer.text
    assert "wrong password" not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_unknown_address_is_told_the_same(ana: Desk, stranger: Desk) -> None:
    known = stranger.client.post("/console/sign-in", data={**FORM, "password": "wrong password"})
    unknown = stranger.client.post("/console/sign-in", data={"email": "eve@example.com", "password": "wrong password"})

    assert unknown.status_code == known.status_code
    assert unknown.text.replace("eve@", "ana@") == known.text


def test_sixth_wrong_password_waits_even_with_the_right_one(ana: Desk, stranger: Desk) -> None:
    for _ in range(5):
        stranger.client.post("/console/sign-in", data={**FORM, "password": "wrong password"})

    answer = stranger.client.post("/console/sign-in", data=FORM)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "Too many sign-ins failed for this account. Try again in 15 minutes." in text_of(answer)
    assert "Set-Cookie" not in answer.headers


def test_sign_out_ends_the_session_for_good(ana: Desk) -> None:
    cookie = ana.client.get_cookie("staff")
    assert cookie is not None

    answer = ana.post("/console/sign-out")
    ana.client.set_cookie("staff", cookie.value)

    assert answer.location == "/console/sign-in"
    assert ana.get("/console/pages").status_code == 303


def test_revoked_session_is_shut_out_at_once(app: Flask, ana: Desk) -> None:
    assert ana.get("/console/pages").status_code == 200

    with app.app_context():
        service.revoke_all(ana.user_id)
        db.session.commit()

    assert ana.get("/console/pages").status_code == 303


@pytest.mark.parametrize("token", ["", "x" * 34, "stolen"])
def test_form_without_the_sessions_token_is_refused(app: Flask, ana: Desk, ben: Desk, token: str) -> None:
    given = ben.csrf if token == "stolen" else token
    posts = [path for path, method in addresses(app) if method == "POST"]

    answers = {path: ana.client.post(path, data={"csrf_token": given}).status_code for path in posts}

    assert answers == dict.fromkeys(posts, 403)
    assert ana.get("/console/pages").status_code == 200


def test_form_of_another_site_is_refused(ana: Desk) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = ana.post("/console/sign-out", headers=headers)

        assert answer.status_code == 403
    assert ana.get("/console/pages").status_code == 200


def test_screens_may_not_be_framed_stored_or_run_foreign_scripts(ana: Desk) -> None:
    for path in ("/console/pages", "/console/new", "/console/inbox", "/console/types", "/console/sign-in?again=1"):
        answer = ana.get(path)

        assert answer.headers["Cache-Control"] == "no-store" or answer.status_code == 303
        if answer.status_code == 200:
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers.getlist("Content-Type") == ["text/html; charset=utf-8"]


def test_looking_keeps_a_session_from_going_idle_but_refreshing_does_not(app: Flask, ana: Desk) -> None:
    import time_machine  # noqa: PLC0415 - beside its one use

    from selfservice import clock  # noqa: PLC0415 - as above

    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        traveller.shift(60 * 90)
        assert ana.get("/console/pages", headers={"X-Background": "1"}).status_code == 200
        assert ana.get("/console/types", headers={"Sec-Fetch-Dest": "iframe"}).status_code == 200
        traveller.shift(60 * 29)
        assert ana.get("/console/pages", headers={"X-Background": "1"}).status_code == 200
        assert ana.get("/console/pages").status_code == 200
        traveller.shift(60 * 119)
        assert ana.get("/console/pages", headers={"X-Background": "1"}).status_code == 200

        traveller.shift(60 * 2)

        assert ana.get("/console/pages").status_code == 303
