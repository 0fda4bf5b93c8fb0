"""Icons: the line drawings of `static/icons`, written into the page; the style sheet gives colours and strokes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

from selfservice.errors import ConfigError
from selfservice.situations.remembering import of_our_files

ICONS = Path(__file__).resolve().parents[2] / "static" / "icons"
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@of_our_files
@cache
def icon(name: str, kind: str = "") -> Markup:
    """An icon as inline SVG, hidden from screen readers; raises ConfigError naming those that there are."""
    path = ICONS / f"{name}.svg"
    if not path.is_file():
        raise ConfigError(f"There is no icon called {name}; use one of {', '.join(names())}.")
    drawing = _DRAWING.search(path.read_text(encoding="utf-8"))
    assert drawing is not None, path
    classed = Markup(' class="{}"').format(kind) if kind else Markup()
    ours = Markup(drawing[1])  # noqa: S704  our own file
    return Markup('<svg viewBox="0 0 24 24" aria-hidden="true"{}>{}</svg>').format(classed, ours)


def names() -> list[str]:
    """What icons there are."""
    return sorted(path.stem for path in ICONS.glob("*.svg"))
