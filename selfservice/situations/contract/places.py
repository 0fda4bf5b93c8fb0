"""Places: the line of a file that a complaint is about, so that nobody has to look for it."""

from __future__ import annotations

import re
from pathlib import Path

_HEADING = re.compile(r"\s*\[([^\]]+)\]")


def line_naming(file: Path, *names: str) -> int | None:
    """The first line that has one of the names: as a text, else as something declared, else as a word."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for name in names:
        word = re.escape(name)
        for pattern in (rf"[\"']{word}[\"']", rf"^\s*{word}\s*[:=]", rf"\b{word}\b"):
            for number, line in enumerate(lines, start=1):
                if re.search(pattern, line):
                    return number
    return None


def line_of(file: Path, key: str) -> int | None:
    """The line of a copy file that gives the sentence under `key`."""
    table, _, name = key.rpartition(".")
    current = ""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if heading := _HEADING.match(line):
            current = heading[1].strip()
        elif current == table and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return None


def line_for(file: Path, key: str) -> int:
    """The line of a copy file after which a sentence that is missing belongs: its table's heading, else the last."""
    lines = file.read_text(encoding="utf-8").splitlines()
    table = key.rpartition(".")[0]
    while table:
        for number, line in enumerate(lines, start=1):
            heading = _HEADING.match(line)
            if heading and heading[1].strip() == table:
                return number
        table = table.rpartition(".")[0]
    return max(len(lines), 1)
