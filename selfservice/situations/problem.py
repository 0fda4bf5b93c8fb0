"""What is wrong with a page type: where, and in one sentence what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from selfservice.errors import BrokenFile

_AROUND = 3


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `line` counts from 1, None when the file as a whole is meant or something is missing."""

    file: Path
    line: int | None
    sentence: str

    @classmethod
    def of(cls, error: BrokenFile) -> Problem:
        """What an error says of a file."""
        return cls(error.file, error.line, error.reason)

    @property
    def excerpt(self) -> tuple[tuple[int, str], ...]:
        """The line with those around it, numbered; empty where none is meant or the file cannot be read."""
        if self.line is None:
            return ()
        try:
            lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ()
        first = max(self.line - 1 - _AROUND, 0)
        return tuple(enumerate(lines[first : self.line + _AROUND], start=first + 1))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.sentence}"
