"""Which commands there are; each one's file is loaded when it is called, so that a server carries none of them."""

from __future__ import annotations

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

COMMANDS = {
    "backup": "selfservice.cli.backup",
    "brand": "selfservice.cli.brand",
    "consent": "selfservice.cli.consent",
    "customer": "selfservice.cli.customer",
    "db": "selfservice.cli.database",
    "demo": "selfservice.cli.demo",
    "doctor": "selfservice.cli.doctor",
    "keys": "selfservice.cli.keys",
    "message": "selfservice.cli.message",
    "page": "selfservice.cli.page",
    "phones": "selfservice.cli.phones",
    "picture": "selfservice.cli.picture",
    "restore": "selfservice.cli.restore",
    "serve": "selfservice.cli.serve",
    "situation": "selfservice.cli.situation",
    "staff": "selfservice.cli.staff",
    "worker": "selfservice.cli.worker",
}


class Commands(AppGroup):
    """The application's commands by name; each file calls its own `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of --help."""
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, its file loaded now."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module(COMMANDS[cmd_name]).command
        return found


def attach(app: Flask) -> Flask:
    """Give the application its commands; returns it."""
    app.cli = Commands("app")
    return app
