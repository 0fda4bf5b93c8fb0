"""The keys as text: reading and judging `kid:secret` entries, making new ones, keeping those of demo mode."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from selfservice.errors import ConfigError
from selfservice.tokens import ALPHABET, Key

KEYS_FILE = "keys.json"
SECRET_LENGTH = 43
SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 8
_PLACEHOLDER = re.compile(r"change.?me|example|secret|password|default|xxxx|0123456789|abcdefgh", re.IGNORECASE)


def new_key(taken: Iterable[str] = ()) -> Key:
    """A key with 256 random bits, under the first key id that is not `taken`; raises ConfigError when all 62 are."""
    used = set(taken)
    for kid in "abcdefghijklmnopqrstuvwxyz" + ALPHABET[:36]:
        if kid not in used:
            return Key(kid, "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH)))
    raise ConfigError("All 62 key ids are in use: take the oldest keys out before adding one.")


def format_keys(keys: Iterable[Key]) -> str:
    """The keys as SELFSERVICE_SECRET_KEYS and SELFSERVICE_DATA_KEYS spell them; the first one signs."""
    return ",".join(f"{key.kid}:{key.secret}" for key in keys)


def parse_keys(text: str) -> tuple[Key, ...]:
    """Read `kid:secret` entries; raises ValueError with the rest of a sentence that begins with the variable's name."""
    keys: list[Key] = []
    for position, entry in enumerate(text.split(","), start=1):
        kid, separator, secret = entry.strip().partition(":")
        if not separator or not secret.strip():
            raise ValueError(f"entry {position} is not kid:secret: write entries like a:RANDOM, commas between.")
        if len(kid) != 1 or kid not in ALPHABET:
            raise ValueError(f"entry {position} has a key id that is not one letter or digit: write it like a:RANDOM.")
        if any(kid == key.kid for key in keys):
            raise ValueError(f"entry {position} repeats a key id: give each key a letter or digit of its own.")
        keys.append(Key(kid, secret.strip()))
    return tuple(keys)


def find_weakness(secret: str) -> str | None:
    """What makes a secret unfit for production, as the rest of a sentence; None when it is fit."""
    if len(secret) < SHORTEST_SECRET:
        return f"is too short: write {SHORTEST_SECRET} or more random characters."
    if len(set(secret)) < _FEWEST_CHARACTERS or _PLACEHOLDER.search(secret):
        return f"is a default or a pattern: write {SHORTEST_SECRET} or more random characters."
    return None


def keep_demo_keys(instance: Path) -> dict[str, str]:
    """The demo mode's keys by variable name, made on the first call and the same ever after; raises ConfigError.

    Several processes may start at once: each writes a file of its own and links it to the final name, which exactly
    one of them can do; a reader never sees half a file.
    """
    path = instance / KEYS_FILE
    try:
        if not path.exists():
            instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # The demo's database lies there too.
            _create(path)
        return _read(path)
    except OSError as error:
        raise ConfigError(f"The keys cannot be kept in {path} ({error.strerror}): make its folder writable.") from error


def _create(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    text = json.dumps({name: format_keys([new_key()]) for name in ("SECRET_KEYS", "DATA_KEYS")}, indent=2)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first; its keys are the ones to use.
    finally:
        draft.unlink()


def _read(path: Path) -> dict[str, str]:
    mend = f"The keys in {path} cannot be read: bring the file back from a backup, or delete it to start afresh."
    try:
        kept = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ConfigError(mend) from error
    if not isinstance(kept, dict) or not all(
        isinstance(kept.get(name), str) and kept[name] for name in ("SECRET_KEYS", "DATA_KEYS")
    ):
        raise ConfigError(mend)
    return {name: kept[name] for name in ("SECRET_KEYS", "DATA_KEYS")}
