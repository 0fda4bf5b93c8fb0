"""The page types: what each is for, its samples, and the way to a page made from one."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from selfservice.situations import registry
from selfservice.web.console import door


def show_types() -> ResponseReturnValue:
    """Every type that is served, and the sentence about each folder that cannot be."""
    types = registry.current()
    return door.page(
        "console/types.html",
        types=types.all(),
        broken=[(folder.name, str(problem)) for folder, problem in types.broken.items()],
    )
