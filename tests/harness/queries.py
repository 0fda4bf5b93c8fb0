"""Counting statements, so that a list costs the same with one row as with three."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from selfservice.prepared import Prepared


@contextmanager
def _counting() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    def fetch(self: Prepared, parameters: Mapping[str, Any]) -> list[Any]:
        statements.append(type(self).__name__)
        return real_fetch(self, parameters)

    real_fetch = Prepared.fetch
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "fetch", fetch)  # no engine hears of these
            yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def counting() -> Callable[[], AbstractContextManager[list[str]]]:
    """`with counting() as statements:` gathers every statement that any engine runs meanwhile."""
    return _counting
