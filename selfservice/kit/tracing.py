"""Tracing: a pure program is run with stand-ins for values, and what it looked at and what it wrote is noted down.

A stand-in holds the value of one run. Whatever is made of it stands for an expression. Where the program itself has to
know (is it true, is it None, how long is it), it is told the value of this run, and that is noted as a guard: what
was noted is right for every input whose guards come out the same. Written into a text, a stand-in leaves a mark that
only survives as a whole; the mark's `<` tells how often it was escaped afterwards.
"""

from __future__ import annotations

import operator
import re
import threading
from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache, wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar, get_origin, get_type_hints

from selfservice.kit.compiling import Hole
from selfservice.kit.expressions import INPUT, Expressions
from selfservice.kit.stand_ins import CLOSE, OPEN, STAND_INS, Input, Traced, TracedText, Untraceable

P = ParamSpec("P")
R = TypeVar("R")

_MARK = re.compile(rf"{OPEN}vM(\d+)(<|&(?:amp;)*lt;){CLOSE}")
_running = threading.local()


class Guard(NamedTuple):
    """What a program was told: the value of an expression."""

    number: int
    value: Hashable


def call(function: Callable[..., R], *arguments: Any) -> R:
    """`function(*arguments)`, as one step for a trace that is running: it does not look inside.

    For functions that are pure and do with values what stand-ins cannot do.
    """
    trace: Trace | None = getattr(_running, "trace", None)
    return function(*arguments) if trace is None else trace.call(function, arguments)


def traceable(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, one step for a trace whenever it is called (without keywords)."""

    @wraps(function)
    def called(*arguments: P.args, **keywords: P.kwargs) -> R:
        if keywords:
            return function(*arguments, **keywords)
        return call(function, *arguments)

    return called


class Trace:
    """One run of a program over `value`; attributes of it named in `fixed` are the same for every value."""

    def __init__(self, expressions: Expressions, value: Any, fixed: frozenset[str]) -> None:
        self.guards: list[Guard] = []
        self._expressions = expressions
        self._told: set[int] = set()
        self._input = Input(self, INPUT, value, fixed)

    def run(self, program: Callable[[Any], str]) -> list[str | Hole]:
        """What the program writes, its texts and the holes between them; raises Untraceable."""
        _running.trace = self
        try:
            text = program(self._input)
        finally:
            _running.trace = None
        return list(_pieces(text))

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """What `function` makes of arguments that may be stand-ins, or lists and dicts of them."""
        if not any(_is_traced(argument) for argument in arguments):
            return function(*arguments)
        made = function(*(_value_of(argument) for argument in arguments))
        number = self._expressions.formula(function, tuple(self._number_of(argument) for argument in arguments))
        return self._stand_in(number, made, _declared_result(function))

    def derive(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The same for what stand-ins do of themselves."""
        return self.call(function, arguments)

    def read(self, owner: Any, name: str) -> Any:
        """An attribute of what a stand-in stands for."""
        kind: Any = type(owner.traced_value)
        made = getattr(owner.traced_value, name)
        number = self._expressions.formula(_attribute(name), (owner.traced_number,))
        return self._stand_in(number, made, _declared_attribute(kind, name))

    def tell(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function` makes of stand-ins, told to the program and guarded."""
        made = function(*(_value_of(argument) for argument in arguments))
        number = self._expressions.formula(function, tuple(self._number_of(argument) for argument in arguments))
        return self._guarded(number, made)

    def _stand_in(self, number: int, value: Any, declared: type | None) -> Any:
        """What the program gets for a value: itself if it is None, true or false, otherwise something in its place."""
        if isinstance(value, bool):
            return self._guarded(number, value)
        if type(value) is not declared:
            self._guarded(self._expressions.formula(type, (number,)), type(value))
        if value is None:
            return None
        return TracedText.of(self, number, value) if isinstance(value, str) else Traced(self, number, value)

    def _guarded(self, number: int, value: Any) -> Any:
        if number not in self._told:
            self._told.add(number)
            self.guards.append(Guard(number, value))
        return value

    def _number_of(self, argument: Any) -> int:
        if isinstance(argument, Traced | TracedText):
            return argument.traced_number
        if not _is_traced(argument):
            return self._expressions.constant(argument)
        if isinstance(argument, dict):
            keys, values = tuple(argument), tuple(argument.values())
            return self._expressions.formula(_dict_of(keys), tuple(self._number_of(value) for value in values))
        gather = _tuple_of if isinstance(argument, tuple) else _list_of
        return self._expressions.formula(gather, tuple(self._number_of(item) for item in argument))


def _is_traced(argument: Any) -> bool:
    kind = type(argument)
    if kind in STAND_INS:
        return True
    if kind is dict:
        return any(_is_traced(item) for item in argument.values())
    return kind in (list, tuple) and any(_is_traced(item) for item in argument)


def _value_of(argument: Any) -> Any:
    if type(argument) in STAND_INS:
        return argument.traced_value
    if not _is_traced(argument):
        return argument
    if isinstance(argument, dict):
        return {key: _value_of(item) for key, item in argument.items()}
    return type(argument)(_value_of(item) for item in argument)


def _pieces(text: str) -> Iterator[str | Hole]:
    end = 0
    for found in _MARK.finditer(text):
        yield _unmarked(text[end : found.start()])
        yield Hole(int(found[1]), found[2].count("amp;") + 1 if found[2] != "<" else 0)
        end = found.end()
    yield _unmarked(text[end:])


def _unmarked(text: str) -> str:
    if OPEN in text or CLOSE in text:
        raise Untraceable("It takes the letters of a text apart.")
    return text


@lru_cache(maxsize=1024)
def _declared_result(function: Callable[..., Any]) -> type | None:
    return _class_alone(_hints(function).get("return"))


@lru_cache(maxsize=1024)
def _declared_attribute(owner: type, name: str) -> type | None:
    member = getattr(owner, name, None)
    if isinstance(member, property) and member.fget is not None:
        return _declared_result(member.fget)
    return _class_alone(_hints(owner).get(name))


def _hints(annotated: Any) -> dict[str, Any]:
    try:
        return get_type_hints(annotated)
    except (TypeError, NameError):  # Built in, or annotated with what is imported for annotations alone.
        return {}


def _class_alone(hint: Any) -> type | None:
    """The one class that values have whose annotation this is; None where there may be several."""
    kind = get_origin(hint) or hint
    return kind if isinstance(kind, type) else None


@lru_cache(maxsize=1024)
def _attribute(name: str) -> Callable[[Any], Any]:
    return operator.attrgetter(name)


@lru_cache(maxsize=1024)
def _dict_of(keys: tuple[Hashable, ...]) -> Callable[..., dict[Hashable, Any]]:
    return lambda *values: dict(zip(keys, values, strict=True))


def _list_of(*items: Any) -> list[Any]:
    return list(items)


def _tuple_of(*items: Any) -> tuple[Any, ...]:
    return items
