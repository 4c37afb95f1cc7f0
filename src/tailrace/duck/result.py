"""The answer of a query: rows, columns with Spark's types, and the ways to take it away."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import duckdb

from tailrace.duck.connection import first_row, quote
from tailrace.duck.errors import condition_of, marked_text_of, text_of
from tailrace.model import types as t
from tailrace.model.errors import DataError, QueryError, UsageError
from tailrace.sql.compiled import BatchQuery

HTML_ROWS_MAX = 50


class QueryResult:
    """A computed result. It may be read any number of times, in any of its forms.

    Raises QueryError, with Spark's error condition, when it is made and a row fails.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, query: BatchQuery, scans: Mapping[str, str]
    ) -> None:
        self._connection = connection
        self.schema: t.Schema = query.schema
        try:
            for alias, scan in scans.items():
                connection.execute(f"CREATE OR REPLACE TEMP VIEW {quote(alias)} AS {scan}")
            connection.execute(f"CREATE OR REPLACE TEMP TABLE __answer AS {query.sql}")
        except duckdb.IOException as error:
            raise DataError(
                f"A file of a table cannot be read: {text_of(str(error))}", hint="`tailrace fsck` finds which"
            ) from error
        except duckdb.Error as error:
            raise query_error(error) from error

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and Spark type of each column, in order."""
        return [(field.name, field.type.simple_string) for field in self.schema.fields]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows: Decimal, aware UTC datetime (naive for timestamp_ntz), bytes, list, dict, timedelta."""
        return self._connection.execute("SELECT * FROM __answer").fetchall()

    def head(self, rows: int) -> list[tuple[Any, ...]]:
        """The first rows, in the query's order."""
        return self._connection.execute("SELECT * FROM __answer LIMIT ?", [rows]).fetchall()

    def __len__(self) -> int:
        row = first_row(self._connection.execute("SELECT count(*) FROM __answer"))
        assert row is not None
        return int(row[0])

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as an Arrow stream, for any library that takes one."""
        relation: Any = self._connection.sql("SELECT * FROM __answer")
        return relation.__arrow_c_stream__(requested_schema)

    def arrow(self) -> Any:
        """A `pyarrow.Table`; needs pyarrow."""
        import pyarrow

        return pyarrow.table(self)

    def df(self) -> Any:
        """A `pandas.DataFrame`; needs pandas."""
        return self._connection.sql("SELECT * FROM __answer").df()

    def pl(self) -> Any:
        """A `polars.DataFrame`; needs polars. Intervals of days to seconds are durations; Polars has no
        type for other intervals, nor for those inside arrays, maps and structs: UsageError."""
        import polars

        names = self.schema.names
        days = [i for i, f in enumerate(self.schema.fields) if isinstance(f.type, t.DayTimeIntervalType)]
        for i, field in enumerate(self.schema.fields):
            if i not in days and "interval" in _kinds(field.type):
                raise UsageError(
                    f"Polars has no type for the column {field.name!r}, which is {field.type.simple_string}.",
                    hint="Select it as a number or a text, or use fetchall().",
                )
        if not days:
            return polars.DataFrame(self)
        columns = [f"epoch_us(#{i + 1})" if i in days else f"#{i + 1}" for i in range(len(names))]
        listed = ", ".join(f"{sql} AS {quote(name)}" for sql, name in zip(columns, names, strict=True))
        frame = polars.DataFrame(self._connection.sql(f"SELECT {listed} FROM __answer"))
        durations = [polars.col(frame.columns[i]).cast(polars.Duration("us")) for i in days]
        return frame.with_columns(durations)

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th>{escape(name)}<br><small>{escape(kind)}</small></th>" for name, kind in self.columns
        )
        rows = self._connection.execute(f"SELECT * FROM __answer LIMIT {HTML_ROWS_MAX}").fetchall()
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>" for row in rows
        )
        more = f"<p>{len(self)} rows</p>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def __repr__(self) -> str:
        kinds = ", ".join(f"{name} {kind}" for name, kind in self.columns)
        return f"<{len(self)} rows: {kinds}>"


def query_error(error: duckdb.Error) -> QueryError:
    """DuckDB's error as ours, with Spark's condition where it is known."""
    return QueryError(marked_text_of(str(error)), condition=condition_of(str(error)))


def _kinds(type_: t.DataType) -> set[str]:
    """Which of the kinds `interval` and `other` a type is made of."""
    if isinstance(type_, t.ArrayType):
        return _kinds(type_.element)
    if isinstance(type_, t.MapType):
        return _kinds(type_.key) | _kinds(type_.value)
    if isinstance(type_, t.StructType):
        return {kind for field in type_.fields for kind in _kinds(field.type)}
    return {"interval" if isinstance(type_, (t.DayTimeIntervalType, t.YearMonthIntervalType)) else "other"}


def _text(value: Any) -> str:
    return "NULL" if value is None else str(value)
