"""The demo's sign-in: one person of staff and a password made for this installation, kept beside its keys."""

from __future__ import annotations

import json
import os
import secrets
from typing import NamedTuple

from selfservice.config import Settings
from selfservice.errors import ConfigError

FILE = "demo-sign-in.json"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # None that look alike: it is read from a terminal and typed.


class SignIn(NamedTuple):
    """An address and a password for the console."""

    email: str
    password: str


def make_password() -> str:
    """Sixteen random letters and digits in groups of four: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def keep(settings: Settings, sign_in: SignIn) -> None:
    """Keep it in the instance folder, for its owner's eyes; raises ConfigError."""
    path = settings.instance / FILE
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(sign_in._asdict(), file, indent=2)
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}): make its folder writable.") from error


def find(settings: Settings) -> SignIn | None:
    """The demo's sign-in; None when `demo` has not run here."""
    try:
        kept = json.loads((settings.instance / FILE).read_text("utf-8"))
        return SignIn(kept["email"], kept["password"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def describe(settings: Settings) -> str:
    """How to sign in, in brackets, for a line in the terminal; what to run when `demo` has not."""
    found = find(settings)
    if found is None:
        return "(add somebody who may sign in: flask --app app staff add)"
    return f"(sign in as {found.email} with {found.password})"
