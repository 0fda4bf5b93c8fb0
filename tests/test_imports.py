"""What a page view does not load: packages that take tens of megabytes or tenths of a second, and serve other ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from selfservice import clock
from selfservice.db import db
from selfservice.situations import registry
from tests.factories import issue
from tests.harness.application import KEYS

ROOT = Path(__file__).resolve().parents[1]
HEAVY = frozenset(
    {
        "pywebpush",
        "authlib",
        "webauthn",
        "PIL",
        "phonenumbers",
        "alembic",
        "flask_migrate",
        "argon2",
        "segno",
        "granian",
    }
)
SCRIPT = """
import sys
from selfservice.application import create_app
client = create_app().test_client()
for path in sys.argv[1:]:
    assert client.get(path).status_code == 200, path
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.database("sqlite")
def test_a_view_of_a_page_loads_nothing_heavy(app: Flask, database_url: str, tmp_path: Path) -> None:
    with app.app_context():
        paths = [
            issue(loaded.key, sample.facts(zone=ZoneInfo("UTC"), now=clock.now())).url.partition(":8000")[2]
            for loaded in registry.current()
            for sample in list(loaded.samples.values())[:1]
        ]
        db.session.remove()
    environ = {**KEYS, "SELFSERVICE_DATABASE_URL": database_url, "SELFSERVICE_INSTANCE": str(tmp_path)}

    loaded = subprocess.run(
        [sys.executable, "-c", SCRIPT, *paths],
        env={**environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()

    assert len(paths) == len(list(registry.BUILT_IN.glob("*/situation.py")))
    assert "flask" in loaded
    assert HEAVY.isdisjoint(loaded)
