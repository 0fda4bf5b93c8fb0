"""What machines ask: is the process alive, can it serve. Public, and says nothing that is private."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect
from flask.typing import ResponseReturnValue

from selfservice import config
from selfservice.errors import NotFound
from selfservice.web import readiness, security, troubles

blueprint = Blueprint("operations", __name__)


def _anybody() -> None:
    return None


security.guard(blueprint, "public", _anybody)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/")
def root() -> ResponseReturnValue:
    """Nothing lives here: customers have links. Who tries the product out is led to the console."""
    if config.current().is_production:
        raise NotFound("Nothing lives at the root; customers open the link they were sent.")
    return redirect("/console")


@blueprint.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """No page here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """Every page carries its icon inside itself; a browser that asks all the same is told once a day."""
    return Response(status=204, headers={"Cache-Control": "public, max-age=86400"})


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers, its tables are those of this release, and a worker has been heard lately.

    What is wrong with sending, and how many receipts are about messages that nobody knows, is told beside it.
    """
    problems = readiness.problems()
    warnings = [] if problems else [*troubles.list_all(), *troubles.list_parked()]
    status = "ok" if not problems else "not ready"
    return jsonify(status=status, problems=problems, warnings=warnings), 503 if problems else 200
