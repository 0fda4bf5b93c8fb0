"""Prepared: statements of the hot paths, compiled once and run by the driver itself; all else goes through `db`."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Connection,
    Dialect,
    Executable,
    String,
    Subquery,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator, TypeEngine

from selfservice.db import db, fetch, kept_connection, session_connection


class Prepared:
    """A statement compiled once for each kind of database and then run by the driver, at a fraction of the cost.

    `build` makes it and is told whether that is for PostgreSQL. Two runs differ in their parameters alone, which are
    `bindparam("name")` in the statement; rows are named tuples.
    """

    def __init__(self, build: Callable[[bool], Executable]) -> None:
        self._build = build
        self._forms: dict[str, _Form] = {}

    def fetch(self, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows, on this thread's own AUTOCOMMIT connection, as `db.fetch` gives them.

        Whatever goes wrong is met, and told, by SQLAlchemy, which is asked the same again.
        """
        connection = kept_connection()
        form = self._form(connection.dialect)
        try:
            return form.run(connection, parameters)
        except connection.dialect.loaded_dbapi.Error:
            return list(fetch(form.statement, parameters))

    def run(self, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows, if it gives any, in the session's transaction: it sees what that wrote, and writes with it.

        Objects that the session holds stay as they were read. Raises DBAPIError as the session does.
        """
        db.session.flush()
        connection = session_connection()
        dialect = connection.dialect
        form = self._form(dialect)
        try:
            return form.run(connection, parameters)
        except dialect.loaded_dbapi.Error as error:
            is_gone = dialect.is_disconnect(error, None, None)
            if is_gone:
                connection.invalidate(error)
            raise DBAPIError.instance(
                form.sql, None, error, dialect.loaded_dbapi.Error, connection_invalidated=is_gone, dialect=dialect
            ) from error

    def _form(self, dialect: Dialect) -> _Form:
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form.of(self._build(dialect.name == "postgresql"), dialect)
        return form


class _Rows(TypeDecorator[Sequence[Any]]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> str:
        return json.dumps(value)


def rows_of(columns: Mapping[str, TypeEngine[Any]], *, is_postgresql: bool, name: str = "told") -> Subquery:
    """Rows that a statement joins, handed over in its parameter `name`: any number of them is the same statement.

    Their values are what JSON knows: whole numbers, texts, None, and objects for a column of JSON.
    """
    given = bindparam(name, type_=_Rows())
    if is_postgresql:
        value = func.jsonb_array_elements(sql_cast(given, JSONB)).table_valued(column("value", JSONB)).c.value
    else:
        value = func.json_each(given).table_valued("value").c.value
    found = []
    for place, (label, kind) in enumerate(columns.items()):
        is_json = isinstance(kind, JSON)
        if is_postgresql:
            one: Any = value.op("->" if is_json else "->>")(literal_column(str(place)))
        else:
            one = func.json_extract(value, literal_column(f"'$[{place}]'"))
        found.append((one if is_json else sql_cast(one, kind)).label(label))
    return select(*found).subquery(name)


class _Form(NamedTuple):
    """A statement as one kind of database takes it."""

    statement: Executable
    sql: str
    names: tuple[str, ...] | None
    constants: Mapping[str, Any]
    writers: Mapping[str, Callable[[Any], Any]]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]
    make: Callable[[Iterable[Any]], Any]

    @classmethod
    def of(cls, statement: Any, dialect: Dialect) -> _Form:
        compiled = statement.compile(dialect=dialect)
        asked = {name for name, bind in compiled.binds.items() if bind.required}
        whole = compiled.construct_expanded_state(dict.fromkeys(asked))
        found = {name: one.type.dialect_impl(dialect).bind_processor(dialect) for name, one in compiled.binds.items()}
        writers = {name: write for name, write in found.items() if write is not None}
        constants = {name: value for name, value in whole.parameters.items() if name not in asked}
        columns = list(statement.exported_columns)
        readers = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
        return cls(
            statement=statement,
            sql=whole.statement,
            names=tuple(whole.positiontup) if whole.positiontup is not None else None,
            constants={name: writers[name](value) if name in writers else value for name, value in constants.items()},
            writers={name: write for name, write in writers.items() if name in asked},
            readers=tuple((place, read) for place, read in enumerate(readers) if read is not None),
            make=_row_of([one.name for one in columns]),
        )

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.sql, self._arguments(parameters))
            rows = cursor.fetchall() if cursor.description else []
            return list(map(self._row if self.readers else self.make, rows))
        finally:
            cursor.close()

    def _arguments(self, parameters: Mapping[str, Any]) -> Any:
        given = {**self.constants, **parameters}
        for name, write in self.writers.items():
            given[name] = write(given[name])
        return given if self.names is None else tuple(given[name] for name in self.names)

    def _row(self, values: Sequence[Any]) -> Any:
        read = list(values)
        for place, reader in self.readers:
            read[place] = reader(read[place])
        return self.make(read)


def _row_of(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    made: Any = namedtuple("Fetched", names)  # type: ignore[misc]  # noqa: PYI024 - only the statement knows them
    make: Callable[[Iterable[Any]], Any] = made._make
    return make
