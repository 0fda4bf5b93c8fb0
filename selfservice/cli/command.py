"""What commands share: a check before, one sentence in place of a traceback after, --json, an example in --help."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import click
from flask import has_app_context
from flask.cli import ScriptInfo
from sqlalchemy.exc import OperationalError

from selfservice import config, schema
from selfservice.errors import AppError, ConfigError, Invalid
from selfservice.situations import registry

FLASK = "flask --app app"
F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A command that runs inside the application and ends with exit code 0, or 1 and one sentence on stderr.

    `example` is the command line after `flask --app app`. `uses` says what is made sure of first: "nothing" (it always
    runs), "settings" (nothing in the environment is wrong), "reads" or "writes" (and the database is there for that).
    What runs without a database knows the page types of folders alone, but for a command with `sees_composed`: that
    knows those that staff composed, too, wherever there is a database to ask.
    """

    def __init__(
        self, name: str | None, *, example: str, uses: str = "writes", sees_composed: bool = False, **options: Any
    ) -> None:
        super().__init__(name, epilog=f"Example: {FLASK} {example}", **options)
        self.uses = uses
        self.sees_composed = sees_composed

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The example on a line of its own, unwrapped, so that it can be copied."""
        if ctx.command.epilog:
            formatter.write_paragraph()
            formatter.write(f"{ctx.command.epilog}\n")

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; raises SystemExit with 1 after a sentence about what went wrong."""
        if not has_app_context():
            ctx.with_resource(ctx.ensure_object(ScriptInfo).load_app().app_context())
        try:
            self._make_sure()
            with self._types():
                return super().invoke(ctx)
        except AppError as error:
            sentence = _explain(error)
        except OperationalError as error:
            # The database went away, was locked for too long, or its disk is full: its own words hold no rows.
            sentence = (
                f"The database failed ({_first_line(error)}), so part of this may be done and part not: look, then run "
                "it again."
            )
        click.echo(sentence, err=True)
        raise SystemExit(1)

    def _make_sure(self) -> None:
        if self.uses != "nothing":
            config.current().require_sound()
        if self.uses in ("reads", "writes"):
            problem = schema.find_problem(writes=self.uses == "writes")
            if problem:
                raise ConfigError(problem)

    def _types(self) -> AbstractContextManager[None]:
        """The page types that it knows."""
        has_database = self.uses in ("reads", "writes") or (self.sees_composed and schema.find_problem() is None)
        return nullcontext() if has_database else registry.from_folders()


class Group(click.Group):
    """Commands that belong together: `flask --app app page issue`."""

    command_class = Command


def print_json(data: Any) -> None:
    """Data as --json prints it: one value, indented, with all letters as they are."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Rows in columns, with two blanks between."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_fields(fields: Mapping[str, str]) -> None:
    """Names and values, a line each."""
    print_table([(name, value) for name, value in fields.items() if value])


def json_option(function: F) -> F:
    """The option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(function)


def _explain(error: AppError) -> str:
    """Its sentence, or where it is about facts and values, a line for each: staff know a fact by its label, programs
    by its name.
    """
    fields = error.fields if isinstance(error, Invalid) else {}
    if not fields or "" in fields:
        return error.message
    return "\n".join(f"{name}: {sentence}" for name, sentence in fields.items())


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().partition("\n")[0]
