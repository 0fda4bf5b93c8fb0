"""Bringing a backup back: checked and made ready beside the old database, then put in its place in one step.

What the backup calls unsent may have left since, so it is marked as uncertain before anything can send it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import update

from selfservice import clock, config, schema
from selfservice import db as databases
from selfservice.backups import folder as folders
from selfservice.backups.folder import About
from selfservice.backups.taking import list_keys
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import Conflict, Invalid, Unavailable
from selfservice.events import service as events
from selfservice.media import stores
from selfservice.messages import restoring
from selfservice.pages import unanswered
from selfservice.recipes.shelf import Shelf
from selfservice.situations import registry
from selfservice.staff.models import StaffSession
from selfservice.web.customer.shell import switch

ACTOR = "cli"
_DRAFT = ".restoring"
_ASIDE = ".before-"
Move = Callable[[Path, Path], None]
_JOURNALS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class BroughtBack:
    """What is there now: the backup's note, how many messages are in doubt by channel, and where the old things are."""

    about: About
    doubted: Counter[str]
    aside: tuple[Path, ...]


def bring_back(backup: Path, *, replace: bool, other_keys: bool, providers: Mapping[str, str]) -> BroughtBack:
    """Put a backup in the place of this installation's database and photos.

    `replace` sets aside what is there, `other_keys` brings it back although links or stops will not be known by the
    keys at hand, `providers` are those of channels that have one alone. Raises Invalid, Conflict and Unavailable;
    nothing is changed then.
    """
    about = folders.read_note(backup)
    target = folders.database_file()
    databases.dispose()  # What this process has open itself.
    _require_free(target, replace=replace)
    draft = target.with_name(f".{target.name}{_DRAFT}")
    photos = stores.folder(config.current()) / _DRAFT
    try:
        _remove(draft, photos)
        target.parent.mkdir(parents=True, exist_ok=True)
        folders.copy(backup / folders.DATABASE, draft)
        _require_whole(draft, about)
        wanted = _copy_photos(backup, draft, photos, about)
        doubted = _make_ready(draft, about, providers, other_keys=other_keys)
        aside = _put_in_place(draft, target, photos if wanted else None)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unavailable(
            f"It could not be brought back ({reason}): nothing was changed. Mend that, and try again."
        ) from error
    finally:
        with suppress(OSError):
            _remove(draft, photos)
    if about.phones_off:
        switch(config.current()).touch()
    return BroughtBack(about, doubted, aside)


def _require_free(target: Path, *, replace: bool) -> None:
    if not target.exists():
        return
    if not replace:
        raise Conflict(f"There is a database already: nothing was changed. With --replace {target} is set aside.")
    if _is_in_use(target):
        raise Conflict("The database is in use: stop `serve` and `worker` first. Nothing was changed.")


