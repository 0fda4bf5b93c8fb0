"""What `doctor` says of hours and limits, and of receipts that belong to no message of ours."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from selfservice import clock, courtesy
from selfservice.db import db
from selfservice.messages.models import WorkerHeartbeat
from selfservice.web import troubles
from tests.cli.conftest import Command, Inside
from tests.harness.post import Line

RULES = courtesy.DEFAULT.read_text("utf-8")
REAL = {"SMS": "twilio://AC0123456789abcdef0123456789abcdef:hush@+15550100", "BASE_URL": "https://go.example.org"}


def finding(output: str, name: str) -> tuple[str, str]:
    (check,) = [check for check in json.loads(output)["checks"] if check["name"] == name]
    return check["state"], check["says"]


def test_a_handset_keeps_no_hours_and_that_is_said(inside: Inside) -> None:
    state, says = finding(inside("doctor", "--json").stdout, "courtesy")

    assert state == "warning"
    assert says.startswith("No hours and no limits are kept, because texts reach the development handset alone.")


def test_the_usual_rules_are_fine(inside: Inside) -> None:
    assert finding(inside("doctor", "--json", **REAL).stdout, "courtesy") == (
        "ok",
        "Messages arrive by the clock of their reader: service 08:00-21:00, marketing 08:00-21:00, urgent at any hour.",
    )


@pytest.mark.parametrize(
    ("sender", "ask", "says"),
    [
        ("+15550100", "on", "What people text back arrives"),
        (
            "Nordland",
            "on",
            "Nobody can answer texts from Nordland, not even with STOP: send them from a number.",
        ),
        ("Nordland", "on", "Until then set SELFSERVICE_ASK_IN_TEXT=off, because fraud_alert asks"),
        ("Nordland", "off", "send them from a number."),
    ],
)
def test_a_sender_that_takes_no_replies_is_told(inside: Inside, sender: str, ask: str, says: str) -> None:
    sms = f"vonage://key:hush@{sender}?signature=hush-hush-hush-hush-hush-hush-hush"

    state, said = finding(inside("doctor", "--json", **{**REAL, "SMS": sms, "ASK_IN_TEXT": ask}).stdout, "answers")

    assert (state, says in said) == ("ok" if sender.startswith("+") else "warning", True)
    assert ("ASK_IN_TEXT" in said) is (ask == "on" and state == "warning")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('hours = "08:00-21:00"\nmost = {day', 'hours = ""\nmost = {day', "[service] keeps no hours, so texts wake"),
        ('hours = "08:00-21:00"\nmost = {week', 'hours = "06:00-21:00"\nmost = {week', "[marketing] sends from 06:00"),
        ('hours = "08:00-21:00"\nmost = {week', 'hours = "09:00-10:00"\nmost = {week', "so much will be too late"),
        ('hours = ""', 'hours = "08:00-21:00"', "[urgent] has hours, so a warning about fraud may wait"),
        ("most = {}", "most = {day = 1}", "[urgent] has a limit, so a warning about fraud may wait"),
        ("most = {week = 3}", "most = {}", "[marketing] has no limit"),
        ("needs_consent = true", "needs_consent = false", "[marketing] goes to people who never said yes"),
        ("parts = 6\nneeds_consent = false\n\n[m", "parts = 6\nneeds_consent = true\n\n[m", "[service] goes only to"),
        ("parts = 3", "parts = 30", "[marketing] may take 30 parts"),
    ],
)
def test_what_is_hardly_meant_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in RULES
    file = tmp_path / "rules.toml"
    file.write_text(RULES.replace(old, new), "utf-8")

    (oddity,) = courtesy.list_oddities(courtesy.load(file))

    assert says in oddity


def test_a_strange_file_is_told_by_doctor(inside: Inside, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(RULES.replace("needs_consent = true", "needs_consent = false"), "utf-8")

    state, says = finding(inside("doctor", "--json", COURTESY=str(file), **REAL).stdout, "courtesy")

    assert (state, says) == (
        "warning",
        "[marketing] goes to people who never said yes: write needs_consent = true.",
    )


def test_receipts_that_belong_to_nobody_are_counted_by_doctor_and_readyz(app: Flask, command: Command) -> None:
    line = Line(app)
    for key in ("a", "b"):
        line.report({"ref": f"nobody's {key}", "report": "delivered", "key": key})
    fresh = finding(command("doctor", "--json").stdout, "receipts")

    with time_machine.travel(clock.now() + troubles.PARKED_AFTER + timedelta(seconds=1), tick=False):
        state, says = finding(command("doctor", "--json").stdout, "receipts")
        with app.app_context():
            told = troubles.list_parked()

        with app.app_context():
            db.session.add(WorkerHeartbeat(name="host:1", at=clock.now()))
            db.session.commit()
        ready = app.test_client().get("/readyz")
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        later = finding(command("doctor", "--json").stdout, "receipts")

    assert fresh == later == ("ok", "None is about a message that nobody here knows.")
    assert (state, says) == ("warning", told[0])
    assert says.startswith("post: 2 receipts name messages that nobody here knows, since ")
    assert (ready.status_code, ready.json) == (200, {"status": "ok", "problems": [], "warnings": told})
