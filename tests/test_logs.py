"""The log: one line a request, nothing in it that names a person or opens a page."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine

from selfservice import logs
from selfservice.config import Settings
from selfservice.errors import NotFound

TOKEN = "a" + "7xK2mQ9vLp3" + "R8sT4wZ1yB6cD5fG0hJ2kN"


@pytest.fixture
def configured(tmp_path: Path) -> None:
    logs.configure(Settings.load({}, root=tmp_path))


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@time_machine.travel("2026-11-21T10:00:00.123Z", tick=False)
def test_a_request_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.request_finished(method="GET", rule="/p/<token>", status=200, ms=1.25, request_id="00112233aabbccdd")

    assert lines_of(capsys) == [
        {
            "at": "2026-11-21T10:00:00.123+00:00",
            "level": "info",
            "event": "request",
            "method": "GET",
            "rule": "/p/<token>",
            "status": 200,
            "ms": 1.2,
            "request": "00112233aabbccdd",
        }
    ]


def test_a_request_from_a_hostile_client_logs_nothing_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    logs.request_finished(method="+12025550123", rule=None, status=404, ms=0, request_id=f"{TOKEN}\n")

    (line,) = lines_of(capsys)
    assert (line["method"], line["rule"], line["request"]) == ("OTHER", "", "refused")


def test_request_ids_are_fresh() -> None:
    made = {logs.new_request_id() for _ in range(100)}

    assert len(made) == 100
    assert all(logs.REQUEST_ID.fullmatch(name) for name in made)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sent to +12025550123 now", "sent to [number] now"),
        ("to:+12025550123,", "to:[number],"),
        ("tel 020 7946 0958", "tel [number]"),
        ("(202) 555-0123", "[number]"),
        ("12025550123", "[number]"),
        ("00 44 20 7946 0958.", "[number]."),
        ("+966 50 123 4567 and +34 612 34 56 78", "[number] and [number]"),
        ("5550123", "[number]"),
        (f"/p/{TOKEN}", "/p/[token]"),
        (f"/a/{TOKEN}confirm", "/a/[token]"),
        (f"key={TOKEN}&x", "key=[token]&x"),
        ("mail ana.b+x@example.co.uk!", "mail [email]!"),
        ("mailto:ana@example.org", "mailto:[email]"),
        ("postgresql://ana:hush@db/name", "postgresql://[credentials]@db/name"),
        ("198.51.100.204", "[number]"),
        ("2026-11-25T14:30:00+00:00", "2026-11-25T14:30:00+00:00"),
        ("due 2026-11-25 14:30:00", "due 2026-11-25 14:30:00"),
        ("42 rows in 1,200 ms", "42 rows in 1,200 ms"),
        ("page 7xK2mQ9vLp3 opened", "page 7xK2mQ9vLp3 opened"),
        ("http://127.0.0.1:8000/p/<token>", "http://127.0.0.1:8000/p/<token>"),
        ("file.py:120", "file.py:120"),
    ],
)
def test_scrub_text_takes_what_identifies(text: str, expected: str) -> None:
    assert logs.scrub_text(text) == expected


def test_scrub_reaches_nested_values() -> None:
    event = {
        "at": "2026-11-21T10:00:00.000+00:00",
        "event": "odd",
        "count": 3,
        "number": 12025550123,
        "ok": True,
        "none": None,
        "share": 0.5,
        "deep": {"to": ["+12025550123", ("ana@example.org",)], 5: Path("/p") / TOKEN},
    }

    assert logs.scrub(None, "info", event) == {
        "at": "2026-11-21T10:00:00.000+00:00",
        "event": "odd",
        "count": 3,
        "number": "[number]",
        "ok": True,
        "none": None,
        "share": 0.5,
        "deep": {"to": ["[number]", ["[email]"]], "5": "/p/[token]"},
    }


@pytest.mark.usefixtures("configured")
def test_our_own_lines_are_json_and_scrubbed(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("message.sent", message=12, to="+12025550123")

    (line,) = lines_of(capsys)
    assert line.pop("at").endswith("+00:00")
    assert line == {"event": "message.sent", "level": "info", "message": 12, "to": "[number]"}


@pytest.mark.usefixtures("configured")
def test_an_exception_of_foreign_code_keeps_its_message_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            int("Ana Whitfield")
        except ValueError as error:
            raise RuntimeError("Ana Whitfield again") from error
    except RuntimeError:
        structlog.get_logger().exception("page.failed", page="7xK2mQ9vLp3")

    (line,) = lines_of(capsys)
    assert "Ana" not in json.dumps(line)
    assert line["error"] == "RuntimeError"
    assert line["cause"]["error"] == "ValueError"
    assert "test_logs.py" in line["where"][-1]
    assert "message" not in line


@pytest.mark.usefixtures("configured")
def test_an_error_of_our_own_keeps_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise NotFound("There is no page type `bill`: run `flask situation list`.")
    except NotFound:
        structlog.get_logger().exception("command.failed")

    (line,) = lines_of(capsys)
    assert line["error"] == "selfservice.errors.NotFound"
    assert line["message"] == "There is no page type `bill`: run `flask situation list`."


@pytest.mark.usefixtures("configured")
def test_lines_of_libraries_are_json_and_scrubbed(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        {}["+12025550123"]
    except KeyError:
        logging.getLogger("flask.app").exception("Exception on /p/%s [GET]", TOKEN)

    (line,) = lines_of(capsys)
    assert line["event"] == "Exception on /p/[token] [GET]"
    assert line["logger"] == "flask.app"
    assert line["level"] == "error"
    assert line["error"] == "KeyError"
    assert "2025550123" not in json.dumps(line)


@pytest.mark.usefixtures("configured")
def test_access_logs_of_servers_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("werkzeug").info("GET /p/%s", TOKEN)
    logging.getLogger("granian.access").info("GET /p/%s", TOKEN)

    assert lines_of(capsys) == []


def test_configuring_twice_writes_each_line_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.load({}, root=tmp_path)
    logs.configure(settings)
    logs.configure(settings)

    logging.getLogger("alembic").warning("careful")

    assert [line["event"] for line in lines_of(capsys)] == ["careful"]
