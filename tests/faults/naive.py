"""A sender without an outbox, to see that the instrument sees: it notes what it has sent before or after it sends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from selfservice.messages.channels.contract import Outgoing, Text
from tests.faults.provider import Line

BATCH = 10


def send(port: int, file: Path, when: str) -> None:
    """Send the references in `file` that are not noted in the one beside it, and note them by tens."""
    done = file.with_suffix(".done")
    known = set(done.read_text().split()) if done.exists() else set()
    left = [reference for reference in file.read_text().split() if reference not in known]
    line = Line(port)
    for place in range(0, len(left), BATCH):
        batch = left[place : place + BATCH]
        if when == "before":
            _note(done, batch)
        for reference in batch:
            line.send(Outgoing(reference, "+12025550123", Text("Hello"), timedelta(hours=1)))
        if when == "after":
            _note(done, batch)


def _note(done: Path, batch: list[str]) -> None:
    with done.open("a") as file:
        file.write("\n".join(batch) + "\n")
