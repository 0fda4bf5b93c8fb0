"""Framing: what surrounds every page, whatever it says: its colours and style sheet, and what it may do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from selfservice.brands.face import Face
from selfservice.kit.forms import UPLOAD
from selfservice.kit.locales import tag
from selfservice.kit.steps import Header
from selfservice.situations import registry
from selfservice.situations.inlined import Inlined, header_colours, script, styles
from selfservice.situations.speaking import RIGHT_TO_LEFT
from selfservice.situations.view import View

NEUTRAL = ("#34404f", "#b9c6d6")
"""The colours of a page that speaks for no brand."""

_MARK = "<svg xmlns='http://www.w3.org/2000/svg'><rect width='100%' height='100%' rx='25%' fill='{}'/></svg>"


def frame(language: str, brand: Face | None, look: Header, colour: str, colour_dark: str) -> dict[str, Any]:
    """What the layout of every page needs."""
    return {
        "app": "",
        "language": tag(language),
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "brand": brand,
        "look": look,
        "colours": header_colours(colour, look),
        "mark_drawing": quote(_MARK.format(colour), safe="=:/ "),
        "styles": styles(colour, colour_dark).text,
    }


def styles_of(view: View) -> Inlined:
    """The style sheet of a page, as its brand and its type have it."""
    loaded = registry.current().find(view.situation, view.version)
    parts = loaded.parts if loaded is not None else ()
    parts = (*parts, "logo") if view.brand.logo else parts
    return styles(view.brand.colour, view.brand.colour_dark, view.theme, view.large, parts)


def content_security_policy(view: View | None = None, *, framed: bool = False) -> str:
    """What a page may do: run its own script, look as it looks, send its own forms; nothing else from anywhere.

    `framed` is for the console's preview alone: it may stand in our own frame, may run its script, sends nothing.
    """
    look = styles(*NEUTRAL) if view is None else styles_of(view)
    ancestors = "'self'" if framed else "'none'"
    rules = [
        "default-src 'none'",
        f"style-src {look.hash}",
        # What else there is of scripts here is our own as well: no answer but a script's is taken for one (nosniff).
        f"script-src {script().hash}" if framed else f"script-src {script().hash} 'self'",
        # Photos that are being chosen are shown as the browser has them.
        "img-src 'self' data: blob:" if view is not None and _takes_photos(view) else "img-src 'self' data:",
        "manifest-src 'self'",
        "connect-src 'none'" if framed else "connect-src 'self'",
        "form-action 'none'" if framed else "form-action 'self'",
        "base-uri 'none'",
        f"frame-ancestors {ancestors}",
        *(["sandbox allow-scripts"] if framed else []),
    ]
    return "; ".join(rules)


def _takes_photos(view: View) -> bool:
    loaded = registry.current().find(view.situation, view.version)
    return loaded is not None and UPLOAD in loaded.parts
