"""Source relations: what a branch reads, one relation per edge.

Each has the input's columns, `__ord BIGINT` (the row's place, ascending in the order of PROTOCOL
section 2) and the columns that say where a row came from:

| input | `__ord` | place columns |
|---|---|---|
| topic | partition x 2^40 + offset | `topic`, `partition`, `offset` |
| files | file x 2^40 + row | `__file`, `__row`, `__raw`; `__coerced`, how many values were lost |
| table | batch x 2^31 + row | `_batch`, `_row` |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tailrace.duck.connection import count, first_row, literal, quote
from tailrace.model import types as t
from tailrace.sql.duck_types import duck as duck_type

ORD_FILE = 2**40
ORD_BATCH = 2**31


def topic_source(
    connection: duckdb.DuckDBPyConnection, name: str, topic: str, partitions: Mapping[int, Any]
) -> None:
    """A source over Arrow tables as the log gives them, one per partition."""
    parts = []
    for partition, table in sorted(partitions.items()):
        arrow = f"{name}_p{partition}"
        connection.register(arrow, table)
        parts.append(
            f'SELECT "key", "value", {literal(topic)} AS "topic", {partition}::INT AS "partition", "offset", '
            f'"timestamp", 0::INT AS "timestampType", "headers", '
            f'{partition}::BIGINT * {ORD_FILE} + "offset" AS __ord FROM {arrow}'
        )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {' UNION ALL '.join(parts)}")


def table_scan(folder: Path, files: Sequence[str], schema: t.Schema, partition_by: Sequence[str]) -> str:
    """A SELECT of exactly `schema`'s columns over a table's files (paths relative to its folder).

    Columns that older files lack are NULL; the empty text in a partition column is NULL, as Delta has it.
    """
    typed = ", ".join(f"NULL::{duck_type(f.type)} AS {quote(f.name)}" for f in schema.fields)
    empty = f"SELECT {typed} WHERE false"
    if not files:
        return empty
    paths = ", ".join(literal(str(folder / path)) for path in files)
    hive = "false"
    if partition_by:
        kinds = ", ".join(f"{literal(name)}: {_hive_type(schema, name)}" for name in partition_by)
        hive = f"true, hive_types = {{{kinds}}}"
    scan = f"SELECT * FROM read_parquet([{paths}], union_by_name = true, hive_partitioning = {hive})"
    columns = ", ".join(_column(field, partition_by) for field in schema.fields)
    return f"SELECT {columns} FROM ({empty} UNION ALL BY NAME {scan})"


def lane_source(connection: duckdb.DuckDBPyConnection, name: str, scan: str, after: int, upto: int) -> None:
    """A source over a table's rows of the batches `after` < n <= `upto`."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT *, _batch * {ORD_BATCH} + _row AS __ord "
        f"FROM ({scan}) WHERE _batch > {after} AND _batch <= {upto}"
    )


def memory_source(connection: duckdb.DuckDBPyConnection, name: str, relation: str) -> None:
    """A source over what an upstream dataset put out in this batch."""
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {name} AS "
        f"SELECT *, _batch * {ORD_BATCH} + _row AS __ord FROM {relation}"
    )


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of a relation."""
    return count(connection, f"SELECT count(*) FROM {relation}")


def lost_values(connection: duckdb.DuckDBPyConnection, relation: str, failed: str) -> int | None:
    """Values of a files source that are NULL for their type, in rows that did not fail; None where they are
    rescued."""
    row = first_row(
        connection.execute(
            f"SELECT sum(__coerced) FROM {relation} WHERE __ord NOT IN (SELECT __ord FROM {failed})"
        )
    )
    assert row is not None
    return None if row[0] is None else int(row[0])


def _hive_type(schema: t.Schema, name: str) -> str:
    field = schema.find(name)
    assert field is not None, name
    return duck_type(field.type)


def _column(field: t.Field, partition_by: Sequence[str]) -> str:
    if field.name in partition_by and isinstance(field.type, t.StringType):
        return f"nullif({quote(field.name)}, '') AS {quote(field.name)}"
    return quote(field.name)
