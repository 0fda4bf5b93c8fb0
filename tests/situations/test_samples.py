"""Samples keep their distance from today."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import Invalid
from selfservice.situations.registry import read_facts

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 28, 23, 30, 45, tzinfo=UTC)  # the clocks go forward at one


def read(raw: Any) -> dict[str, Any]:
    return read_facts(json.dumps(raw), zone=ZONE, now=NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("today", "2026-03-28"),
        ("today+3", "2026-03-31"),
        ("today-1", "2026-03-27"),
        ("today+0T10:20", "2026-03-28T10:20:00+00:00"),
        ("today+1T10:20", "2026-03-29T10:20:00+01:00"),
        ("now-25m", "2026-03-28T23:05:00+00:00"),
        ("now+2h", "2026-03-29T02:30:00+01:00"),
        ("today is fine", "today is fine"),
        ("now+2", "now+2"),
        ("2026-11-24T10:20:00Z", "2026-11-24T10:20:00Z"),
    ],
)
def test_relative_moments_are_written_out(written: str, meant: str) -> None:
    assert read({"at": written, "list": [{"at": written}, 5]}) == {"at": meant, "list": [{"at": meant}, 5]}


def test_hour_that_does_not_exist_is_told() -> None:
    with pytest.raises(Invalid, match=r"today\+1T25:00 names an hour that does not exist; write one such as"):
        read({"at": "today+1T25:00"})


def test_facts_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"at": "today+3"}', encoding="utf-8")

    assert read_facts(path, zone=ZONE, now=NOW) == {"at": "2026-03-31"}
    assert read_facts(str(path), zone=ZONE, now=NOW) == {"at": "2026-03-31"}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{", "The facts cannot be read as JSON: "),
        ("no/such/file.json", r"no/such/file\.json cannot be read \(No such file or directory\); give a file of facts"),
    ],
)
def test_facts_that_cannot_be_read_are_told(source: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read_facts(source, zone=ZONE, now=NOW)


@pytest.mark.parametrize("content", [b"[1]", b"\xff\xfe", b'"text"'])
def test_file_that_holds_no_facts_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)

    with pytest.raises(Invalid, match=str(path)):
        read_facts(path, zone=ZONE, now=NOW)
