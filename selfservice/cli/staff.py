"""`flask staff`: adding people who sign in to the console."""

from __future__ import annotations

import sys

import click

from selfservice.cli.command import Group, json_option, print_json
from selfservice.db import db
from selfservice.staff import service as staff
from selfservice.staff.models import Role
from selfservice.tokens import encode_id


@click.group(cls=Group)
def command() -> None:
    """The people who sign in to the console."""


@command.command("add", example='staff add jo@example.com --name "Jo Baker" --role agent --team reception')
@click.argument("email")
@click.option("--name", required=True, help="As colleagues know them.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.AGENT.value, show_default=True)
@click.option("--team", help="The key of the team whose work they see, such as reception; without one, all work.")
@json_option
def add(email: str, *, name: str, role: str, team: str | None, as_json: bool) -> None:
    """Add a person. Their password is asked for, or read from standard input: never from the command line, where
    everybody on this machine could see it.
    """
    user = staff.add(email, name=name, password=_read_password(), role=role, team=team)
    db.session.commit()
    if as_json:
        print_json({"id": encode_id(user.id), "email": user.email, "name": user.name, "role": user.role, "team": team})
    else:
        click.echo(f"{user.name} can sign in to the console as {user.email}.")


def _read_password() -> str:
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return password
    return sys.stdin.readline().rstrip("\r\n")
