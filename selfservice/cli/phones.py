"""`flask phones`: what customers' phones keep of us, and taking it back."""

from __future__ import annotations

import click

from selfservice import config
from selfservice.cli.command import Group
from selfservice.errors import ConfigError
from selfservice.web.customer.shell import switch


@click.group(cls=Group)
def command() -> None:
    """The service worker on customers' phones: see whether it is on, end it, let it come back."""


@command.command("off", example="phones off", uses="settings")
def off() -> None:
    """End the service worker on every phone, with all that it keeps, at the phone's next visit.

    Answers that wait on a phone are sent first. Pages go on working as they do in a browser without a worker. Takes
    effect at once on this machine; run it on each machine that serves.
    """
    path = switch(config.current())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}): make its folder writable.") from error
    click.echo("Phones give back what they keep of us at their next visit. `phones on` ends that.")


@command.command("on", example="phones on", uses="settings")
def on() -> None:
    """Let phones keep pages and answers again."""
    path = switch(config.current())
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be removed ({error.strerror}): make its folder writable.") from error
    click.echo("Phones keep pages and answers from their next visit on.")


@command.command("status", example="phones status", uses="settings")
def status() -> None:
    """Say whether phones may keep pages and answers."""
    is_off = switch(config.current()).exists()
    click.echo("off: phones give back what they keep" if is_off else "on: phones keep pages and answers")
