"""The keys as text: `kid:secret` entries, and the key that signs pushes; making new ones, keeping those of a demo."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from selfservice import curve
from selfservice.errors import ConfigError
from selfservice.tokens import ALPHABET, Key

KEYS_FILE = "keys.json"
PUSH_KEY_FILE = "push-key"
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


def new_push_key() -> str:
    """A key to sign pushes with (VAPID, RFC 8292), as SELFSERVICE_VAPID_PRIVATE_KEY spells it."""
    return curve.encode(curve.new_private_key())


def parse_push_key(text: str) -> str:
    """The same text if it is a private key; raises ValueError with the rest of a sentence about the variable."""
    try:
        curve.public_key(curve.decode(text))
    except ValueError:
        raise ValueError("is not a key for pushes: make one with `flask --app app keys push`.") from None
    return text


@cache
def public_push_key(private_key: str) -> str:
    """What browsers are given as `applicationServerKey`, in base64url."""
    return curve.encode(curve.public_key(curve.decode(private_key)))


def keep_demo_keys(instance: Path) -> dict[str, str]:
    """The demo mode's keys by variable name, made on the first call and the same ever after; raises ConfigError."""
    path = instance / KEYS_FILE
    return _read(path, _keep(path, _make_keys))


def keep_demo_push_key(instance: Path) -> str:
    """The key that a demo signs its pushes with, kept likewise; raises ConfigError."""
    path = instance / PUSH_KEY_FILE
    try:
        return parse_push_key(_keep(path, new_push_key).strip())
    except ValueError as error:
        raise _unreadable(path) from error


def _make_keys() -> str:
    return json.dumps({name: format_keys([new_key()]) for name in ("SECRET_KEYS", "DATA_KEYS")}, indent=2)


def _keep(path: Path, make: Callable[[], str]) -> str:
    """The text of a file of ours, made when there is none.

    Several processes may start at once: each writes a file of its own and links it to the final name, which exactly
    one of them can do; a reader never sees half a file.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # The demo's database lies there too.
            _create(path, make())
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path) from error
    except OSError as error:
        raise ConfigError(f"The keys cannot be kept in {path} ({error.strerror}): make its folder writable.") from error


def _create(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
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


def _read(path: Path, text: str) -> dict[str, str]:
    try:
        kept = json.loads(text)
    except ValueError as error:
        raise _unreadable(path) from error
    if not isinstance(kept, dict) or not all(
        isinstance(kept.get(name), str) and kept[name] for name in ("SECRET_KEYS", "DATA_KEYS")
    ):
        raise _unreadable(path)
    return {name: kept[name] for name in ("SECRET_KEYS", "DATA_KEYS")}


def _unreadable(path: Path) -> ConfigError:
    return ConfigError(
        f"The keys in {path} cannot be read: bring the file back from a backup, or delete it to start afresh."
    )
