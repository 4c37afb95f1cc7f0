"""What a file's reader leaves: a table of what stands in the file, and how to type and judge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from tailrace.duck.connection import first_row

CORRUPT = "_corrupt_record"
"""Spark's column for a malformed record; a JSON line that is no object is rescued under this name."""


@dataclass(frozen=True)
class Cells:
    """A table of what stands in the file, not yet typed."""

    values: dict[str, str]
    """Column of the schema to the SQL of its typed value."""
    bad: Sequence[tuple[str, str]]
    """(name, SQL of the text that fits nowhere, or NULL) for `_rescued_data`."""
    extra: str | None
    """SQL of further entries, a MAP(VARCHAR, VARCHAR) or NULL."""
    raw: str
    corrupt: str
    """SQL: the record is malformed."""
    in_: int | None
    text: str | None = None
    """SQL of the record as text, where it is not `decode(raw)`."""


def line_size(longest: int) -> str:
    """Lines may be longer than the executor expects; its buffer must hold a few of them."""
    size = max(2_000_000, longest + 1_000)
    return f"max_line_size = {size}, buffer_size = {max(32_000_000, 2 * size)}"


def longest_line(path: object) -> int:
    with open(str(path), "rb") as stream:
        return max(map(len, stream), default=0)


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = first_row(connection.execute(f"SELECT count(*) FROM {relation}"))
    assert row is not None
    return int(row[0])
