"""The kinds of facts that are several lines: a list, a timeline, a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from selfservice.kit.kinds import Kind, LineKind, Shown
from selfservice.kit.time_kinds import MomentKind

if TYPE_CHECKING:
    from selfservice.kit.formats import Reader

_LINE_KIND = LineKind()
_MOMENT_KIND = MomentKind()


@dataclass(frozen=True)
class ListKind(Kind):
    """Several of one kind: a line each in the form, `;` between them in a CSV cell of one line."""

    control: ClassVar[str] = "list"
    hint: ClassVar[str] = "One a line."
    each: Kind = _LINE_KIND

    def from_text(self, text: str, zone: ZoneInfo, /) -> list[Any]:
        return [self.each.from_text(part, zone) for part in _parts(text)]

    def to_text(self, value: list[Any], zone: ZoneInfo, /) -> str:
        return _joined([self.each.to_line(part, zone) for part in value])

    def show(self, value: list[Any], reader: Reader, /) -> Shown:
        shown = [self.each.show(part, reader).text for part in value]
        return Shown(reader.customs.comma.join(shown), icon=self.each.icon)


class TimelineKind(Kind):
    """What has happened and what comes: a line each, `2026-11-24 11:48 | Out for delivery`, no time if yet to come."""

    control = "list"
    wants = "a line for each step such as 2026-11-24 11:48 | Packed"
    hint = "One a line, the earliest first; those to come have no time."

    def from_text(self, text: str, zone: ZoneInfo, /) -> list[dict[str, Any]]:
        return [self._entry(part, zone) for part in _parts(text)]

    def to_text(self, value: list[Any], zone: ZoneInfo, /) -> str:
        return _joined([self._line(entry.at, entry.label, zone) for entry in value])

    def _line(self, at: datetime | None, label: str, zone: ZoneInfo) -> str:
        if at is not None:
            return f"{_MOMENT_KIND.to_line(at, zone)} | {label}"
        return f"| {label}" if "|" in label else label

    def _entry(self, line: str, zone: ZoneInfo) -> dict[str, Any]:
        at, bar, label = line.partition("|")
        if not bar:
            return {"at": None, "label": line}
        return {"at": _MOMENT_KIND.from_text(at, zone) if at.strip() else None, "label": label.strip()}


class TableKind(Kind):
    """Rows of cells with | between them, the first row their headings."""

    control = "list"
    wants = "a line for each row such as Standing charge | 12.20 GBP, the headings first"
    hint = "One a line, with | between."
    icon = "list"

    def from_text(self, text: str, _zone: ZoneInfo, /) -> list[list[str]]:
        return [[cell.strip() for cell in row.split("|")] for row in _parts(text)]

    def to_text(self, value: list[list[str]], _zone: ZoneInfo, /) -> str:
        return _joined([" | ".join(row) for row in value])


def _parts(text: str) -> list[str]:
    separator = r"[\r\n]+" if re.search(r"[\r\n]", text) else ";"
    return [part.strip() for part in re.split(separator, text) if part.strip()]


def _joined(lines: list[str]) -> str:
    # A line's end keeps a single line that holds a ";" from being read as two.
    return "\n".join(lines) + ("\n" if len(lines) == 1 and ";" in lines[0] else "")
