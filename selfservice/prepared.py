"""Prepared: statements of the hot path, run by the driver itself; everything else goes through `db`."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Select

from selfservice.db import fetch, kept_connection


class Prepared:
    """A SELECT of the hot path in each database's own dialect: compiled once, then run by the driver itself.

    On this thread's own AUTOCOMMIT connection, as `fetch` is, at a quarter of its cost. Its parameters are whole
    numbers, texts and lists; its rows are named tuples.
    """

    def __init__(self, *, sqlite: Select[Any], postgresql: Select[Any]) -> None:
        self._statements = {"sqlite": sqlite, "postgresql": postgresql}
        self._forms: dict[str, _Form] = {}

    def fetch(self, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows. Whatever goes wrong is met, and told, by SQLAlchemy, which is asked the same again."""
        connection = kept_connection()
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form.of(self._statements[dialect.name], dialect)
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(form.sql, form.arguments(parameters))
                return [form.row(values) for values in cursor.fetchall()]
            finally:
                cursor.close()
        except dialect.loaded_dbapi.Error:
            return list(fetch(self._statements[dialect.name], parameters))


class _Form(NamedTuple):
    sql: str
    names: tuple[str, ...] | None
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]
    make: Callable[[Iterable[Any]], Any]

    @classmethod
    def of(cls, statement: Select[Any], dialect: Dialect) -> _Form:
        compiled = statement.compile(dialect=dialect)
        columns = list(statement.selected_columns)
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        return cls(
            sql=str(compiled),
            names=tuple(compiled.positiontup) if compiled.positiontup is not None else None,
            readers=tuple((place, read) for place, read in enumerate(readers) if read is not None),
            make=_row_of([column.name for column in columns]),
        )

    def arguments(self, parameters: Mapping[str, Any]) -> Any:
        return parameters if self.names is None else tuple(parameters[name] for name in self.names)

    def row(self, values: Sequence[Any]) -> Any:
        read = list(values)
        for place, reader in self.readers:
            read[place] = reader(read[place])
        return self.make(read)


def _row_of(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    made: Any = namedtuple("Fetched", names)  # type: ignore[misc]  # noqa: PYI024 - only the statement knows them
    make: Callable[[Iterable[Any]], Any] = made._make
    return make
