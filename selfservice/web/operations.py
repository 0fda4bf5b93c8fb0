"""What machines ask: is the process alive, can it serve. Public, and says nothing that is private."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from selfservice.web import readiness, security

blueprint = Blueprint("operations", __name__)


def _anybody() -> None:
    return None


security.guard(blueprint, "public", _anybody)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers, its tables are those of this release, and a worker has been heard lately."""
    problems = readiness.problems()
    return jsonify(status="ok" if not problems else "not ready", problems=problems), 503 if problems else 200
