"""Rejected rows of a batch, gathered in one temporary table with the columns of `system.rejected`."""

from __future__ import annotations

from typing import Literal

import duckdb

from tailrace.duck.connection import first_row, literal, quote
from tailrace.model import types as t
from tailrace.sql.duck_types import duck as duck_type

TABLE = "_tailrace/rejected"

SCHEMA = t.Schema(
    (
        t.Field("_batch", t.LONG),
        t.Field("_row", t.INT),
        t.Field("dataset", t.STRING),
        t.Field("flow", t.STRING),
        t.Field("edge", t.STRING),
        t.Field("kind", t.STRING),
        t.Field("rule", t.STRING),
        t.Field("column", t.STRING),
        t.Field("error", t.STRING),
        t.Field("topic", t.STRING),
        t.Field("partition", t.INT),
        t.Field("offset", t.LONG),
        t.Field("file", t.STRING),
        t.Field("file_row", t.LONG),
        t.Field("up_batch", t.LONG),
        t.Field("up_row", t.INT),
        t.Field("event_time", t.TIMESTAMP),
        t.Field("watermark", t.TIMESTAMP),
        t.Field("raw", t.BINARY),
        t.Field("row", t.STRING),
        t.Field("redrive_of", t.STRING),
    )
)
PARTITION_BY = ("dataset",)

SourceKind = Literal["topic", "files", "table"]

_RECORD = {"topic": "VARCHAR", "partition": "INTEGER", "offset": "BIGINT", "value": "BLOB"}
"""Columns of a record that a table may carry on from the topic: then its rows tell them too."""

HIDDEN = ("__ord", "__file", "__row", "__raw", "__coerced", "_metadata", "_batch", "_row")


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Begin a batch: an empty table of rejected rows, with the order in which they are to be numbered."""
    columns = ", ".join(f"{quote(f.name)} {duck_type(f.type)}" for f in SCHEMA.fields[2:])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE rejected (__place BIGINT, __ord BIGINT, __sub HUGEINT, {columns})"
    )


def add_errors(
    connection: duckdb.DuckDBPyConnection,
    place: tuple[str, str, str, int],
    source: str,
    kind: SourceKind,
    why: str,
) -> None:
    """Rows that failed: `place` is (dataset, flow, edge, number of the branch), `why` from `diagnose`."""
    dataset, flow, edge, number = place
    connection.execute(
        f"INSERT INTO rejected SELECT {number}, s.__ord, 0, {literal(dataset)}, {literal(flow)}, "
        f"{literal(edge)}, 'error', w.rule, w.\"column\", w.error, {_places(connection, source, kind)}, "
        f"{_row_json(connection, source, 's')}, NULL FROM {source} s JOIN {why} w ON s.__ord = w.__ord"
    )


def add_violated(
    connection: duckdb.DuckDBPyConnection,
    place: tuple[str, str, str, int],
    source: str,
    kind: SourceKind,
    violated: str,
    columns: tuple[str, ...],
) -> None:
    """Rows that an expectation removed; `row` is the emitted row, `raw` the input's bytes."""
    dataset, flow, edge, number = place
    row = _json_of([(name, f"v.{quote(name)}", _type(connection, violated, name)) for name in columns])
    connection.execute(
        f"INSERT INTO rejected SELECT {number}, v.__ord, v.__sub, {literal(dataset)}, {literal(flow)}, "
        f"{literal(edge)}, 'violated', v.__rule, NULL, v.__error, {_places(connection, source, kind)}, {row}, NULL "
        f"FROM {violated} v JOIN {source} s ON v.__ord = s.__ord WHERE v.__place = {number}"
    )


def add_view_violated(
    connection: duckdb.DuckDBPyConnection, dataset: str, violated: str, columns: tuple[str, ...]
) -> None:
    """Rows of a view that an expectation removed: their place is the view's own row."""
    row = _json_of([(name, f"v.{quote(name)}", _type(connection, violated, name)) for name in columns])
    connection.execute(
        f"INSERT INTO rejected SELECT 0, v.__ord, 0, {literal(dataset)}, {literal(dataset)}, NULL, "
        f"'violated', v.__rule, NULL, v.__error, NULL, NULL, NULL, NULL, NULL, NULL, v.__ord::INT, "
        f"NULL, NULL, NULL, {row}, NULL FROM {violated} v"
    )


def add_broken_file(
    connection: duckdb.DuckDBPyConnection,
    place: tuple[str, str, str, int],
    path: str,
    rule: Literal["file", "file_changed"],
    reason: str,
    order: int,
) -> None:
    """A file that cannot be read, or came with other content, is one row."""
    dataset, flow, edge, number = place
    connection.execute(
        "INSERT INTO rejected (__place, __ord, __sub, dataset, flow, edge, kind, rule, error, file) "
        "VALUES (?, ?, 0, ?, ?, ?, 'error', ?, ?, ?)",
        [number, order, dataset, flow, edge, rule, reason, path],
    )


def numbered(n: int) -> str:
    """The batch's rejected rows, numbered 0, 1, 2, ... within each dataset."""
    columns = ", ".join(quote(f.name) for f in SCHEMA.fields[2:])
    return (
        f"SELECT {n}::BIGINT AS _batch, (row_number() OVER "
        f"(PARTITION BY dataset ORDER BY __place, __ord, __sub) - 1)::INT AS _row, {columns} FROM rejected"
    )


def counts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """How many rows are in the table, by (dataset, kind)."""
    rows = connection.execute("SELECT dataset, kind, count(*) FROM rejected GROUP BY ALL").fetchall()
    return {(dataset, kind): int(count) for dataset, kind, count in rows}


def _places(connection: duckdb.DuckDBPyConnection, source: str, kind: SourceKind) -> str:
    """topic, partition, offset, file, file_row, up_batch, up_row, event_time, watermark, raw of a row.

    A stateless program has neither event_time nor watermark.
    """
    described = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {source}").fetchall()}
    record = [f"s.{quote(c)}" if described.get(c) == type_ else "NULL" for c, type_ in _RECORD.items()]
    *position, value = record
    if kind == "files":
        return "NULL, NULL, NULL, s.__file, s.__row, NULL, NULL, NULL, NULL, s.__raw"
    up = "s._batch, s._row" if kind == "table" else "NULL, NULL"
    return f"{', '.join(position)}, NULL, NULL, {up}, NULL, NULL, {value}"


def _row_json(connection: duckdb.DuckDBPyConnection, source: str, alias: str) -> str:
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return _json_of(
        [(row[0], f"{alias}.{quote(row[0])}", row[1]) for row in described if row[0] not in HIDDEN]
    )


def _json_of(columns: list[tuple[str, str, str]]) -> str:
    """A row as JSON text; bytes as their text where they are UTF-8, else as base64."""
    if not columns:
        return "NULL"
    values = (
        f"{quote(name)} := coalesce(TRY(decode({sql})), base64({sql}))"
        if kind == "BLOB"
        else f"{quote(name)} := {sql}"
        for name, sql, kind in columns
        if kind == "BLOB" or "BLOB" not in kind
    )
    return f"to_json(struct_pack({', '.join(values)}))::VARCHAR"


def _type(connection: duckdb.DuckDBPyConnection, relation: str, column: str) -> str:
    described = first_row(connection.execute(f"DESCRIBE SELECT {quote(column)} FROM {relation}"))
    assert described is not None
    return str(described[1])
