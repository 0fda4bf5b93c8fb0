"""A life as one table: every allowed move, who makes it and under what guard (see the domains' `states`)."""

from __future__ import annotations

from typing import NamedTuple


class Transition(NamedTuple):
    """One allowed move: from where, to where, who makes it, under what guard."""

    source: str
    target: str
    mover: str
    guard: str


class Table(tuple[Transition, ...]):
    """All the moves that there are; what it does not have cannot happen."""

    __slots__ = ()

    def sources_of(self, target: str) -> tuple[str, ...]:
        """The states from which something may become `target`, in the table's order."""
        return tuple(dict.fromkeys(transition.source for transition in self if transition.target == target))


def each(sources: tuple[str, ...], targets: tuple[str, ...], mover: str, guard: str) -> tuple[Transition, ...]:
    """The moves from each of `sources` to each of `targets`."""
    return tuple(Transition(source, target, mover, guard) for source in sources for target in targets)
