"""Scenes with photos: a page that has some, and a worker's round done at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from selfservice import config
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.events.models import Event
from selfservice.media import leftovers, preparing, service, stores
from selfservice.media.models import Arrival, Leftover, Medium
from selfservice.media.store import Store
from tests.factories import issue
from tests.media import photos


def page() -> int:
    """The id of a fresh page."""
    return issue().page.id


def receive(page_id: int, body: bytes = b"", *, source: service.Source = "mms", sender: str = "customer") -> int:
    """The id of a photo that was received, committed."""
    medium_id = service.receive(page_id, body or photos.jpeg(), source=source, sender=sender).id
    db.session.commit()  # Read after this, it would open a transaction, and keep SQLite's one place from the worker.
    return medium_id


def work() -> None:
    """What the worker does until it finds nothing."""
    while preparing.prepare_next() or leftovers.clear_due():
        pass


def show(page_id: int, body: bytes = b"", **details: Any) -> int:
    """The id of a photo that is ready."""
    medium_id = receive(page_id, body, **details)
    work()
    return medium_id


def medium(medium_id: int) -> Medium:
    """The row as it is committed."""
    db.session.rollback()
    return db.session.scalars(
        select(Medium).where(Medium.id == medium_id).execution_options(populate_existing=True)
    ).one()


def count_leftovers() -> int:
    return db.session.scalar(select(func.count()).select_from(Leftover)) or 0


def told(page_id: int) -> list[str]:
    """The types of what happened to a page's photos."""
    query = select(Event.type).where(Event.page_id == page_id, Event.type.startswith("media."))
    return list(db.session.scalars(query.order_by(Event.id)))


def files() -> list[str]:
    """The keys that lie on the disk."""
    root = Path(stores.folder(config.current()))
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def pass_time(**distance: float) -> None:
    """So much time passes for all that waits."""
    for row in (row for table in (Medium, Leftover, Arrival) for row in db.session.scalars(select(table)).all()):
        name = "next_look_at" if isinstance(row, Medium) else "due_at"
        setattr(row, name, getattr(row, name) - timedelta(**distance))
    db.session.commit()


class Moody:
    """A store that fails in the calls that `fails` picks, and does what another one does in all others."""

    def __init__(self, store: Store, fails: Callable[[str, str], bool]) -> None:
        self._store = store
        self.fails = fails

    def put(self, key: str, body: bytes) -> None:
        self._judge("put", key)
        self._store.put(key, body)

    def get(self, key: str) -> bytes:
        self._judge("get", key)
        return self._store.get(key)

    def delete(self, key: str) -> None:
        self._judge("delete", key)
        self._store.delete(key)

    def _judge(self, call: str, key: str) -> None:
        if self.fails(call, key.partition("/")[0]):
            raise Unavailable("The photos' store is away.")


def make_moody(fails: Callable[[str, str], bool]) -> Moody:
    """Let the application's store fail in the calls (`put`, `get`, `delete`) and folders that `fails` picks."""
    moody = Moody(stores.current(), fails)
    current_app.extensions["selfservice.media"] = moody
    return moody
