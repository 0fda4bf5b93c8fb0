"""Python source as a tree, one thread at a time: CPython 3.11 mixes up two that parse (python/cpython#106905)."""

from __future__ import annotations

import ast
import threading

_PARSING = threading.Lock()


def parse(source: str, name: str = "<source>") -> ast.Module:
    """The tree of a module's source; raises SyntaxError and ValueError as `ast.parse` does."""
    with _PARSING:
        return ast.parse(source, name)
