"""`flask doctor`: always runs, and says how to mend what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from selfservice import clock
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages.models import ProviderAlarm, WorkerHeartbeat
from tests.cli.conftest import Command, Inside, Shell
from tests.harness.application import KEYS
from tests.harness.server import find_free_port
from tests.harness.small_disk import SmallDisk

PRODUCTION = {name.removeprefix("SELFSERVICE_"): value for name, value in KEYS.items()} | {"ENV": "production"}


def states(output: str) -> dict[str, str]:
    """The worst state under each name."""
    worst: dict[str, str] = {}
    for check in json.loads(output)["checks"]:
        if worst.get(check["name"]) != "problem":
            worst[check["name"]] = check["state"]
    return worst


def says(output: str, name: str) -> str:
    return " ".join(check["says"] for check in json.loads(output)["checks"] if check["name"] == name)


def test_a_fresh_demo_has_nothing_to_mend(command: Command) -> None:
    done = command("doctor", "--json")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["ok"]
    assert states(done.stdout) == {
        **dict.fromkeys(["python", "zones", "disk", "settings", "keys", "page types", "database"], "ok"),
        **dict.fromkeys(
            ["data keys", "clock", "photos", "pushes", "push services", "providers", "unsent", "in doubt", "receipts"],
            "ok",
        ),
        "answers": "ok",
        **dict.fromkeys(["address", "texts", "e-mails", "courtesy", "worker", "staff"], "warning"),
    }


def test_the_database_s_own_disk_counts(empty_inside: Inside, small_disk: SmallDisk) -> None:
    """Also where it is another than that of the instance folder, on which there is room."""
    done = empty_inside("doctor", "--json", DATABASE_URL=f"sqlite:///{small_disk.database}")

    assert states(done.stdout)["disk"] == "problem"
    assert says(done.stdout, "disk").endswith(f" beside {small_disk.folder}: make room, or nothing can be saved.")


def test_text_has_a_line_for_each_check(command: Command) -> None:
    done = command("doctor")

    assert done.exit_code == 0
    assert {line[:4] for line in done.stdout.splitlines()} == {"ok  ", "look"}


def test_a_worker_that_lives_is_seen(command: Command, app: Flask) -> None:
    with app.app_context():
        db.session.add(WorkerHeartbeat(name="host:1", at=clock.now()))
        db.session.commit()

    assert states(command("doctor", "--json").stdout)["worker"] == "ok"


def count_changes(app: Flask) -> int:
    """A number that grows with every row that is written, whichever table it is in."""
    with app.app_context():
        tables = " UNION ALL ".join(f'SELECT count(*) AS n FROM "{name}"' for name in db.metadata.tables)
        return int(db.session.execute(text(f"SELECT sum(n) FROM ({tables}) AS counts")).scalar_one())


def test_doctor_writes_nothing(command: Command, app: Flask) -> None:
    before = count_changes(app)

    assert command("doctor").exit_code == 0

    assert count_changes(app) == before


def test_a_missing_data_key_is_a_problem(command: Command, app: Flask) -> None:
    with app.app_context():
        customers.suppress("+12025550123", "test")
        db.session.execute(text("UPDATE suppressions SET key_id = 'z'"))
        db.session.commit()

    done = command("doctor", "--json")

    assert done.exit_code == 1
    assert says(done.stdout, "data keys").startswith("SELFSERVICE_DATA_KEYS lacks the key z, ")


@pytest.mark.parametrize(
    ("variables", "name", "sentence"),
    [
        ({"SECRET_KEYS": "nonsense"}, "settings", "SELFSERVICE_SECRET_KEYS entry 1 is not kid:secret: "),
        ({"BASE_URLL": "x"}, "settings", "SELFSERVICE_BASE_URLL is not a setting: did you mean "),
        ({"SMS": "pigeon://coop"}, "texts", "SELFSERVICE_SMS entry 1 names the provider pigeon://, "),
        ({"DATABASE_URL": "mysql://host/x"}, "database", "It was not looked at: its address is wrong, see above."),
        (
            {"DATABASE_URL": f"postgresql://ana:hush@127.0.0.1:{find_free_port()}/x"},
            "database",
            "The database cannot be opened: ",
        ),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}, "database", "The database has no tables yet: "),
        (PRODUCTION, "worker", "No worker is running, so no text leaves: "),
        (PRODUCTION, "settings", "SELFSERVICE_BASE_URL is not an https address: "),
    ],
)
def test_it_runs_whatever_is_wrong(inside: Inside, variables: dict[str, str], name: str, sentence: str) -> None:
    done = inside("doctor", "--json", **variables)

    assert (done.returncode, done.stderr) == (1, "")
    assert states(done.stdout)[name] == "problem"
    assert says(done.stdout, name).startswith(sentence)
    assert "hush" not in done.stdout


def test_it_runs_in_a_process_of_its_own(shell: Shell) -> None:
    done = shell("doctor", ENV="production")

    assert (done.returncode, done.stderr) == (1, "")
    assert "MEND  settings" in done.stdout


def test_a_broken_page_type_is_a_problem(inside: Inside, tmp_path: Path) -> None:
    folder = tmp_path / "types" / "parking_fine"
    folder.mkdir(parents=True)
    (folder / "situation.py").write_text("SITUATION = 1\n")

    done = inside("doctor", "--json", SITUATIONS=str(folder.parent))

    assert done.returncode == 1
    assert says(done.stdout, "page types").startswith(f"{folder}/situation.py: ")


def test_an_address_that_other_phones_reach_is_fine(inside: Inside) -> None:
    checks: dict[str, Any] = states(inside("doctor", "--json", BASE_URL="https://pages.example.org").stdout)

    assert checks["address"] == "ok"


def test_it_says_that_pushes_are_off(inside: Inside) -> None:
    production = {**PRODUCTION, "VAPID_PRIVATE_KEY": "", "BASE_URL": "https://go.example.org", "SMS": "x://y"}

    done = inside("doctor", "--json", **production)

    assert states(done.stdout)["pushes"] == "warning"
    assert says(done.stdout, "pushes").startswith("Pushes are off, ")


def test_a_push_service_that_does_not_know_us_is_a_problem(command: Command, app: Flask) -> None:
    with app.app_context():
        alarm = ProviderAlarm(provider="push", host="fcm.googleapis.com", status=403, since=clock.now())
        db.session.add(alarm)
        db.session.commit()

    done = command("doctor", "--json")

    assert done.exit_code == 1
    assert says(done.stdout, "push services").startswith("fcm.googleapis.com does not take our pushes for ours ")
