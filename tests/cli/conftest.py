"""Commands in three ways: `shell` as a person types them, in a process of their own; `inside`, the same in the test's
own, in a tenth of the time; `command`, run by the application that the test has, on each kind of database.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from selfservice import db
from selfservice.application import create_app
from selfservice.cli.commands import attach
from selfservice.config import Settings
from tests.harness.server import FLASK, ROOT

Command = Callable[..., Result]


@dataclass(frozen=True)
class Shell:
    """A terminal in the project's folder, with an instance folder and a database of the test's own."""

    environ: dict[str, str]

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `flask --app app ARGUMENTS`; `variables` are settings without their prefix."""
        settings = {f"SELFSERVICE_{name}": value for name, value in variables.items()}
        return subprocess.run(
            [*FLASK, *arguments],
            cwd=ROOT,
            env={**self.environ, **settings},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@dataclass(frozen=True)
class Inside:
    """What `Shell` does, in this process: an application made from the settings as a command makes it."""

    environ: dict[str, str]

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command; what it raises beside its exit is raised here."""
        environ = {**self.environ, **{f"SELFSERVICE_{name}": value for name, value in variables.items()}}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            app = attach(create_app(Settings.load(environ, strict=False)))
            done = app.test_cli_runner().invoke(args=list(arguments), input=stdin)
            with app.app_context():
                db.dispose()
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def empty_shell(tmp_path: Path) -> Shell:
    """A terminal on a machine where nothing has been set up."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELFSERVICE_", "FLASK_"))}
    return Shell({**kept, "SELFSERVICE_INSTANCE": str(tmp_path / "instance")})


@pytest.fixture
def shell(empty_shell: Shell, sqlite_url: str) -> Shell:
    """A terminal on a machine with a migrated database."""
    return Shell({**empty_shell.environ, "SELFSERVICE_DATABASE_URL": sqlite_url})


@pytest.fixture
def empty_inside(empty_shell: Shell) -> Inside:
    """Commands on a machine where nothing has been set up."""
    return Inside(empty_shell.environ)


@pytest.fixture
def inside(shell: Shell) -> Inside:
    """Commands on a machine with a migrated database."""
    return Inside(shell.environ)


@pytest.fixture
def command(app: Flask) -> Command:
    """Run a command of the application under test: `command("page", "issue", ...)`; on each kind of database."""
    runner = attach(app).test_cli_runner()

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return runner.invoke(args=list(arguments), input=stdin)

    return run
