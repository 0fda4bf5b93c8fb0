"""What all commands have in common: an example in their help, one sentence when they fail, nothing loaded in vain."""

from __future__ import annotations

import shlex
import subprocess
import sys

import click
import pytest

from selfservice.cli.commands import COMMANDS, Commands
from tests.cli.conftest import Shell
from tests.harness.server import ROOT

PROMISED = {
    "serve",
    "worker",
    "db upgrade",
    "demo",
    "situation list",
    "situation check",
    "situation send",
    "page issue",
    "staff add",
    "keys rotate",
    "doctor",
}


def list_commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Every command that can be called, by its words."""
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        assert inner is not None
        found |= list_commands(inner, f"{prefix}{name} ") if isinstance(inner, click.Group) else {prefix + name: inner}
    return found


EVERY = list_commands(Commands())


def test_all_promised_commands_are_there() -> None:
    assert EVERY.keys() >= PROMISED


@pytest.mark.parametrize("words", sorted(EVERY))
def test_help_shows_an_example(words: str) -> None:
    context = click.Context(EVERY[words], info_name=f"flask {words}")

    *_, last = EVERY[words].get_help(context).splitlines()

    assert last.startswith(f"Example: flask --app app {words}")


@pytest.mark.parametrize("words", sorted(EVERY))
def test_an_example_is_a_line_that_the_command_understands(words: str) -> None:
    found = EVERY[words]
    example = click.Context(found).command.epilog or ""
    arguments = shlex.split(example.partition(f"app {words}")[2])

    found.make_context(words, arguments)


def test_commands_that_print_data_print_json_too() -> None:
    silent = {"serve", "worker", "db upgrade", "customer allow", "phones off", "phones on", "phones status"}
    silent |= {
        "message replay",
        "situation gallery",
        "customer export",
        "brand remove",
    }  # A sentence; and JSON whatever is asked for.

    without = {words for words, found in EVERY.items() if all(option.name != "as_json" for option in found.params)}

    assert without == silent


def test_a_server_carries_no_command() -> None:
    script = "import app, sys; print(*(name for name in sys.modules if name in sys.argv[1:]))"

    loaded = subprocess.run(
        [sys.executable, "-c", script, *COMMANDS.values(), "granian", "alembic"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert loaded.stdout.split() == []


def test_the_list_of_commands_shows_them_all(shell: Shell) -> None:
    shown = shell("--help").stdout

    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []


def test_a_wrong_setting_is_said_before_anything_is_done(shell: Shell) -> None:
    done = shell("page", "issue", "appointment_reminder", "--facts", "{}", BASE_URLL="https://example.org")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "SELFSERVICE_BASE_URLL is not a setting: did you mean SELFSERVICE_BASE_URL?\n"
