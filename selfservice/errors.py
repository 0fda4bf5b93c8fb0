"""The family of errors every floor may raise; the doors turn them into answers, nothing else lives here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class AppError(Exception):
    """Something a caller did, or an outside system said, that the code expects to happen.

    `message` is one sentence for staff and developers: what happened, to what, and what to do next. It never
    holds a token, a number, a name or a message body. Customers read copy files instead.
    """

    status = 500
    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Invalid(AppError):
    """The input cannot be used; `fields` says for each field, in plain words, what to write instead."""

    status = 422
    code = "invalid"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.fields = dict(fields or {})


class NotFound(AppError):
    """There is no such thing, or the caller may not know that there is."""

    status = 404
    code = "not_found"


class Conflict(AppError):
    """Somebody else was first; what they did stands."""

    status = 409
    code = "conflict"


class Gone(AppError):
    """It existed and is over."""

    status = 410
    code = "expired"


class Forbidden(AppError):
    """Known, and not allowed."""

    status = 403
    code = "forbidden"


class TooMany(AppError):
    """Over a limit; `retry_after` is in seconds."""

    status = 429
    code = "too_many"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(AppError):
    """We cannot do it at the moment and nothing was changed."""

    status = 503
    code = "unavailable"


class ConfigError(AppError):
    """The configuration is wrong; the message names the setting and the value to give it."""

    code = "configuration"


class BrokenFile(ConfigError):
    """A file of a page type cannot be used; `line` counts from 1, None where the file as a whole is meant.

    `reason` is a sentence that says what to do.
    """

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason
