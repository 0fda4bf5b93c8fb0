"""What the documents say is true: settings, commands, links and files are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from selfservice import config
from selfservice.cli.commands import Commands
from selfservice.web.live import MOST_STREAMS, RESERVE

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_IMAGE_BYTES = 300_000


def read_all() -> str:
    return "\n".join(path.read_text("utf-8") for path in DOCUMENTS)


def list_command_lines() -> list[str]:
    """Every command line that is written out, without what follows a comment sign."""
    return sorted(set(re.findall(r"flask --app app ((?:[^`\n#]|\"[^\"]*\")+)", read_all())))


def test_every_setting_is_described() -> None:
    described = (ROOT / "docs" / "configuration.md").read_text("utf-8")

    names = {name for name in config.VARIABLES if not name.endswith("_FILE")}

    assert {name for name in names if f"`{name}`" not in described} == set()


def test_no_setting_is_made_up() -> None:
    assert set(re.findall(r"SELFSERVICE_[A-Z_]+", read_all())) <= config.VARIABLES


def test_secrets_are_marked() -> None:
    described = (ROOT / "docs" / "configuration.md").read_text("utf-8")

    rows = re.findall(r"^\| `SELFSERVICE_(\w+)` .*?(\*Secret\.\*)? \|$", described, re.MULTILINE)

    assert {name for name, mark in rows if mark} == config.SECRETS & {name for name, _ in rows}


@pytest.mark.parametrize("line", list_command_lines())
def test_every_command_is_one_that_there_is(line: str) -> None:
    command: click.Command = Commands()
    words = shlex.split(line)
    context = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, line
        command, words = found, words[1:]

    if words:  # Named in passing otherwise, without its arguments.
        command.make_context(command.name, words)


def test_links_lead_somewhere() -> None:
    missing = [
        f"{path.name}: {target}"
        for path in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8"))
        if not (path.parent / target).exists()
    ]

    assert missing == []


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    named = set(re.findall(r"(?:^|`)make ([a-z]+)", read_all(), re.MULTILINE))

    assert named >= {"run", "test"}
    assert named <= targets


def test_threads_are_those_of_the_server() -> None:
    described = (ROOT / "docs" / "operations.md").read_text("utf-8")

    sentence = f"{MOST_STREAMS + RESERVE} threads: at most {MOST_STREAMS} follow open consoles, so at least {RESERVE} "

    assert sentence in described


def test_images_are_small() -> None:
    assert sum(path.stat().st_size for path in (ROOT / "docs" / "images").glob("*")) <= MOST_IMAGE_BYTES
