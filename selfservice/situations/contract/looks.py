"""Checks by drawing: every stage of every sample becomes a page, so that a slip in a template is told with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from selfservice.errors import AppError
from selfservice.situations import asides, registry, rendering
from selfservice.situations.contract.specimens import view_of
from selfservice.situations.loading import DEFAULT_LANGUAGE, Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.samples import Sample
from selfservice.situations.stages import blame, stages


def check(loaded: Loaded, now: datetime) -> Iterator[Problem]:
    """All that goes wrong when a type is drawn."""
    with registry.trying(loaded):
        for sample in (*loaded.samples.values(), *loaded.older_samples):
            yield from _draw(loaded, sample, now)


def _draw(loaded: Loaded, sample: Sample, now: datetime) -> Iterator[Problem]:
    try:
        fresh = view_of(loaded, sample, DEFAULT_LANGUAGE, now)
    except AppError:
        return  # Told by the rehearsal.
    try:
        for _name, view in stages(loaded, fresh):
            if view.ask is None:
                rendering.render_in_full(view)
            else:
                asides.render_check(view, view.ask)
    except Exception as error:  # noqa: BLE001 - whatever a type stumbles over is what is told
        unplaced = f"{type(error).__name__}: {error}; no page can be drawn of what is declared here."
        problem = blame(error, loaded.folder) or Problem(loaded.folder / "situation.py", None, unplaced)
        yield Problem(problem.file, problem.line, f"{problem.sentence} (sample {sample.name})")
