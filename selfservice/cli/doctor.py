"""`flask doctor`: how this installation stands."""

from __future__ import annotations

from dataclasses import asdict

import click
from flask import current_app

from selfservice.cli import checks
from selfservice.cli.command import Command, json_option, print_json

_MARKS = {"ok": "ok", "warning": "look", "problem": "MEND"}


@click.command("doctor", cls=Command, example="doctor", uses="nothing", sees_composed=True)
@json_option
def command(*, as_json: bool) -> None:
    """Say what is configured, what is not, and how to mend it. Always runs; changes nothing.

    Ends with exit code 1 when something keeps this installation from working.
    """
    # As a GET: the session then reads on the engine that never writes and never takes the writer's place.
    with current_app.test_request_context("/"):
        findings = checks.list_findings()
    if as_json:
        is_ok = all(finding.state != "problem" for finding in findings)
        print_json({"ok": is_ok, "checks": [asdict(finding) for finding in findings]})
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            click.echo(f"{_MARKS[finding.state]:<4}  {finding.name:<{width}}  {finding.says}")
    if any(finding.state == "problem" for finding in findings):
        raise SystemExit(1)
