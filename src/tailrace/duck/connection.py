"""Connections to DuckDB, set so that it answers as Spark does and the same every time."""

from __future__ import annotations

from typing import Any

import duckdb

Connection = duckdb.DuckDBPyConnection
"""The executor's connection; other rooms hand it on without importing duckdb."""

ExecutionError = duckdb.Error
"""What a query that fails raises."""

InterruptedQuery = duckdb.InterruptException
"""What a running query becomes when a signal comes: no failure of the query."""

ResourceErrors = (duckdb.IOException, duckdb.OutOfMemoryException)
"""Those that a retry may cure."""

DISABLED_OPTIMIZERS = ("common_subexpressions", "expression_rewriter")
"""`common_subexpressions` lifts a repeated expression out of its TRY, so that one bad row fails all;
`expression_rewriter` loses overflows by regrouping."""


def connect(threads: int | None = None, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory executor: UTC, insertion order kept, nothing loaded from the network."""
    connection = duckdb.connect(":memory:")
    for setting in (
        "SET TimeZone = 'UTC'",
        "SET preserve_insertion_order = true",
        "SET autoinstall_known_extensions = false",
        "SET python_enable_replacements = false",
        "SET enable_progress_bar = false",
        f"SET disabled_optimizers = '{','.join(DISABLED_OPTIMIZERS)}'",
    ):
        connection.execute(setting)
    if threads is not None:
        connection.execute(f"SET threads = {int(threads)}")
    if memory_limit is not None:
        connection.execute("SET memory_limit = ?", [memory_limit])
    return connection


def first_row(result: duckdb.DuckDBPyConnection) -> tuple[Any, ...] | None:
    """The first row of an executed query, None if it has none; nothing of it is left open.

    After `fetchone` the connection would refuse to register tables until the rest is fetched.
    """
    rows = result.fetchall()
    return rows[0] if rows else None


def set_time(connection: duckdb.DuckDBPyConnection, now_us: int) -> None:
    """What `current_timestamp()` is from now on: a batch has one time, and keeps it when it is replayed."""
    connection.execute(f"SET VARIABLE tailrace_planned = make_timestamptz({int(now_us)}::BIGINT)")


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives."""
    row = first_row(connection.execute(query))
    assert row is not None, query
    return int(row[0])


def quote(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted string."""
    return "'" + text.replace("'", "''") + "'"
