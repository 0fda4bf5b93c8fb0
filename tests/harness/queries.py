"""Counting statements, so that a list costs the same with one row as with three."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import Engine, event


@contextmanager
def _counting() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def counting() -> Callable[[], AbstractContextManager[list[str]]]:
    """`with counting() as statements:` gathers every statement that any engine runs meanwhile."""
    return _counting
