"""The migrations: the same files for both databases, up and down, and equal to what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from selfservice import db, schema
from selfservice.errors import ConfigError
from tests.harness.server import find_free_port

NEWEST = schema.newest()


@pytest.fixture
def migrated(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


def list_tables() -> set[str]:
    return set(inspect(db.db.engine).get_table_names())


def set_version(number: str) -> None:
    with db.db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})


@pytest.mark.usefixtures("migrated")
def test_migrations_make_what_the_models_say() -> None:
    assert schema.list_differences() == []
    assert schema.find_current() == NEWEST


@pytest.mark.usefixtures("migrated")
def test_a_difference_between_models_and_tables_is_found() -> None:
    with db.db.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_pages_created_at_id"))

    assert len(schema.list_differences()) == 1


@pytest.mark.usefixtures("migrated")
def test_every_migration_can_be_taken_back() -> None:
    tables = list_tables()

    schema.downgrade("base")
    assert list_tables() == {"alembic_version"}
    assert schema.find_current() is None

    schema.upgrade()
    assert list_tables() == tables
    assert schema.list_differences() == []


@pytest.mark.usefixtures("migrated")
def test_an_upgrade_of_a_current_database_changes_nothing() -> None:
    schema.upgrade()

    assert schema.find_current() == NEWEST


@pytest.mark.usefixtures("migrated")
def test_an_upgrade_that_fails_leaves_nothing_behind() -> None:
    schema.downgrade("base")
    with db.db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE messages (id INTEGER)"))

    with pytest.raises(Exception, match="messages"):
        schema.upgrade()

    assert list_tables() == {"alembic_version", "messages"}
    assert schema.find_current() is None


@pytest.mark.usefixtures("migrated")
def test_foreign_keys_are_enforced_after_a_migration() -> None:
    schema.downgrade("base")
    schema.upgrade()

    with pytest.raises(Exception, match=r"(?i)foreign key"), db.db.engine.begin() as connection:
        connection.execute(text("INSERT INTO claim_holds (page_id, name, amount) VALUES (1, 'nowhere', 1)"))


@pytest.mark.usefixtures("migrated")
def test_a_current_database_is_fine() -> None:
    schema.require_current()


@pytest.mark.usefixtures("migrated")
def test_a_database_without_tables_says_what_to_run() -> None:
    schema.downgrade("base")

    with pytest.raises(ConfigError) as caught:
        schema.require_current()

    assert caught.value.message == "The database has no tables yet: run `flask --app app db upgrade`."


@pytest.mark.usefixtures("migrated")
def test_an_older_database_says_what_to_run() -> None:
    set_version("0000")

    with pytest.raises(ConfigError) as caught:
        schema.require_current()

    assert caught.value.message == (
        f"The database is at migration 0000 and this version needs {NEWEST}: run `flask --app app db upgrade`."
    )


@pytest.mark.usefixtures("migrated")
def test_a_newer_database_says_what_to_start() -> None:
    set_version("9999")

    with pytest.raises(ConfigError) as caught:
        schema.require_current()

    assert caught.value.message == (
        f"The database is at migration 9999, newer than the {NEWEST} of this version: start the newer version."
    )


@pytest.mark.usefixtures("migrated")
def test_a_database_that_was_only_added_to_is_fine() -> None:
    newer = f"{int(NEWEST) + 1:04}"
    set_version(newer)

    schema.require_current()
    schema.upgrade()

    assert schema.find_current() == newer


def find_current_at(url: str) -> str | None:
    app = Flask("bare")
    db.configure(app, url)
    with app.app_context():
        return schema.find_current()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_cannot_be_opened_says_what_to_check(kind: str, tmp_path: Path) -> None:
    urls = {
        "sqlite": f"sqlite:///{tmp_path}",  # A folder where the file should be.
        "postgresql": f"postgresql+psycopg://ana:hush@127.0.0.1:{find_free_port()}/pages",
    }

    with pytest.raises(ConfigError) as caught:
        find_current_at(urls[kind])

    assert caught.value.message == (
        "The database cannot be opened: check SELFSERVICE_DATABASE_URL, and that the server runs or that the file's "
        "folder exists and may be read."
    )


def test_a_database_file_that_is_missing_is_not_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "pages.sqlite"

    assert find_current_at(f"sqlite:///{path}") is None
    assert not path.exists()


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name.partition("_")[0]) for path in (schema.MIGRATIONS / "versions").glob("*.py"))

    for hundred in {number // 100 for number in numbers}:
        those = [number for number in numbers if number // 100 == hundred]
        assert those == list(range(hundred * 100 + 1, hundred * 100 + 1 + len(those)))


def test_newest_is_the_last_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    for name in ("0001_a.py", "0010_c.py", "0002_b.py", "__init__.py"):
        (tmp_path / "versions" / name).touch()
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)

    assert schema.newest() == "0010"
