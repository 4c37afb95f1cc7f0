"""Two sets of rows compared as multisets."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from tailrace.duck.connection import first_row, quote


def differing_rows(
    connection: duckdb.DuckDBPyConnection, wanted: str, found: str, columns: Sequence[str]
) -> tuple[int, int]:
    """How many rows of `wanted` are missing in `found`, and how many of `found` are too many."""
    names = ", ".join(quote(name) for name in columns)
    counts = []
    for left, right in ((wanted, found), (found, wanted)):
        row = first_row(
            connection.execute(
                f"SELECT count(*) FROM (SELECT {names} FROM ({left}) EXCEPT ALL SELECT {names} FROM ({right}))"
            )
        )
        assert row is not None
        counts.append(int(row[0]))
    return counts[0], counts[1]
