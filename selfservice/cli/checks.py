"""What `doctor` looks at: each check says how one thing stands and, where it does not stand well, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from selfservice import clock, config, schema
from selfservice.db import READER, db, fetch, is_postgresql
from selfservice.errors import ConfigError
from selfservice.events.models import Event
from selfservice.media import stores
from selfservice.messages.channels import registry as channels
from selfservice.messages.channels.contract import Calling, Channel
from selfservice.situations import registry
from selfservice.staff.models import User
from selfservice.web import readiness, troubles

State = Literal["ok", "warning", "problem"]
OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 1_000_000_000
NO_SPACE = 100_000_000
MOST_DRIFT = timedelta(seconds=5)
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Finding:
    """How one thing stands, in a sentence that says what to do where `state` is not ok."""

    name: str
    state: State
    says: str


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
    settings = config.current()
    place = next(folder for folder in (settings.instance, *settings.instance.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    says = f"{free / 1e9:.1f} GB are free beside {settings.instance}"
    if free < NO_SPACE:
        return Finding("disk", "problem", f"{says}: make room, or nothing can be saved.")
    if free < LITTLE_SPACE:
        return Finding("disk", "warning", f"{says}: make room soon.")
    return Finding("disk", "ok", f"{says}.")


def _settings() -> Iterator[Finding]:
    settings = config.current()
    if settings.problems:
        yield from (Finding("settings", "problem", problem) for problem in settings.problems)
        return
    yield Finding("settings", "ok", f"The mode is {settings.env}; nothing in the environment is wrong.")
    counts = f"{len(settings.secret_keys)} for links, {len(settings.data_keys)} for stored data"
    yield Finding("keys", "ok", f"{counts}; the first of each is used for what is new.")
    yield _address()
    yield _provider()
    yield _mail()
    yield _pushes()
    yield _photos()


def _address() -> Finding:
    base = config.current().base_url
    if urlsplit(base).hostname in _LOCAL:
        says = f"Links begin with {base}, which opens on this machine alone: set SELFSERVICE_BASE_URL for other phones."
        return Finding("address", "warning", says)
    return Finding("address", "ok", f"Links begin with {base}.")


def _provider() -> Finding:
    settings = config.current()
    try:
        those = channels.build(settings, writer=db.engine, reader=db.engines[READER]).of("sms")
    except ConfigError as error:
        return Finding("texts", "problem", error.message)
    if those[0].name == "handset":
        says = "Texts go to the development handset at /phone and reach nobody: set SELFSERVICE_SMS to a provider."
        return Finding("texts", "warning", says)
    leave = ", then ".join(_shown(provider) for provider in those)
    doors = [f"{settings.base_url}/callbacks/{provider.name}" for provider in those if isinstance(provider, Calling)]
    hears = f" We are called back at /status and /inbound below {', '.join(doors)}." if doors else ""
    return Finding("texts", "ok", f"Texts leave through {leave}.{hears}")


def _shown(provider: Channel) -> str:
    """A provider with its sender, and nothing of its credentials."""
    sender = getattr(provider, "sender", "")
    return f"{provider.name} from {sender}" if sender else provider.name


def _mail() -> Finding:
    settings = config.current()
    if settings.email is None:
        return Finding("e-mails", "ok", "None are sent: SELFSERVICE_EMAIL is not set.")
    try:
        provider = channels.build(settings, writer=db.engine, reader=db.engines[READER]).get("email")
    except ConfigError as error:
        return Finding("e-mails", "problem", error.message)
    if provider.name == "mailbox":
        says = "E-mails go to the development handset at /phone and reach nobody: set SELFSERVICE_EMAIL to a server."
        return Finding("e-mails", "warning", says)
    return Finding("e-mails", "ok", "E-mails leave through smtp.")


def _pushes() -> Finding:
    settings = config.current()
    if not settings.push_key:
        says = "Pushes are off, texts go alone: make a key with `flask --app app keys push` and set it."
        return Finding("pushes", "warning", says)
    if not settings.is_secure and urlsplit(settings.base_url).hostname not in _LOCAL:
        says = "Browsers take pushes from an https address alone: see docs/real-phone.md."
        return Finding("pushes", "warning", says)
    return Finding("pushes", "ok", f"Phones that asked to be told get pushes, signed for {settings.push_subject}.")


def _photos() -> Finding:
    settings = config.current()
    if settings.media.startswith("s3://"):
        fault = stores.find_fault(stores.current())
        return Finding("photos", "problem" if fault else "ok", fault or "Their bucket takes them, and gives them away.")
    folder = stores.folder(settings)  # Looked at only: made by whoever runs this, it might not be the server's.
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
        return Finding("photos", "problem", f"{folder} cannot be written to: mend its rights, or no photo is taken.")
    return Finding("photos", "ok", f"They are kept in {folder}.")


def _push_services() -> Finding:
    unknown = troubles.list_unrecognised()
    if unknown:
        return Finding("push services", "problem", " ".join(unknown))
    return Finding("push services", "ok", "None says that it does not know us.")


def _providers() -> Finding:
    unwell = troubles.list_unwell()
    if unwell:
        return Finding("providers", "warning", " ".join(unwell))
    return Finding("providers", "ok", "None fails or is slow.")


def _dead() -> Finding:
    dead = troubles.list_dead()
    if dead:
        return Finding("unsent", "problem", " ".join(dead))
    return Finding("unsent", "ok", "No message was kept back by a fault of ours.")


def _page_types() -> Iterator[Finding]:
    known = registry.current()
    yield from (Finding("page types", "problem", sentence) for sentence in known.broken.values())
    keys = ", ".join(loaded.key for loaded in known)
    if keys:
        yield Finding("page types", "ok", f"{len(known)} can be sent: {keys}.")
    elif not known.broken:
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
    "push services": _push_services,
    "providers": _providers,
    "unsent": _dead,
    "worker": _worker,
    "staff": _staff,
    "clock": _clock,
}
