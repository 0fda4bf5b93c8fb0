"""What `doctor` looks at: each check says how one thing stands and, where it does not stand well, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from selfservice import clock, config, schema
from selfservice.cli import sending_checks
from selfservice.cli.finding import Finding, State
from selfservice.db import db, fetch, file_of, is_postgresql
from selfservice.events.models import Event
from selfservice.media import stores
from selfservice.situations import registry
from selfservice.staff.models import User
from selfservice.web import readiness, troubles

OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 1_000_000_000
NO_SPACE = 100_000_000
MOST_DRIFT = timedelta(seconds=5)


def list_findings() -> list[Finding]:
    """All checks in order; what they rest on comes first. Without a database those that need one are left out."""
    findings = [check() for check in _ALWAYS]
    findings += [*_settings(), *_page_types(), _database()]
    if findings[-1].state == "ok":
        findings += [_of_database(name, check) for name, check in _WITH_DATABASE.items()]
    return findings


def _python() -> Finding:
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        return Finding("python", "problem", f"Python {platform.python_version()} is too old: use {wanted} or newer.")
    return Finding("python", "ok", f"Python {platform.python_version()}.")


def _zones() -> Finding:
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return Finding("zones", "problem", "There are no time zones: install the packages of requirements.txt again.")
    return Finding("zones", "ok", "Time zones are there.")


def _disk() -> Finding:
    places = [config.current().instance]
    if not is_postgresql() and db.engine.url.database:
        places.append(file_of(db.engine.url.database).resolve().parent)
    free, place = min((_free(place), place) for place in places)
    says = f"{free / 1e9:.1f} GB are free beside {place}"
    if free < NO_SPACE:
        return Finding("disk", "problem", f"{says}: make room, or nothing can be saved.")
    if free < LITTLE_SPACE:
        return Finding("disk", "warning", f"{says}: make room soon.")
    return Finding("disk", "ok", f"{says}.")


def _free(place: Path) -> int:
    """How many bytes are free where a folder is, or will be."""
    return shutil.disk_usage(next(folder for folder in (place, *place.parents) if folder.is_dir())).free


def _settings() -> Iterator[Finding]:
    settings = config.current()
    if settings.problems:
        yield from (Finding("settings", "problem", problem) for problem in settings.problems)
        return
    yield Finding("settings", "ok", f"The mode is {settings.env}; nothing in the environment is wrong.")
    counts = f"{len(settings.secret_keys)} for links, {len(settings.data_keys)} for stored data"
    yield Finding("keys", "ok", f"{counts}; the first of each is used for what is new.")
    yield _address()
    yield sending_checks.texts()
    yield sending_checks.answers()
    yield sending_checks.mail()
    yield sending_checks.pushes()
    yield _photos()
    yield sending_checks.manners()


def _address() -> Finding:
    base = config.current().base_url
    if urlsplit(base).hostname in sending_checks.LOCAL:
        says = f"Links begin with {base}, which opens on this machine alone: set SELFSERVICE_BASE_URL for other phones."
        return Finding("address", "warning", says)
    return Finding("address", "ok", f"Links begin with {base}.")


def _photos() -> Finding:
    settings = config.current()
    if settings.media.startswith("s3://"):
        fault = stores.find_fault(stores.current())
        return Finding("photos", "problem" if fault else "ok", fault or "Their bucket takes them, and gives them away.")
    folder = stores.folder(settings)  # Looked at only: made by whoever runs this, it might not be the server's.
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
        return Finding("photos", "problem", f"{folder} cannot be written to: mend its rights, or no photo is taken.")
    return Finding("photos", "ok", f"They are kept in {folder}.")


def _told(name: str, list_troubles: Callable[[], list[str]], state: State, fine: str) -> Callable[[], Finding]:
    """The check that nothing is told by `list_troubles`, which is as bad as `state` says."""

    def check() -> Finding:
        found = list_troubles()
        return Finding(name, state, " ".join(found)) if found else Finding(name, "ok", fine)

    return check


def _page_types() -> Iterator[Finding]:
    known = registry.current()
    problems = known.problems()
    yield from (Finding("page types", "problem", str(problem)) for _name, problem in problems)
    keys = ", ".join(loaded.key for loaded in known)
    if keys:
        yield Finding("page types", "ok", f"{len(known)} can be sent: {keys}.")
    elif not problems:
        yield Finding("page types", "problem", "There is no page type: set SELFSERVICE_SITUATIONS to a folder of some.")


def _database() -> Finding:
    if any(problem.startswith(f"{config.PREFIX}DATABASE_URL") for problem in config.current().problems):
        return Finding("database", "problem", "It was not looked at: its address is wrong, see above.")
    problem = schema.find_problem(writes=True)
    if problem:
        return Finding("database", "problem", problem)
    url = db.engine.url
    place = (
        f"PostgreSQL, {url.database} on {url.host or 'this machine'}" if is_postgresql() else f"SQLite, {url.database}"
    )
    return Finding("database", "ok", f"{place}, at migration {schema.find_current()}, takes writes.")


def _data_keys() -> Finding:
    missing = readiness.find_missing_key()
    return Finding("data keys", "problem" if missing else "ok", missing or "No key that rows need is missing.")


def _worker() -> Finding:
    silence = readiness.find_silence()
    if silence is None:
        return Finding("worker", "ok", "A worker is running.")
    return Finding("worker", "problem" if config.current().is_production else "warning", silence)


def _staff() -> Finding:
    count = fetch(select(func.count()).select_from(User).where(User.is_active), {})[0][0]
    if not count:
        says = "Nobody can sign in to the console: add a person with `flask --app app staff add`."
        return Finding("staff", "warning", says)
    return Finding("staff", "ok", f"{count} can sign in to the console.")


def _clock() -> Finding:
    now = clock.now()
    if is_postgresql():
        drift = abs(fetch(text("SELECT clock_timestamp()"), {})[0][0] - now)
        says = f"This machine and the database's differ by {drift.total_seconds():.1f} seconds"
        if drift > MOST_DRIFT:
            return Finding("clock", "problem", f"{says}: let both take the time from a time server.")
        return Finding("clock", "ok", f"{says}.")
    latest: datetime | None = fetch(select(func.max(Event.at)), {})[0][0]
    if latest is not None and latest > now + MOST_DRIFT:
        says = f"It says {now:%Y-%m-%d %H:%M} UTC, but something happened at {latest.astimezone(UTC):%Y-%m-%d %H:%M}"
        return Finding("clock", "problem", f"{says}: let this machine take the time from a time server.")
    return Finding("clock", "ok", f"It says {now:%Y-%m-%d %H:%M} UTC.")


def _of_database(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except SQLAlchemyError as error:
        return Finding(name, "problem", f"The database did not answer ({type(error).__name__}): look at its log.")


_ALWAYS = (_python, _zones, _disk)
_WITH_DATABASE: dict[str, Callable[[], Finding]] = {
    "data keys": _data_keys,
    "push services": _told(
        "push services", troubles.list_unrecognised, "problem", "None says that it does not know us."
    ),
    "providers": _told("providers", troubles.list_unwell, "warning", "None fails or is slow."),
    "unsent": _told("unsent", troubles.list_dead, "problem", "No message was kept back by a fault of ours."),
    "in doubt": _told(
        "in doubt", troubles.list_doubtful, "warning", "No message waits for a person to find out if it came."
    ),
    "receipts": _told("receipts", troubles.list_parked, "warning", "None is about a message that nobody here knows."),
    "worker": _worker,
    "staff": _staff,
    "clock": _clock,
}
