"""Compiling: a tree of forks and endings becomes Python functions, which cost no more than the steps in it.

A function follows the tree as far as there is one way on, and hands over to another where there are several. What grows
on the tree later leaves the functions of other ways as they are.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from markupsafe import escape

from selfservice.kit.expressions import INPUT, Expressions, Formula
from selfservice.kit.stand_ins import Method

_SPECIAL = re.compile("[&<>\"']")
_IDENTICAL = (type, bool, type(None))


class Hole(NamedTuple):
    """Where a value stands in a text, and how often it is escaped there."""

    number: int
    escapes: int


class Code(NamedTuple):
    """A function and the numbers of the values it is called with; it returns None where no trace has been yet."""

    run: Callable[..., tuple[int, str] | None]
    needs: tuple[int, ...]


@dataclass(eq=False)
class Ending:
    """A text with holes, reached by those inputs whose guards all come out as noted. `uses` counts them."""

    steps: tuple[Formula, ...]
    pieces: tuple[str | Hole, ...]
    uses: int = 0
    code: Code | None = field(default=None, repr=False)


@dataclass(eq=False)
class Fork:
    """Where texts part: the way on by the value of an expression."""

    steps: tuple[Formula, ...]
    number: int
    ways: Mapping[Hashable, Fork | Ending]
    code: Code | None = field(default=None, repr=False)


def compiled(node: Fork | Ending, expressions: Expressions) -> Code:
    """The function that follows a tree from `node` on; it gives the text and how often its ending has been reached."""
    if node.code is None:
        node.code = _Writer(expressions).write(node)
    return node.code


class _Writer:
    """Writes one function."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._lines: list[str] = []
        self._names: dict[str, Any] = {"special": _SPECIAL.search, "escaped": _escaped, "join": "".join}
        self._made: set[int] = set()
        self._needs: set[int] = set()
        self._fresh = count()

    def write(self, node: Fork | Ending) -> Code:
        end: Fork | Ending = node
        while isinstance(end, Fork) and len(end.ways) == 1:
            self._steps(end.steps)
            ((value, way),) = end.ways.items()
            self._line(f"if not ({self._test(end.number, value)}): return None")
            end = way
        self._steps(end.steps)
        if isinstance(end, Fork):
            self._ways(end)
        else:
            self._text(end)
        needs = tuple(sorted(self._needs))
        head = f"def run({', '.join(f'v{number}' for number in needs)}):\n"
        # Our own formulas over numbered names, never a text of anybody's: those are passed as values.
        exec(compile(head + "".join(self._lines), "<shell>", "exec"), self._names)  # noqa: S102
        return Code(self._names["run"], needs)

    def _steps(self, steps: Sequence[Formula]) -> None:
        for number, function, sources in steps:
            self._line(f"v{number} = {self._call(function, [self._value(source) for source in sources])}")
            self._made.add(number)

    def _ways(self, fork: Fork) -> None:
        for value, way in fork.ways.items():
            code = compiled(way, self._expressions)
            given = ", ".join(self._value(number) for number in code.needs)
            self._line(f"if {self._test(fork.number, value)}: return {self._named(code.run)}({given})")

    def _text(self, ending: Ending) -> None:
        parts = (self._hole(piece) if isinstance(piece, Hole) else self._named(piece) for piece in ending.pieces)
        name = self._named(ending)
        self._line(f"{name}.uses += 1")
        self._line(f"return {name}.uses, join(({', '.join(parts)},))")

    def _hole(self, hole: Hole) -> str:
        value = self._value(hole.number)
        # Most values are texts with nothing to escape, and looking is quicker than escaping.
        return f"{value} if type({value}) is str and special({value}) is None else escaped({value}, {hole.escapes})"

    def _test(self, number: int, value: Hashable) -> str:
        return f"{self._value(number)} {'is' if isinstance(value, _IDENTICAL) else '=='} {self._named(value)}"

    def _call(self, function: Callable[..., Any], sources: list[str]) -> str:
        first = sources[0]
        if isinstance(function, operator.attrgetter):
            return f"{first}.{function.__reduce__()[1][0]}"
        if isinstance(function, Method):
            return f"{first}.{function.name}({', '.join(sources[1:])})"
        if function is operator.getitem:
            return f"{first}[{sources[1]}]"
        return f"{self._named(function)}({', '.join(sources)})"

    def _value(self, number: int) -> str:
        if number != INPUT and self._expressions.is_constant(number):
            return self._named(self._expressions.value_of(number))
        if number not in self._made:
            self._needs.add(number)
        return f"v{number}"

    def _named(self, value: Any) -> str:
        if value is None or value is True or value is False:
            return repr(value)
        name = f"n{next(self._fresh)}"
        self._names[name] = value
        return name

    def _line(self, line: str) -> None:
        self._lines.append(f" {line}\n")


def _escaped(value: Any, escapes: int) -> str:
    """Escaped so often; the first time does nothing to what is markup already."""
    text = str(escape(value)) if escapes else str(value)
    for _time in range(1, escapes):
        text = str(escape(text))
    return text