def _is_in_use(target: Path) -> bool:
    """Whether a process has the file open: only who has it alone can end its journal, which is then part of it."""
    try:
        with closing(sqlite3.connect(target, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    except sqlite3.DatabaseError:
        return False  # Damaged, so that nobody can use it.
    return False


def _require_whole(draft: Path, about: About) -> None:
    if folders.sha256_of(draft) != about.database_sha256:
        raise Invalid(
            "The backup's database is not what was written: it is damaged, take another. Nothing was changed."
        )
    with closing(sqlite3.connect(draft)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        astray = connection.execute("PRAGMA foreign_key_check").fetchone()
    if said != "ok" or astray is not None:
        raise Invalid("The backup's database does not hang together: take another. Nothing was changed.")


def _copy_photos(backup: Path, draft: Path, photos: Path, about: About) -> int:
    """Copy the photos, each checked by the hash that its row has; how many. Those that were missing then still are."""
    if about.are_photos_elsewhere or folders.are_photos_elsewhere(config.current()):
        return 0
    wanted = list_keys(draft)
    missing = 0
    for key, sha256 in wanted.items():
        try:
            folders.copy(backup / folders.PHOTOS / key, photos / key)
        except FileNotFoundError:
            missing += 1
            continue
        if folders.sha256_of(photos / key) != sha256:
            raise Invalid(
                "A photo of the backup is not what was written: it is damaged, take another. Nothing was changed."
            )
    if missing > about.missing:
        raise Invalid(f"The backup lacks {missing - about.missing} of its photos: take another. Nothing was changed.")
    return len(wanted) - missing


def _make_ready(draft: Path, about: About, providers: Mapping[str, str], *, other_keys: bool) -> Counter[str]:
    """Bring the tables up to date, see that the keys fit, and doubt what may have left since."""
    settings = config.current()
    aside = Flask("restore")
    aside.extensions.update(current_app.extensions)  # The page types, keys and settings that are in force.
    del aside.extensions["sqlalchemy"]
    databases.configure(aside, f"sqlite:///{draft}")
    with aside.app_context():
        try:
            schema.upgrade()
            if not other_keys:
                _require_keys(about, folders.marks_of(settings.secret_keys), folders.marks_of(settings.data_keys))
            with registry.beside(Shelf()):  # Its own: the database that is there now may have others.
                doubted = doubt(providers, taken_at=about.taken_at)
            db.session.commit()
        finally:
            db.session.remove()
            databases.dispose()
    with closing(sqlite3.connect(draft)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    return doubted


def doubt(providers: Mapping[str, str], **known: str) -> Counter[str]:
    """Let nothing leave again that may have left since; how many messages are in doubt now, by channel.

    Those too that were not written yet, and whose time has come since: reminders of pages that nobody had answered.
    Everybody signs in again. The caller commits; no worker may be running.
    """
    due = [message.id for message in unanswered.make_due()]
    doubted = restoring.doubt_all(providers, unasked=due, actor=ACTOR)
    _end_sessions()
    events.record("database.restored", actor=ACTOR, data={**known, "doubted": doubted.total()})
    return doubted


def _end_sessions() -> None:
    """Who signed out since, or was shown out, would be back."""
    sessions = update(StaffSession).where(StaffSession.revoked_at.is_(None)).values(revoked_at=clock.now())
    db.session.execute(sessions.execution_options(synchronize_session=False))


def _require_keys(about: About, secret: Mapping[str, str], data: Mapping[str, str]) -> None:
    anyway = "With --other-keys it is brought back all the same. Nothing was changed."
    if not set(about.secret_keys.items()) & set(secret.items()):
        raise Invalid(
            "No link that was sent would open: put the keys back first that were in force when the backup was made, in "
            f"SELFSERVICE_SECRET_KEYS, or in instance/keys.json of a demo. {anyway}"
        )
    for kid in sorted(customers.data_key_ids_in_use()):
        if about.data_keys.get(kid) != data.get(kid):
            raise Invalid(
                f"Those who asked for no more texts would not be known: put the data key {kid} back first, in "
                f"SELFSERVICE_DATA_KEYS, or in instance/keys.json of a demo. {anyway}"
            )


def _put_in_place(draft: Path, target: Path, photos: Path | None) -> tuple[Path, ...]:
    """Set aside what is there, photos first, and give what was made ready its name; the paths of what was set aside."""
    folders.give(draft, target if target.exists() else target.parent)
    if photos is not None:
        folders.give(photos, photos.parent)
    stamp = f"{_ASIDE}{clock.now():%Y%m%dT%H%M%SZ}"
    aside: list[Path] = []
    with _moving() as move:
        if not folders.are_photos_elsewhere(config.current()):
            aside += _swap_photos(stores.folder(config.current()), photos, stamp, move)
        if target.exists():
            aside.append(target.with_name(f"{target.name}{stamp}"))
            move(target, aside[-1])
            for end in _JOURNALS:  # Of a damaged database, which nobody could end.
                with suppress(FileNotFoundError):
                    move(target.with_name(target.name + end), aside[-1].with_name(aside[-1].name + end))
        move(draft, target)
        folders.sync(target.parent)
    return tuple(aside)


def _swap_photos(root: Path, photos: Path | None, stamp: str, move: Move) -> list[Path]:
    """Inside their folder, which may be a disk of its own."""
    old = [path for path in root.glob("*") if path.is_dir() and not path.name.startswith(".")]
    aside = root / stamp
    for path in old:
        aside.mkdir(mode=0o700, exist_ok=True)
        move(path, aside / path.name)
    for path in photos.glob("*") if photos is not None else ():
        move(path, root / path.name)
    if root.is_dir():
        folders.sync(root)
    return [aside] if old else []


@contextmanager
def _moving() -> Iterator[Move]:
    """Give things other names; if that comes to no end, each gets back the name it had."""
    done: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        source.rename(target)
        done.append((source, target))

    try:
        yield move
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        for folder in {target.parent for _source, target in done if _ASIDE in target.parent.name}:
            folder.rmdir()
        raise


def _remove(draft: Path, photos: Path) -> None:
    for end in ("", ".lock", *_JOURNALS):
        draft.with_name(draft.name + end).unlink(missing_ok=True)
    if photos.is_dir():
        shutil.rmtree(photos)
