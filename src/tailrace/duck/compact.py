"""Compaction: many small files of one partition become one, their rows in the order of the files.

The rows stream through: sorting them would hold them all in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from tailrace.duck.connection import first_row, literal, quote
from tailrace.duck.stage import delta_stats
from tailrace.model import types as t
from tailrace.model.batch import StagedFile


def compact(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    files: Sequence[StagedFile],
    target: str,
    schema: t.Schema,
    partition_values: Mapping[str, str | None],
) -> StagedFile:
    """Write the rows of `files` into `target` (relative to `folder`); the caller syncs and commits."""
    columns = [field for field in schema.fields if field.name not in partition_values]
    names = ", ".join(quote(field.name) for field in columns)
    paths = ", ".join(literal(str(folder / file.path)) for file in files)
    scan = f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"
    row = first_row(
        connection.execute(
            f"COPY (SELECT {names} FROM {scan}) TO {literal(str(folder / target))} "
            "(FORMAT parquet, COMPRESSION zstd, RETURN_STATS true)"
        )
    )
    assert row is not None
    types = {field.name: field.type for field in columns}
    stats = delta_stats(int(row[1]), row[4] or {}, types)
    return StagedFile(target, int(row[2]), int(row[1]), dict(partition_values), stats)
