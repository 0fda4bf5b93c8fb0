"""The doors of what a phone keeps: worker, script, manifest, the page for being offline, and the kill switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from selfservice.brands import service as brands
from selfservice.config import Settings
from selfservice.db import db
from selfservice.situations import phone_scripts
from selfservice.web.customer.shell import CLEARED, switch

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def killed(settings: Settings) -> Iterator[Path]:
    """The kill switch, pressed."""
    path = switch(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    yield path
    path.unlink(missing_ok=True)


def test_worker_is_asked_for_each_time_and_has_the_root_for_its_scope(client: FlaskClient, settings: Settings) -> None:
    response = client.get("/sw.js")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.mimetype == "text/javascript"
    assert "Clear-Site-Data" not in response.headers
    assert phone_scripts.build() in response.text
    assert settings.push_key in response.text


def test_killed_worker_clears_only_when_it_asks_for_that_itself(client: FlaskClient, killed: Path) -> None:
    plain = client.get("/sw.js")
    asked = client.get("/sw.js?clear=1")

    assert plain.text == phone_scripts.last_worker_script()
    assert plain.headers["Cache-Control"] == "no-cache"
    assert "Clear-Site-Data" not in plain.headers
    assert asked.headers["Clear-Site-Data"] == CLEARED


def test_script_of_this_release_is_kept_for_ever_and_no_other(client: FlaskClient) -> None:
    current = client.get(phone_scripts.app_address("es"))
    older = client.get("/app/es.js?v=000000000000")

    assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert older.headers["Cache-Control"] == "no-store"
    assert current.text == older.text
    assert "Aún sin enviar" in current.text
    assert client.get("/app/tlh.js").status_code == 404


def test_page_for_being_offline_speaks_the_browsers_language(client: FlaskClient) -> None:
    english = client.get("/offline")
    arabic = client.get("/offline", headers={"Accept-Language": "ar-EG,ar;q=0.9"})

    assert "You’re offline" in english.text
    assert 'dir="rtl"' in arabic.text
    assert phone_scripts.app_address("ar") in arabic.text
    assert english.headers["Cache-Control"] == "no-cache"
    assert english.headers.getlist("Set-Cookie") == []


def test_manifest_names_files_that_there_are(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        brands.ensure_default()
        db.session.commit()
    response = client.get("/manifest.webmanifest")

    manifest = json.loads(response.text)
    assert response.mimetype == "application/manifest+json"
    assert (manifest["id"], manifest["scope"], manifest["start_url"]) == ("/inbox", "/", "/inbox")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    assert {shot["form_factor"] for shot in manifest["screenshots"]} == {"narrow", "wide"}
    for picture in (*manifest["icons"], *manifest["screenshots"]):
        with client.get(picture["src"]) as file:
            assert file.status_code == 200
            width, height = int.from_bytes(file.data[16:20]), int.from_bytes(file.data[20:24])
        assert f"{width}x{height}" == picture["sizes"], picture
    for shortcut in manifest["shortcuts"]:
        assert client.get(shortcut["url"]).status_code == 200


def test_command_presses_the_switch_and_lets_go(app: Flask, settings: Settings) -> None:
    run = app.test_cli_runner().invoke

    assert run(args=["phones", "status"]).output.startswith("on")
    assert run(args=["phones", "off"]).exit_code == 0
    assert switch(settings).exists()
    assert run(args=["phones", "status"]).output.startswith("off")
    assert run(args=["phones", "on"]).exit_code == 0
    assert not switch(settings).exists()
    assert run(args=["phones", "on"]).exit_code == 0


def test_looking_at_them_sets_no_cookie(client: FlaskClient, counting: Callable[[], object]) -> None:
    with counting() as statements:  # type: ignore[attr-defined]
        for place in ("/sw.js", "/offline", "/manifest.webmanifest", phone_scripts.app_address("en")):
            assert client.get(place).headers.getlist("Set-Cookie") == []

    assert statements == []
