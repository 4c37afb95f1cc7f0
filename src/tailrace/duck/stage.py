"""Staging: a relation becomes Parquet files in a table's folder, with Delta's statistics.

The files are named by no Delta log, so nobody sees them until a commit names them. DuckDB writes and
counts them; the caller syncs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tailrace.duck.connection import literal, quote
from tailrace.model import types as t
from tailrace.model.batch import StagedFile

COMPRESSION_LEVEL = 1
"""On records of JSON it makes files as small as the default, 3, in two thirds of the time."""
ROW_GROUP_ROWS = 51_200
"""A row group is written by one thread: a full batch gives work to four."""

STATS_TEXT_MAX = 64
"""Longer strings are left out of the statistics: a reader prunes by prefixes anyway."""


def stage(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    folder: Path,
    stem: str,
    schema: t.Schema,
    partition_by: Sequence[str] = (),
) -> list[StagedFile]:
    """Write the rows of `query` as `<stem>-<i>.parquet`; no file where there are no rows.

    `schema` holds the columns as the table has them (for the types of the statistics).
    """
    options = [
        "FORMAT parquet",
        "COMPRESSION zstd",
        f"COMPRESSION_LEVEL {COMPRESSION_LEVEL}",
        f"ROW_GROUP_SIZE {ROW_GROUP_ROWS}",
        "RETURN_STATS true",
    ]
    if partition_by:
        columns = ", ".join(quote(name) for name in partition_by)
        options += [f"PARTITION_BY ({columns})", f"FILENAME_PATTERN '{stem}-{{i}}'", "OVERWRITE_OR_IGNORE"]
        target = folder
    else:
        target = folder / f"{stem}-0.parquet"
    rows = connection.execute(f"COPY ({query}) TO {literal(str(target))} ({', '.join(options)})").fetchall()
    types = {field.name: field.type for field in schema.fields}
    files = []
    for filename, count, size, _footer, statistics, partition, *_ in rows:
        path = Path(filename)
        if count == 0:
            path.unlink(missing_ok=True)
            continue
        files.append(
            StagedFile(
                str(path.relative_to(folder)),
                int(size),
                int(count),
                _partition(partition, partition_by),
                delta_stats(int(count), statistics or {}, types),
            )
        )
    return files


def delta_stats(
    count: int, statistics: Mapping[str, Mapping[str, str]], types: Mapping[str, t.DataType]
) -> dict[str, Any]:
    """Delta's statistics from DuckDB's, for top-level columns whose order both agree on."""
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for quoted, values in statistics.items():
        name = _unquote(quoted)
        if (
            name is None
            or name not in types
            or isinstance(types[name], (t.StructType, t.ArrayType, t.MapType))
        ):
            continue
        if "null_count" in values:
            nulls[name] = int(values["null_count"])
        if values.get("has_nan") == "true" or values.get("max_is_exact") != "true":
            continue
        least, greatest = (_value(values.get(end), types[name]) for end in ("min", "max"))
        if least is not None and greatest is not None:
            low[name], high[name] = least, greatest
    return {"numRecords": count, "minValues": low, "maxValues": high, "nullCount": nulls}


def _value(text: str | None, type_: t.DataType) -> Any:
    """A bound as JSON; None where it is better left out."""
    if text is None:
        return None
    if isinstance(type_, t.IntegralType):
        return int(text)
    if isinstance(type_, (t.FloatType, t.DoubleType)):
        number = float(text)
        return number if math.isfinite(number) else None
    if isinstance(type_, t.DateType):
        return text if len(text) == len("2024-01-01") else None
    if isinstance(type_, t.TimestampType):
        date, _, clock = text.partition(" ")
        clock = clock.removesuffix("+00")
        return f"{date}T{clock}Z" if len(date) == len("2024-01-01") and clock else None
    if isinstance(type_, t.StringType):
        return text if len(text) <= STATS_TEXT_MAX else None
    return None


def _unquote(name: str) -> str | None:
    """The top-level column of a statistics key, None for a nested one."""
    inner = name[1:-1]
    return None if '"."' in inner else inner.replace('""', '"')


def _partition(value: Any, partition_by: Sequence[str]) -> dict[str, str | None]:
    if not partition_by:
        return {}
    if isinstance(value, str):
        value = json.loads(value)
    return {name: _delta_text(value.get(name)) for name in partition_by}


def _delta_text(value: Any) -> str | None:
    """A partition value as Delta writes it; the empty string is NULL there."""
    return None if value is None or value == "" else str(value)
