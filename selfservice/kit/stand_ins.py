"""Stand-ins: what a traced program is given in place of its values (see `tracing`)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

OPEN, CLOSE = "\ue000", "\ue001"
"""Characters of no script: they stand around the mark of a text, vM, its number and a `<`."""


class Untraceable(Exception):
    """The program does with a value what cannot be noted down; it has to be run each time."""


@dataclass(frozen=True)
class Method:
    """Calls a method of its first argument."""

    name: str

    def __call__(self, value: Any, *arguments: Any) -> Any:
        return getattr(value, self.name)(*arguments)


class Tracer(Protocol):
    """Notes down what is done with stand-ins."""

    def derive(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function makes of stand-ins: another one."""

    def read(self, owner: Any, name: str) -> Any:
        """An attribute of what a stand-in stands for."""

    def tell(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function makes of stand-ins in this run, noted as a guard."""


class Traced:
    """Stands for a value that is no text."""

    __slots__ = ("traced_number", "traced_value", "tracer")

    def __init__(self, tracer: Tracer, number: int, value: Any) -> None:
        self.tracer = tracer
        self.traced_number = number
        self.traced_value = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__html__":
            raise AttributeError(name)
        if not hasattr(self.traced_value, name):
            raise AttributeError(name)
        if callable(getattr(self.traced_value, name)):
            return lambda *arguments: self.tracer.derive(Method(name), self, *arguments)
        return self.tracer.read(self, name)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.traced_value)  # guarded when the stand-in was made

    def __str__(self) -> str:
        return str.__str__(self.tracer.derive(str, self))

    def __format__(self, form: str) -> str:
        return str.__str__(self.tracer.derive(format, self, form))

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.traced_value, dict):
            return iter(self.tracer.tell(tuple, self))
        if not isinstance(self.traced_value, list | tuple):
            raise Untraceable(f"It goes through {type(self.traced_value).__name__}, which has no order.")
        return iter([self[place] for place in range(len(self))])

    def __len__(self) -> int:
        length: int = self.tracer.tell(len, self)
        return length

    def __bool__(self) -> bool:
        told: bool = self.tracer.tell(bool, self)
        return told

    def __contains__(self, item: Any) -> bool:
        told: bool = self.tracer.tell(operator.contains, self, item)
        return told

    def __getitem__(self, place: Any) -> Any:
        if isinstance(self.traced_value, dict) and not self.tracer.tell(operator.contains, self, place):
            raise KeyError(place)
        return self.tracer.derive(operator.getitem, self, place)

    def __hash__(self) -> int:
        raise Untraceable("It needs a value itself, for a set, a dict or a number.")

    __int__ = __float__ = __index__ = __complex__ = __bytes__ = __hash__
    __setattr__ = object.__setattr__


class Input(Traced):
    """Stands for what a program is given; what is `fixed` of it is itself."""

    __slots__ = ("traced_fixed",)

    def __init__(self, tracer: Tracer, number: int, value: Any, fixed: frozenset[str]) -> None:
        super().__init__(tracer, number, value)
        self.traced_fixed = fixed

    def __getattr__(self, name: str) -> Any:
        if name in self.traced_fixed:
            return getattr(self.traced_value, name)
        return super().__getattr__(name)


class TracedText(str):
    """Stands for a text. To those who write it down without asking it is its mark."""

    __slots__ = ("traced_number", "traced_value", "tracer")

    tracer: Tracer
    traced_number: int
    traced_value: str

    @classmethod
    def of(cls, tracer: Tracer, number: int, value: str) -> TracedText:
        """The text that the expression `number` gives, in this run `value`."""
        text = cls(f"{OPEN}vM{number}<{CLOSE}")
        text.tracer = tracer
        text.traced_number = number
        text.traced_value = value
        return text

    def __format__(self, form: str) -> str:
        return str.__str__(self.tracer.derive(format, self, form) if form else self)

    def __iter__(self) -> Iterator[str]:
        return iter([self[place] for place in range(len(self))])

    __bool__ = Traced.__bool__
    __len__ = Traced.__len__
    __hash__ = Traced.__hash__


def _noting(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *arguments: self.tracer.derive(function, self, *arguments)


def _noting_reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: self.tracer.derive(function, other, self)


_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod")

for _name in (*_COMPARISONS, *_ARITHMETIC, "neg"):
    for _kind in (Traced, TracedText):
        setattr(_kind, f"__{_name}__", _noting(getattr(operator, _name)))
for _name in _ARITHMETIC:
    for _kind in (Traced, TracedText):
        setattr(_kind, f"__r{_name}__", _noting_reflected(getattr(operator, _name)))
for _name in dir(str):
    if not _name.startswith("_"):
        setattr(TracedText, _name, _noting(getattr(str, _name)))
for _name in ("contains", "getitem"):
    setattr(TracedText, f"__{_name}__", _noting(getattr(operator, _name)))


STAND_INS = frozenset({Traced, TracedText, Input})
