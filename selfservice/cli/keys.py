"""`flask keys`: making new keys beside the old ones."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import click

from selfservice import config
from selfservice.cli.command import Group, json_option, print_json
from selfservice.config import Settings
from selfservice.errors import ConfigError, Invalid
from selfservice.keys import KEYS_FILE, format_keys, keep_demo_keys, new_key, new_push_key, public_push_key
from selfservice.tokens import Key

_KEEP = {
    "SECRET_KEYS": "Keep the old keys behind it until the pages they signed have ended: their links stop without them.",
    "DATA_KEYS": "Keep the old keys behind it: rows made with them name them, and nothing starts without them.",
}


@click.group(cls=Group)
def command() -> None:
    """The keys that sign links and pushes and protect stored data."""


@command.command("rotate", example="keys rotate", uses="nothing")
@click.option("--data", "is_data", is_flag=True, help="The keys that protect stored data, not those that sign links.")
@click.option("--write", is_flag=True, help="Demo mode only: put the new value into instance/keys.json at once.")
@json_option
def rotate(*, is_data: bool, write: bool, as_json: bool) -> None:
    """Print a new value for SELFSERVICE_SECRET_KEYS: a fresh key first, which signs from then on, the old ones behind.

    Nothing is changed until you set it and start `serve` and `worker` again. Where no key is set yet, the value holds
    the fresh one alone.
    """
    settings = config.current()
    name = "DATA_KEYS" if is_data else "SECRET_KEYS"
    variable = f"{config.PREFIX}{name}"
    old = _known_keys(settings, name)
    value = format_keys([new_key(key.kid for key in old), *old])
    if write:
        _write(settings, name, value)
    if as_json:
        print_json({"variable": variable, "value": value, "written": write})
        return
    click.echo(value)
    done = "It is written to instance/keys.json" if write else f"Set {variable} to this value"
    click.echo(f"{done}; start `serve` and `worker` again. {_KEEP[name]}", err=True)


@command.command("push", example="keys push", uses="nothing")
@json_option
def push(*, as_json: bool) -> None:
    """Print a new value for SELFSERVICE_VAPID_PRIVATE_KEY: with it set, phones that want to be told get pushes.

    Keep it: every phone has asked for pushes signed by this key, and each has to be asked again after another is set.
    """
    value = new_push_key()
    variable = f"{config.PREFIX}VAPID_PRIVATE_KEY"
    if as_json:
        print_json({"variable": variable, "value": value, "public": public_push_key(value)})
        return
    click.echo(value)
    click.echo(
        f"Set {variable} to this value and keep it: a phone that was asked under another key has to be asked again.",
        err=True,
    )


def _known_keys(settings: Settings, name: str) -> tuple[Key, ...]:
    """The keys in force; none where the variable is not set, and no key is invented for one that cannot be read."""
    variable = f"{config.PREFIX}{name}"
    wrong = [problem for problem in settings.problems if problem.startswith(variable)]
    if not wrong:
        return settings.data_keys if name == "DATA_KEYS" else settings.secret_keys
    if all("is not set" in problem for problem in wrong):
        return ()
    raise ConfigError(wrong[0])


def _write(settings: Settings, name: str, value: str) -> None:
    variable = f"{config.PREFIX}{name}"
    if settings.is_production:
        raise Invalid(f"In production keys are not kept in a file of ours; set {variable} where your secrets are.")
    if any(os.environ.get(set_name) for set_name in (variable, f"{variable}_FILE")):
        raise Invalid(f"{variable} is set in the environment, which goes before the file; change it there.")
    kept = keep_demo_keys(settings.instance)
    _replace(settings.instance / KEYS_FILE, json.dumps({**kept, name: value}, indent=2) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner reads; who reads it meanwhile sees the old one or the new one, never a half."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written ({error.strerror}): make its folder writable.") from error
