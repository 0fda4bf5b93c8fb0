"""Expressions: what can be worked out of one input, each by a function of earlier ones, none written down twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any, NamedTuple

INPUT = 0
"""The number of the input itself."""

_PLAIN = frozenset({str, int, float, bool, bytes, type(None), frozenset})


class Formula(NamedTuple):
    """One step of working out: the value `number` is `function` of the values `sources`."""

    number: int
    function: Callable[..., Any]
    sources: tuple[int, ...]


class Expressions:
    """Numbered values: number 0 is the input, others are constants or follow from values with lower numbers."""

    def __init__(self) -> None:
        self._constants: list[Any] = [None]
        self._formulas: list[Formula | None] = [None]
        self._numbers: dict[Hashable, int] = {}

    def constant(self, value: Any) -> int:
        """The number of a value that is always the same."""
        return self._number(("constant", _key_of(value)), value, None)

    def formula(self, function: Callable[..., Any], sources: tuple[int, ...]) -> int:
        """The number of what `function` makes of the values `sources`."""
        return self._number((function, sources), None, (function, sources))

    def steps_to(self, wanted: Collection[int], known: set[int]) -> tuple[Formula, ...]:
        """What to work out, in order, until all that is `wanted` is `known`, which it then is."""
        missing: set[int] = set()
        waiting = list(wanted)
        while waiting:
            number = waiting.pop()
            formula = self._formulas[number]
            if formula is None or number in known or number in missing:
                continue
            missing.add(number)
            waiting += formula.sources
        known |= missing
        return tuple(formula for number in sorted(missing) if (formula := self._formulas[number]) is not None)

    def is_constant(self, number: int) -> bool:
        """Whether the value of this number is always the same."""
        return self._formulas[number] is None

    def value_of(self, number: int) -> Any:
        """The value of a constant."""
        return self._constants[number]

    def __len__(self) -> int:
        return len(self._constants)

    def _number(self, key: Hashable, constant: Any, formula: tuple[Callable[..., Any], tuple[int, ...]] | None) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._constants)
            self._constants.append(constant)
            self._formulas.append(Formula(number, *formula) if formula else None)
        return number


def _key_of(value: Any) -> Hashable:
    """The same for constants that are made anew in each run; anything else is known by its identity, and kept."""
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if kind in (list, tuple):
        return kind, tuple(_key_of(item) for item in value)
    if kind is dict:
        return kind, tuple((key, _key_of(item)) for key, item in value.items())
    return id(value)
