"""Sample facts: JSON files that do not rot, because their moments may be written relative to today or now.

`today+3` is a day, `today+3T10:20` a moment in the page's zone, `now-25m` and `now+2h` a moment to the minute. And
`example:person` is a picture that every installation has, `example:place` another. They are understood here and nowhere
else: not from customers, CSV files or the API.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from selfservice.errors import Invalid
from selfservice.kit.pictures import EXAMPLES

EXAMPLE = "example:"
_DAY = re.compile(r"today([+-]\d{1,4})?(?:T(\d\d):(\d\d))?")
_NOW = re.compile(r"now([+-]\d{1,5})([mh])")


class NotFacts(Invalid):
    """A text that holds no facts; `line` is where it cannot be read, if that is known."""

    def __init__(self, what: str, reason: str, line: int | None = None) -> None:
        super().__init__(f"{what} {reason}")
        self.reason = reason
        self.line = line


@dataclass(frozen=True)
class Sample:
    """One named case of a page type; `raw` is as written, its moments still relative.

    `version` is the older version of the type that it is a case of; None for the version of today.
    """

    name: str
    path: Path
    raw: dict[str, Any]
    version: int | None = None

    def facts(self, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
        """Raw facts for validation, their moments counted from `now`."""
        return resolve(self.raw, zone=zone, now=now)


def read_facts(source: str | Path, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Raw facts from a JSON text or from the path of a file; raises Invalid saying what is wrong with which."""
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return resolve(_parse(source, "The facts"), zone=zone, now=now)
    return resolve(read_sample(Path(source)).raw, zone=zone, now=now)


def read_sample(path: Path) -> Sample:
    """One sample file, its moments still relative; raises Invalid naming the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NotFacts(str(path), f"cannot be read ({reason}); give a file of facts or the facts as JSON.") from None
    return Sample(path.stem, path, _parse(text, str(path)))


def resolve(raw: dict[str, Any], *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The same facts with every relative day and moment written out; raises Invalid for an hour that does not exist."""
    found = _resolve(raw, zone, now.astimezone(zone))
    assert isinstance(found, dict)
    return found


def _parse(text: str, what: str) -> dict[str, Any]:
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotFacts(what, f"cannot be read as JSON: {error}.", error.lineno) from None
    if not isinstance(raw, dict):
        raise NotFacts(what, 'must be a JSON object such as {"at": "2026-11-24T10:20:00Z"}.', 1)
    return raw


def _resolve(value: Any, zone: ZoneInfo, now: datetime) -> Any:
    if isinstance(value, dict):
        return {name: _resolve(part, zone, now) for name, part in value.items()}
    if isinstance(value, list):
        return [_resolve(part, zone, now) for part in value]
    return _written_out(value, zone, now) if isinstance(value, str) else value


def _written_out(text: str, zone: ZoneInfo, now: datetime) -> str:
    if text.startswith(EXAMPLE) and text.removeprefix(EXAMPLE) in EXAMPLES:
        return EXAMPLES[text.removeprefix(EXAMPLE)].id
    if found := _NOW.fullmatch(text):
        amount = int(found[1])
        # Counted in UTC: in the zone's own time Python would step over the hours that clocks skip or repeat.
        moment = now.astimezone(UTC) + (timedelta(hours=amount) if found[2] == "h" else timedelta(minutes=amount))
        return moment.replace(second=0, microsecond=0).astimezone(zone).isoformat()
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    day = now.date() + timedelta(days=int(found[1] or 0))
    if found[2] is None:
        return day.isoformat()
    try:
        return datetime.combine(day, time(int(found[2]), int(found[3])), zone).isoformat()
    except ValueError:
        raise Invalid(f"{text} names an hour that does not exist; write one such as today+3T10:20.") from None
