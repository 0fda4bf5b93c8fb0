"""The one map from errors to answers: JSON for programs, a page in plain words for people."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from selfservice import logs
from selfservice.db import abandon
from selfservice.errors import AppError, Invalid, TooMany, Unavailable
from selfservice.situations import plain
from selfservice.web import encoding, languages, room

PROGRAM_PATHS = ("/a/", "/api/", "/callbacks/", "/push/", "/healthz", "/readyz")
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported"}

_PERHAPS = "Perhaps this was saved and perhaps not"
_KINDS = {
    404: "not_found",
    405: "not_found",
    408: "slow",
    413: "too_large",
    429: "too_many",
    503: "unavailable",
}


def register(app: Flask) -> None:
    """Answer every error that leaves a view."""
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(Exception, _unexpected)


def problem(error: AppError) -> Response:
    """An error as `application/problem+json` (RFC 9457)."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": error.message,
        "status": error.status,
        "code": error.code,
    }
    if isinstance(error, Invalid) and error.fields:
        body["fields"] = error.fields
    return _as_problem(body, error.status)


def wants_json() -> bool:
    """Whether a program asked, not a person with a browser."""
    return request.path.startswith(PROGRAM_PATHS) or request.accept_mimetypes.best == "application/json"


def _app_error(error: AppError) -> ResponseReturnValue:
    abandon()
    response = problem(error) if wants_json() else _plain(error.status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> ResponseReturnValue:
    abandon()
    if error.response is not None or (error.code or 500) < 400:
        return error
    status = error.code or 500
    if not wants_json():
        return _plain(status)
    body = {"type": "about:blank", "title": error.description or error.name, "status": status}
    return _as_problem({**body, "code": _CODES.get(status, "error")}, status)


def _database_error(error: OperationalError) -> ResponseReturnValue:
    """The disk is full, the database is away or busy; where only the answer to a commit was lost, all was kept."""
    structlog.get_logger().error("database", request=_request_id(), exc_info=error)
    return _unavailable(error, f"The database cannot be used at the moment. {_PERHAPS}: send the same again.")


def _system_error(error: OSError) -> ResponseReturnValue:
    """A file that cannot be written because the disk is full; anything else is a fault of ours."""
    if not room.is_about_room(error):
        return _unexpected(error)
    structlog.get_logger().error("disk", request=_request_id(), exc_info=error)
    return _unavailable(error, f"There is no room to save anything. {_PERHAPS}: send the same again later.")


def _unavailable(error: Exception, sentence: str) -> ResponseReturnValue:
    room.note(error)
    response = _app_error(Unavailable(sentence))
    assert isinstance(response, Response)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> ResponseReturnValue:
    structlog.get_logger().error("unexpected", request=_request_id(), exc_info=error)
    return _app_error(AppError(f"Something went wrong on our side; quote {_request_id()} when you ask about it."))


def _plain(status: int) -> Response:
    kind = _KINDS.get(status, "error" if status >= 500 else "forbidden")
    language = languages.wanted()
    html = plain.render_plain(kind, language=language, reference=_request_id() if status >= 500 else "")
    response = encoding.compressed(html, status)
    response.headers.extend(
        (
            ("Cache-Control", "no-store"),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("Content-Security-Policy", plain.SECURITY_POLICY),
        )
    )
    return response


def _as_problem(body: dict[str, object], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    return response


def _request_id() -> str:
    return str(g.get("request_id") or logs.new_request_id())
