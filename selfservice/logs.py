"""Logs: JSON lines on stderr without tokens, numbers, addresses, names or bodies; what to log is the callers' choice.

Callers log ids and words of their own. Whatever else slips in is scrubbed here, and an exception of foreign code is
shown by its type and the lines it passed, never by its message: databases and validators quote the value they refuse.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any

import structlog
from jinja2 import TemplateError
from structlog.typing import EventDict, Processor, WrappedLogger

from selfservice import clock
from selfservice.config import Settings
from selfservice.errors import AppError

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
REQUEST_ID = re.compile(r"[0-9a-f]{16}")
_FRAMES = 12

# Messages of these quote names in our own source, never a value.
_HARMLESS = (AppError, TemplateError, AttributeError, ImportError, NameError)

_CREDENTIALS = re.compile(r"://[^/\s@]+@")
_EMAIL = re.compile(r"[^\s@<>\"'=:/]+@[^\s@<>\"']+\.\w+")
_TOKEN = re.compile(r"[0-9A-Za-z]{34,}\w*")
_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d[\d\s().\-/]{5,22}\d(?!\w)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FEWEST_DIGITS = 7
_LEAST_NUMBER = 10**9  # an integer below it is a count or an id of ours, above it may be somebody's number


def configure(settings: Settings) -> None:
    """Send our own lines and those of every library to stderr as JSON; debugging lines in demo mode only."""
    shared: list[Processor] = [_add_origin, _tell_exception, scrub]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_to_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_open_stderr,
        cache_logger_on_first_use=False,
    )
    handler = _StderrHandler()
    handler.setFormatter(_LibraryFormatter())
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if not isinstance(kept, _StderrHandler)] + [handler]
    root.setLevel(logging.WARNING if settings.is_production else logging.INFO)
    # The servers write the whole path of each request, and a page's path is its token; Alembic tells what it is about
    # to do, at each command.
    for name in ("werkzeug", "_granian", "granian.access", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def new_request_id() -> str:
    """A random name for one request: 16 hex digits, for the log and for the error page."""
    return secrets.token_hex(8)


def request_finished(*, method: str, rule: str | None, status: int, ms: float, request_id: str) -> None:
    """Write the one line of a request; `rule` is the URL rule that matched, never the path, None when none did.

    Written by hand rather than through the processors: it runs for every page view and each value is known to be safe.
    """
    name = method if method in METHODS else "OTHER"
    shown = request_id if REQUEST_ID.fullmatch(request_id) else "refused"
    sys.stderr.write(
        f'{{"at":"{clock.now().isoformat(timespec="milliseconds")}","level":"info","event":"request",'
        f'"method":"{name}","rule":{_quote(rule or "")},"status":{status:d},"ms":{ms:.1f},"request":"{shown}"}}\n'
    )


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: take what identifies a person or opens a page out of every text of the event."""
    return {key: value if key in {"at", "level"} else _scrubbed(value) for key, value in event.items()}


def scrub_text(text: str) -> str:
    """`text` without credentials, e-mail addresses, tokens and anything that looks like a phone number."""
    text = _CREDENTIALS.sub("://[credentials]@", text)
    text = _EMAIL.sub("[email]", text)
    text = _TOKEN.sub("[token]", text)
    return _NUMBER.sub(_hide_number, text)


def _hide_number(match: re.Match[str]) -> str:
    found = match[0]
    digits = sum(character.isdigit() for character in found)
    return found if digits < _FEWEST_DIGITS or _DATE.match(found) else "[number]"


def _scrubbed(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LEAST_NUMBER else "[number]"
    if isinstance(value, Mapping):
        return {str(key): _scrubbed(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(item) for item in value]
    return scrub_text(str(value))


def _add_origin(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    level = {"exception": "error", "warn": "warning"}.get(method, method)
    return {"at": clock.now().isoformat(timespec="milliseconds"), "level": level, **event}


def _tell_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's type, its path through the source and, where harmless, its message."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.update(describe(error))
    return event


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as fields for the log: `error` (type), `where` (innermost last), `message` and `cause` if any."""
    fields: dict[str, Any] = {"error": _type_name(error), "where": _frames(error.__traceback__)}
    if isinstance(error, _HARMLESS):
        fields["message"] = str(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        fields["cause"] = {"error": _type_name(cause), "where": _frames(cause.__traceback__)}
    return fields


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _frames(passed: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(passed)[-_FRAMES:]]


def _to_json(event: EventDict, **_options: Any) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=512)
def _quote(text: str) -> str:
    return json.dumps(text)


class _Stderr:
    """Looks stderr up at each line, so that a test or a server that replaces it is followed; one write is one line."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = fatal = log = msg


def _open_stderr(*_names: Any) -> _Stderr:
    return _Stderr()


class _StderrHandler(logging.StreamHandler[Any]):
    """Writes the records of libraries to whatever stderr is at the moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _value: Any) -> None:
        return


class _LibraryFormatter(logging.Formatter):
    """A library's record as one of our lines."""

    def format(self, record: logging.LogRecord) -> str:
        event: EventDict = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            "exc_info": record.exc_info,
        }
        return _to_json(scrub(None, "", _tell_exception(None, "", event)))
