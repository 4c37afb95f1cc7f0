"""Whether two lakes hold the same: rows with `_batch` and `_row`, accounts, plans, standings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.duck.compare import differing_rows
from tailrace.duck.connection import connect
from tailrace.duck.source import table_scan
from tailrace.lake import schema as delta_schema
from tailrace.lake.batch_log import BatchLog
from tailrace.lake.tables import Table, Tables
from tailrace.model.batch import Decision


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same."""

    subject: str
    what: str


def compare_lakes(wanted: Tables, found: Tables, exact: bool = True) -> list[Difference]:
    """Differences between all tables of two lakes. `exact`: `_batch` and `_row` too; otherwise rows are
    compared as multisets without them."""
    differences = []
    names = sorted(set(wanted.names()) | set(found.names()))
    for name in names:
        if not wanted.table(name).exists() or not found.table(name).exists():
            differences.append(Difference(name, "only one lake has the table"))
            continue
        differences += _compare_table(wanted.table(name), found.table(name), exact)
    return differences


def compare_logs(wanted: BatchLog, found: BatchLog) -> list[Difference]:
    """Differences between two batch logs of the same sequence: plans, accounts, standings."""
    differences = []
    if wanted.numbers() != found.numbers():
        return [Difference("batch log", f"{len(wanted.numbers())} and {len(found.numbers())} batches")]
    for n in wanted.numbers():
        left, right = _essence(wanted.read(n)), _essence(found.read(n))
        differences += [
            Difference(f"batch {n}", f"{key}: {left[key]!r} and {right[key]!r}")
            for key in left
            if left[key] != right[key]
        ]
    return differences


def _compare_table(wanted: Table, found: Table, exact: bool) -> list[Difference]:
    wanted.refresh()
    found.refresh()
    left = delta_schema.from_json(wanted.schema())
    right = delta_schema.from_json(found.schema())
    if left != right:
        return [Difference(wanted.name, f"schema {left} and {right}")]
    columns = [name for name in left.names if exact or name not in ("_batch", "_row")]
    connection = connect()
    try:
        scans = [
            table_scan(table.folder, [f.path for f in table.files()], left, table.partition_by())
            for table in (wanted, found)
        ]
        missing, extra = differing_rows(connection, scans[0], scans[1], columns)
    finally:
        connection.close()
    if missing or extra:
        return [Difference(wanted.name, f"{missing} rows missing, {extra} too many")]
    return []


def _essence(decision: Decision) -> Mapping[str, Any]:
    """What must be equal whatever happened in between: not who decided, not how long it took."""
    value = decision.to_json()
    accounts = [{key: item for key, item in row.items() if key != "duration_ms"} for row in value["accounts"]]
    return {
        "component": value["component"],
        "kind": value["kind"],
        "plan": value["plan"],
        "accounts": accounts,
        "flows": value["flows"],
        "digests": value["digests"],
    }
