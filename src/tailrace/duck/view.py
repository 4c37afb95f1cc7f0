"""A materialized view's rows: its query over pinned inputs, judged, fingerprinted.

The fingerprint is an unordered hash of the rows: two results with the same fingerprint hold the same
rows, so an equal result need not be written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from tailrace.duck.connection import first_row, quote
from tailrace.duck.output import Output, Part, build_output, ordinal
from tailrace.sql.compiled import BatchQuery, Expectation


@dataclass(frozen=True)
class ViewRows:
    """`relation` holds the rows to be written."""

    relation: str
    output: Output
    digest: str


def compute_view(
    connection: duckdb.DuckDBPyConnection,
    query: BatchQuery,
    inputs: Mapping[str, str],
    expectations: Sequence[Expectation],
    n: int,
    tag: str,
) -> ViewRows:
    """Run the query; `inputs`: alias of each input to a SELECT that gives its rows.

    Raises duckdb.Error where the query fails on a row: a view has no rows of its own to reject.
    """
    for alias, scan in inputs.items():
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {quote(alias)} AS {scan}")
    connection.execute(f"CREATE TEMP TABLE {tag}_result AS {query.sql}")
    columns = query.schema.names
    names = ", ".join(quote(name) for name in columns)
    number, _ = ordinal(connection, f"{tag}_result")
    connection.execute(
        f"CREATE TEMP VIEW {tag}_kept AS SELECT {names}, {number} AS __ord, 0 AS __sub FROM {tag}_result"
    )
    output = build_output(connection, tag, columns, [Part("", "", 0, f"{tag}_kept")], expectations, n)
    row = first_row(
        connection.execute(
            f"SELECT count(*), coalesce(sum(h), 0), coalesce(bit_xor(h), 0) "
            f"FROM (SELECT hash({names}) AS h FROM {output.relation})"
        )
    )
    assert row is not None
    return ViewRows(output.relation, output, f"{row[0]}:{row[1]:x}:{row[2]:x}")
