"""Two releases side by side: the one before works on the tables of this one; this one says what it needs of the old."""

from __future__ import annotations

import json
import secrets
import subprocess
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from selfservice import schema, tokens
from tests.harness import releases
from tests.harness.databases import driver_url
from tests.harness.server import FLASK, ROOT, LiveServer
from tests.harness.waiting import wait_until

BOOKED = "selfservice/situations/appointment_reminder/samples/booked.json"
ISSUE = ("page", "issue", "appointment_reminder", "--facts", BOOKED, "--to")
NEED_IT = ((*ISSUE, "+12025550199"), ("worker",), ("serve",))


def ask(server: LiveServer, method: str, path: str, **said: object) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Origin": server.url, "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    try:
        connection.request(method, path, json.dumps(said), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def answer(server: LiveServer, page: dict[str, str]) -> str:
    """What becomes of a customer's "yes"."""
    keys = json.loads((Path(server.environ["SELFSERVICE_INSTANCE"]) / "keys.json").read_text())["SECRET_KEYS"]
    token = tokens.Keyring([tokens.Key(*keys.split(":"))]).sign_answer(tokens.decode_id(page["id"]), "confirm")
    status, body = ask(server, "POST", f"/a/{token}", input={}, revision=1)
    assert status == 200, body
    return str(json.loads(body)["status"])


def look(server: LiveServer, page: dict[str, str]) -> int:
    return ask(server, "GET", f"/p/{page['url'].rpartition('/')[2]}")[0]


def states(url: str) -> list[str]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT state FROM messages ORDER BY created_at, id")))


def run(root: Path, environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FLASK, *words], cwd=root, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def require_sentences(environ: dict[str, str], old: str) -> None:
    """This release on the tables of the one before: each command says what to run, and nothing else."""
    sentence = (
        f"The database is at migration {old} and this version needs {schema.newest()}: "
        "run `flask --app app db upgrade`.\n"
    )
    for words in NEED_IT:
        done = run(ROOT, environ, *words)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)
    doctor = run(ROOT, environ, "doctor")
    assert doctor.returncode == 1
    assert sentence.strip() in doctor.stdout


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which nothing is, as the settings have it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'selfservice.sqlite'}"
        return
    server, name = request.getfixturevalue("postgresql_server"), f"releases_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    yield driver_url(server, name).replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.mark.long  # Its short version follows.
@pytest.mark.timeout(300)
def test_machines_are_brought_up_to_date_one_after_the_other(
    release_before: Path, empty_url: str, tmp_path: Path
) -> None:
    before = LiveServer(tmp_path, root=release_before, DATABASE_URL=empty_url)
    before.flask("db", "upgrade")
    first = before.flask_json(*ISSUE, "+12025550101")
    old = f"{int(schema.newest()) - 1:04}"
    require_sentences(before.environ, old)
    before.start()

    upgraded = run(ROOT, before.environ, "db", "upgrade")

    assert upgraded.stdout == f"The database is at migration {schema.newest()}, it was at {old}.\n"
    assert answer(before, first) == "applied"  # By the processes that were running before.
    second = before.flask_json(*ISSUE, "+12025550102")
    wait_until(lambda: states(empty_url) == ["delivered"] * 2, told=lambda: states(empty_url))
    assert before.stop() == 0
    before.start()  # As one that had died does.
    assert answer(before, second) == "applied"
    third = before.flask_json(*ISSUE, "+12025550103")
    wait_until(lambda: states(empty_url) == ["delivered"] * 3, told=lambda: states(empty_url))
    assert '"level":"error"' not in before.log()
    assert before.stop() == 0

    after = LiveServer(tmp_path, DATABASE_URL=empty_url)
    after.start()
    assert [look(after, page) for page in (first, second, third)] == [200, 200, 200]
    assert answer(after, third) == "applied"
    assert after.stop() == 0


def test_the_release_before_works_on_these_tables(release_before: Path, sqlite_url: str, tmp_path: Path) -> None:
    server = LiveServer(tmp_path, root=release_before, DATABASE_URL=sqlite_url)
    server.flask("db", "upgrade")

    page = server.flask_json(*ISSUE, "+12025550101")

    assert [message["state"] for message in page["messages"]] == ["ready"]


def test_a_history_that_ends_too_soon_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, shallow = tmp_path / "whole", tmp_path / "shallow"
    path = releases.newest_migration().relative_to(ROOT)
    (whole / path).parent.mkdir(parents=True)
    (whole / path).touch()
    commit = [
        "-c",
        "user.name=Ana",
        "-c",
        "user.email=ana@example.com",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "x",
    ]
    for words in (["init", "--quiet"], commit, ["add", "."], commit, commit):
        subprocess.run(["git", *words], cwd=whole, check=True)
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", whole.as_uri(), str(shallow)], check=True)
    monkeypatch.setattr(releases, "newest_migration", lambda: releases.ROOT / path)

    monkeypatch.setattr(releases, "ROOT", whole)
    assert len(releases.find_commit_before()) == 40
    monkeypatch.setattr(releases, "ROOT", shallow)
    with pytest.raises(AssertionError, match="This checkout is shallow: run `git fetch --unshallow`"):
        releases.find_commit_before()
