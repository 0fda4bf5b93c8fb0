"""Programs: what traces of one program have in common, put together so that it runs on any input without tracing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from markupsafe import escape

from selfservice.kit.expressions import INPUT, Expressions, Formula, work_out
from selfservice.kit.stand_ins import Untraceable
from selfservice.kit.tracing import Guard, Hole, Trace

_SPECIAL = re.compile("[&<>\"']")


@dataclass
class Ending:
    """A text with holes, reached by those inputs whose guards all come out as noted. `uses` counts them."""

    steps: tuple[Formula, ...]
    pieces: tuple[str, ...]
    holes: tuple[tuple[int, Hole], ...]
    uses: int = 0

    def text(self, sheet: list[Any]) -> str:
        """The text with the values of a sheet in its holes."""
        work_out(self.steps, sheet)
        pieces = list(self.pieces)
        for place, (number, escapes) in self.holes:
            value = sheet[number]
            # Most values are texts with nothing to escape, and looking is quicker than escaping.
            is_plain = type(value) is str and _SPECIAL.search(value) is None
            pieces[place] = value if is_plain else _escaped(value, escapes)
        return "".join(pieces)


@dataclass(frozen=True)
class Fork:
    """Where texts part: the way on by the value of an expression."""

    steps: tuple[Formula, ...]
    number: int
    ways: Mapping[Hashable, Fork | Ending]


class _Published(NamedTuple):
    root: Fork | Ending | None
    sheet: list[Any]


@dataclass
class Program:
    """One function from a value to a text, known as far as it has been traced; `fixed` names what never differs.

    Safe to share between threads: readers follow what was published last, which is never changed.
    """

    run: Callable[[Any], str]
    fixed: frozenset[str]
    most_endings: int
    endings: int = 0
    _expressions: Expressions = field(default_factory=Expressions)
    _published: _Published = field(default_factory=lambda: _Published(None, []))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_full(self) -> bool:
        """Whether it has as many endings as it may have."""
        return self.endings >= self.most_endings

    def find(self, value: Any) -> tuple[Ending, list[Any]] | None:
        """The ending for a value and the sheet worked out so far; None where no trace has been yet."""
        node, blank = self._published
        sheet = blank.copy()
        if node is not None:
            sheet[INPUT] = value
        while isinstance(node, Fork):
            work_out(node.steps, sheet)
            node = node.ways.get(sheet[node.number])
        return None if node is None else (node, sheet)

    def learn(self, value: Any) -> None:
        """Trace the run over this value, so that it and its like are found; raises Untraceable."""
        with self._lock:
            if self.is_full or self.find(value) is not None:
                return
            trace = Trace(self._expressions, value, self.fixed)
            pieces = trace.run(self.run)
            root = _grown(self._published.root, trace.guards, pieces, self._expressions, set())
            self.endings += 1
            self._published = _Published(root, self._expressions.blank())


def _grown(
    node: Fork | Ending | None,
    guards: Sequence[Guard],
    pieces: Sequence[str | Hole],
    expressions: Expressions,
    known: set[int],
) -> Fork | Ending:
    """The same tree with one more ending; what was there is shared, not changed."""
    path: list[Fork] = []
    for number, _value in guards:
        if isinstance(node, Ending) or (node is not None and node.number != number):
            raise Untraceable("It does not look at the same things in the same order each time.")
        if node is None:
            node = Fork(expressions.steps_to([number], known), number, {})
        else:
            known |= {step.number for step in node.steps}
        path.append(node)
        node = node.ways.get(guards[len(path) - 1].value)
    grown: Fork | Ending = _ending(pieces, expressions, known)
    for fork, guard in zip(reversed(path), reversed(guards), strict=True):
        grown = Fork(fork.steps, fork.number, {**fork.ways, guard.value: grown})
    return grown


def _ending(pieces: Sequence[str | Hole], expressions: Expressions, known: set[int]) -> Ending:
    holes = tuple((place, piece) for place, piece in enumerate(pieces) if isinstance(piece, Hole))
    return Ending(
        steps=expressions.steps_to([hole.number for _place, hole in holes], known),
        pieces=tuple("" if isinstance(piece, Hole) else piece for piece in pieces),
        holes=holes,
    )


def _escaped(value: Any, escapes: int) -> str:
    """Escaped so often; the first time does nothing to what is markup already."""
    text = str(escape(value)) if escapes else str(value)
    for _time in range(1, escapes):
        text = str(escape(text))
    return text
