"""Whether this installation can serve: the database, its migrations, a worker that lives. Asked by /readyz, doctor."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from selfservice import clock, schema, tokens
from selfservice.customers import queries as customers
from selfservice.errors import ConfigError
from selfservice.messages import queries as messages
from selfservice.web import room

SILENCE = timedelta(seconds=60)
"""Without a sign of life for this long, a worker counts as gone; it gives several a minute."""


def problems() -> list[str]:
    """What keeps this installation from serving, each as a sentence with the way out; empty when all is well."""
    problem = schema.find_problem()
    if problem:
        return [problem]
    try:
        found = [room.find_lack(), find_missing_key(), find_silence()]
    except SQLAlchemyError:
        return ["The database does not answer: look at its server and its log."]
    return [sentence for sentence in found if sentence]


def find_silence() -> str | None:
    """Whether no worker has given a sign of life lately, as a sentence."""
    heard_at = messages.find_last_heartbeat()
    if heard_at is not None and clock.now() - heard_at < SILENCE:
        return None
    return "No worker is running, so no text leaves: start one with `flask --app app worker` and leave it running."


def find_missing_key() -> str | None:
    """Whether stored rows name a data key that is not configured, as a sentence: its owners' "stop" would be lost."""
    missing = customers.data_key_ids_in_use() - tokens.data_keys().kids
    if not missing:
        return None
    names = ", ".join(sorted(missing))
    return f"SELFSERVICE_DATA_KEYS lacks the key {names}, which stored rows were made with: put it back."


def require_data_keys() -> None:
    """Raise ConfigError when a data key that rows need is gone: before serving and working."""
    problem = find_missing_key()
    if problem:
        raise ConfigError(problem)
