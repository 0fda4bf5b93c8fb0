"""`flask picture add`: a file becomes an id that facts name it by."""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask import Flask

from selfservice.brands import service as brands
from selfservice.db import db
from tests.cli.conftest import Command
from tests.cli.test_page import NUMBER
from tests.media import photos


def issue(command: Command, picture: str) -> str:
    facts = {"heading": "We move", "text": "To Mill Lane.", "picture": {"picture": picture, "alt": "A green door"}}
    done = command("page", "issue", "notice", "--to", NUMBER, "--facts", json.dumps(facts))
    return done.stderr or done.stdout


def test_a_file_becomes_a_picture_of_a_page(app: Flask, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "door.jpg"
    file.write_bytes(photos.jpeg())
    with app.app_context():
        brands.ensure_default()
        db.session.commit()

    added = command("picture", "add", str(file))
    as_json = json.loads(command("picture", "add", str(file), "--json").stdout)

    assert re.fullmatch(r"[0-9A-Za-z]{11}\n", added.stdout)
    assert as_json.keys() == {"id"}
    assert issue(command, added.stdout.strip()).startswith("Page  ")
    assert "This names no picture." in issue(command, "door.jpg")


def test_what_is_no_picture_is_told(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "door.pdf"
    file.write_bytes(b"%PDF-1.7")

    refused, missing = command("picture", "add", str(file)), command("picture", "add", str(tmp_path / "none.jpg"))

    assert (refused.exit_code, missing.exit_code) == (1, 1)
    assert refused.stderr == "picture: This is no picture that can be read; save it as a JPEG or PNG and choose that.\n"
    assert "cannot be read (No such file or directory); name the picture's file." in missing.stderr
