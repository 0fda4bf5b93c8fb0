"""Programs: what traces of one program have in common, put together so that it runs on any input without tracing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from selfservice.kit.compiling import Ending, Fork, Hole, compiled
from selfservice.kit.expressions import Expressions
from selfservice.kit.stand_ins import Untraceable
from selfservice.kit.tracing import Guard, Trace


@dataclass
class Program:
    """One function from a value to a text, known as far as it has been traced; `fixed` names what never differs.

    Safe to share between threads: `fill` follows what was published last, which is never changed.
    """

    run: Callable[[Any], str]
    fixed: frozenset[str]
    most_endings: int
    endings: int = 0
    fill: Callable[[Any], tuple[int, str] | None] = lambda _value: None
    """The text for a value and how often its like has been filled; None where no trace has been yet."""
    _root: Fork | Ending | None = None
    _expressions: Expressions = field(default_factory=Expressions)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_full(self) -> bool:
        """Whether it has as many endings as it may have."""
        return self.endings >= self.most_endings

    def learn(self, value: Any) -> None:
        """Trace the run over this value, so that it and its like are found; raises Untraceable."""
        with self._lock:
            if self.is_full or self.fill(value) is not None:
                return
            trace = Trace(self._expressions, value, self.fixed)
            pieces = trace.run(self.run)
            self._root = _grown(self._root, trace.guards, pieces, self._expressions, set())
            self.endings += 1
            code = compiled(self._root, self._expressions)
            # A program that asks nothing of its input writes the same text for each.
            self.fill = code.run if code.needs else lambda _value: code.run()


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
    if node is not None:
        raise Untraceable("It looks at the same things and goes on in another way.")
    holes = [piece.number for piece in pieces if isinstance(piece, Hole)]
    grown: Fork | Ending = Ending(expressions.steps_to(holes, known), tuple(pieces))
    for fork, guard in zip(reversed(path), reversed(guards), strict=True):
        grown = Fork(fork.steps, fork.number, {**fork.ways, guard.value: grown})
    return grown
