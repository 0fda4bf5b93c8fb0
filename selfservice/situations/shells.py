"""Shells: pages drawn once for all customers whose page differs in its values alone, then filled for each.

The full rendering is traced (see `kit.tracing`), and what it wrote becomes a text with holes. No page type has to know:
one that does with a value what cannot be traced is rendered in full, and so is a page of which too many shapes exist.
A shell is not trusted blindly: its first pages, and a few later on, are rendered in full as well and compared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import structlog

from selfservice.kit.programs import Program
from selfservice.situations.view import View

MOST_FAMILIES = 256
MOST_SHAPES = 128
FIRST_COMPARED = 3
COMPARED_EACH = 4096

VARYING = frozenset(
    {
        "facts", "answers", "first_name", "ending", "token", "answer_tokens", "expires_at", "answered_at",
        "callback_at", "change_until", "now", "pictures", "revision", "taken", "timezone",
    }
)  # fmt: skip
"""What differs from page to page; all else of a view is the same throughout a family."""

_ONCE = frozenset({"problems", "entered"})
_SHARED = tuple(field.name for field in fields(View) if field.name not in VARYING | _ONCE)
_FIXED = _ONCE | {*_SHARED}
_shared_of = attrgetter(*_SHARED)


@dataclass
class Family:
    """The pages that share all but their varying values. `about` is kept so that its identity stays its own."""

    about: Any
    program: Program
    is_trusted: bool = True


class Shells:
    """The shells of one rendering function; when there are too many families the oldest is forgotten."""

    def __init__(self, draw: Callable[[View], str]) -> None:
        self._draw = draw
        self._families: dict[Hashable, Family] = {}
        self._lock = threading.Lock()

    def render(self, view: View, about: object = None) -> str:
        """The page; `about` is what it depends on beside its view, known by its identity."""
        if view.problems or view.entered:
            return self._draw(view)
        family = self._family(view, about)
        if not family.is_trusted:
            return self._draw(view)
        try:
            filled = family.program.fill(view)
        except Exception as error:  # noqa: BLE001 - what it says of this page counts, and the full rendering says that
            page = self._draw(view)
            _distrust(family, view, type(error).__name__)
            return page
        if filled is None:
            return self._learn(family, view)
        uses, text = filled
        if uses > FIRST_COMPARED and uses % COMPARED_EACH:
            return text
        page = self._draw(view)
        if page != text:
            _distrust(family, view, "differs")
        return page

    def forget(self, about: object) -> None:
        """Let go of the families of pages that depend on `about`."""
        with self._lock:
            self._families = {key: one for key, one in self._families.items() if one.about is not about}

    def forget_all(self) -> None:
        """Let go of every family."""
        with self._lock:
            self._families = {}

    def _family(self, view: View, about: object) -> Family:
        key = (id(about), _shared_of(view))
        family = self._families.get(key)
        if family is None:
            with self._lock:
                if len(self._families) >= MOST_FAMILIES:
                    del self._families[next(iter(self._families))]
                program = Program(self._draw, _FIXED, MOST_SHAPES)
                family = self._families.setdefault(key, Family(about, program))
        return family

    def _learn(self, family: Family, view: View) -> str:
        page = self._draw(view)
        if family.program.is_full:
            return page
        try:
            family.program.learn(view)
            filled = family.program.fill(view)
        except Exception as error:  # noqa: BLE001 - whatever stops a trace, the page has been rendered
            _distrust(family, view, type(error).__name__)
            return page
        if filled is None or filled[1] != page:
            _distrust(family, view, "differs")
        return page


def _distrust(family: Family, view: View, reason: str) -> None:
    """Render this family in full from now on, and say so once, with nothing of the customer's."""
    if not family.is_trusted:
        return
    family.is_trusted = False
    structlog.get_logger().warning(
        "shell_refused",
        situation=view.situation,
        state=view.state,
        step=view.step,
        language=view.language,
        reason=reason,
    )
