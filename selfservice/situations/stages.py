"""Stages: everything that a page of some facts can come to look like, each once, to be looked at side by side."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from selfservice.errors import ConfigError
from selfservice.situations.asking import Ask
from selfservice.situations.contract import rehearsal
from selfservice.situations.contract.places import line_naming
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.view import View

CHECK = "check"
ENDS: tuple[Literal["expired", "revoked", "superseded"], ...] = ("expired", "revoked", "superseded")


def stages(loaded: Loaded, fresh: View) -> Iterator[tuple[str, View]]:
    """A fresh page in each of its stages by name: what is asked first, every step that it can be brought to, its ends.

    Raises what a type's own functions raise (see `blame`).
    """
    if loaded.situation.is_guarded:
        check = loaded.situation.check
        kind = check.kind if check else "otp"
        yield CHECK, fresh.blind(ending=fresh.ending, ask=Ask(kind=kind, can_send=kind == "otp"))
    seen: set[str] = set()
    for scene in rehearsal.scenes(loaded, fresh.facts, fresh.now):
        done = [loaded.situation.action(key) for key in scene.answers]
        is_answered = any(action is not None and action.closing for action in done)
        played = replace(
            fresh,
            answers=scene.answers,
            state="answered" if is_answered else "open",
            can_change=is_answered,
            answered_at=fresh.now if is_answered else None,
        )
        for step in loaded.situation.reachable(scene.step, fresh.facts):
            if step.key not in seen:
                seen.add(step.key)
                yield step.key, replace(played, step=step.key)
    for end in ENDS:
        yield end, replace(fresh, state=end)


def blame(error: BaseException, folder: Path) -> Problem | None:
    """The line of a type's own files that an error came from; None if it came from none of them."""
    if isinstance(error, rehearsal.Stuck) and error.line is None:
        return Problem(folder / "situation.py", line_naming(folder / "situation.py", error.action), str(error))
    cause = error.__cause__ if isinstance(error, rehearsal.Stuck) and error.__cause__ else error
    frames = [
        frame for frame in traceback.extract_tb(cause.__traceback__) if Path(frame.filename).is_relative_to(folder)
    ]
    if not frames:
        # An icon that a button names and nobody has drawn: a template of ours stumbles over it.
        return Problem(folder / "situation.py", None, error.message) if isinstance(error, ConfigError) else None
    reason = f"{type(cause).__name__}: {cause}".rstrip(".")
    return Problem(Path(frames[-1].filename), frames[-1].lineno, f"{reason}; mend this line.")
