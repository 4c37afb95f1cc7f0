"""Schema `system` in SQL: what the batch log, the ledger and the log know, as tables.

Each table is built from its authority when it is asked for; nothing here is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tailrace.model import types as t
from tailrace.model.account import COLUMNS, COUNTS, to_row
from tailrace.model.batch import Decision, StagedFile

_MAP_COUNTS = t.MapType(
    t.STRING,
    t.StructType((t.Field("passed", t.LONG), t.Field("failed", t.LONG), t.Field("action", t.STRING))),
)


def _longs(*names: str) -> tuple[t.Field, ...]:
    return tuple(t.Field(name, t.LONG) for name in names)


def _strings(*names: str) -> tuple[t.Field, ...]:
    return tuple(t.Field(name, t.STRING) for name in names)


ACCOUNTS = t.Schema(
    (
        t.Field("_batch", t.LONG),
        *_strings("dataset", "flow", "edge"),
        *_longs(*COUNTS, "fan_zero", "fan_filtered", "emitted", "violated", "out"),
        *_longs("state_before", "state_after", "released"),
        t.Field("expectations", _MAP_COUNTS),
        t.Field("unknown", t.ArrayType(t.STRING)),
        t.Field("mode", t.STRING),
        t.Field("duration_ms", t.LONG),
    )
)
BATCHES = t.Schema(
    (
        t.Field("_batch", t.LONG),
        *_strings("component", "kind"),
        t.Field("planned", t.TIMESTAMP),
        t.Field("finished", t.TIMESTAMP),
        t.Field("prev", t.LONG),
        *_strings("attempt", "plan"),
    )
)
DATASETS = t.Schema(
    (
        *_strings("dataset", "kind", "state", "reason"),
        *_longs("last_batch", "rows", "files", "bytes"),
        *_strings("partition_by", "comment"),
    )
)
COLUMNS_SCHEMA = t.Schema(
    (*_strings("dataset", "column", "type"), t.Field("position", t.INT), *_strings("comment", "lineage"))
)
TOPICS = t.Schema(
    (
        t.Field("topic", t.STRING),
        t.Field("partition", t.INT),
        *_longs("begin", "end"),
        t.Field("log_id", t.STRING),
    )
)
FILES = t.Schema(
    (
        t.Field("_batch", t.LONG),
        *_strings("reader", "path"),
        t.Field("size", t.LONG),
        t.Field("modified", t.TIMESTAMP),
        t.Field("sha256", t.STRING),
        t.Field("rows", t.LONG),
        t.Field("status", t.STRING),
    )
)
EFFECTS = t.Schema(
    (*_strings("key"), t.Field("_batch", t.LONG), *_strings("kind", "payload"), t.Field("told", t.TIMESTAMP))
)
RUNS = t.Schema(
    (
        t.Field("id", t.LONG),
        t.Field("command", t.STRING),
        t.Field("started", t.TIMESTAMP),
        t.Field("ended", t.TIMESTAMP),
        t.Field("exit_code", t.INT),
        t.Field("batches", t.LONG),
    )
)
SCHEMAS: dict[str, t.Schema] = {
    "accounts": ACCOUNTS,
    "batches": BATCHES,
    "datasets": DATASETS,
    "columns": COLUMNS_SCHEMA,
    "topics": TOPICS,
    "files": FILES,
    "effects": EFFECTS,
    "runs": RUNS,
}
"""Tables of `system` but `rejected`, which is a table of the lake."""


@dataclass(frozen=True)
class DatasetFacts:
    """What `system.datasets` and `system.columns` tell of one dataset."""

    name: str
    kind: str
    schema: t.Schema
    state: str
    reason: str | None
    last_batch: int | None
    files: Sequence[StagedFile]
    partition_by: Sequence[str]
    comment: str | None
    lineage: Callable[[str], str | None]


def account_rows(decisions: Iterable[Decision]) -> list[list[Any]]:
    """Rows of `system.accounts`."""
    return [
        [_account_value(row[name]) for name in COLUMNS]
        for decision in decisions
        for row in (to_row(decision.n, account) for account in decision.accounts)
    ]


def batch_rows(decisions: Iterable[Decision], finished: Callable[[int], int | None]) -> list[list[Any]]:
    """Rows of `system.batches`; `finished`: batch to when step 8 was done, microseconds."""
    return [
        [d.n, d.component, d.kind, d.planned_us, finished(d.n), d.prev, d.attempt, json.dumps(list(d.plan))]
        for d in decisions
    ]


def dataset_rows(facts: Iterable[DatasetFacts]) -> list[list[Any]]:
    """Rows of `system.datasets`."""
    return [
        [
            fact.name,
            fact.kind,
            fact.state,
            fact.reason,
            fact.last_batch,
            sum(file.rows for file in fact.files),
            len(fact.files),
            sum(file.size for file in fact.files),
            ", ".join(fact.partition_by),
            fact.comment,
        ]
        for fact in facts
    ]


def column_rows(facts: Iterable[DatasetFacts]) -> list[list[Any]]:
    """Rows of `system.columns`."""
    return [
        [fact.name, field.name, field.type.simple_string, i, field.comment, fact.lineage(field.name)]
        for fact in facts
        for i, field in enumerate(fact.schema.fields)
    ]


def load(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Sequence[Any]]) -> str:
    """Make the rows a temporary table and return a SELECT over it; times are given in microseconds."""
    schema = SCHEMAS[name]
    table = f"__system_{name}"
    stored = ", ".join(f'"{field.name}" {_stored_type(field.type)}' for field in schema.fields)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({stored})")
    if rows:
        marks = ", ".join("?" for _ in schema.fields)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", [list(row) for row in rows])
    shown = ", ".join(_shown(field) for field in schema.fields)
    return f"SELECT {shown} FROM {table}"


def _account_value(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def _stored_type(type_: t.DataType) -> str:
    if isinstance(type_, t.ArrayType):
        return "VARCHAR[]"
    if isinstance(type_, (t.LongType, t.TimestampType)):
        return "BIGINT"
    return "INTEGER" if isinstance(type_, t.IntegerType) else "VARCHAR"


def _shown(field: t.Field) -> str:
    name = f'"{field.name}"'
    if isinstance(field.type, t.TimestampType):
        return f"make_timestamptz({name}) AS {name}"
    if isinstance(field.type, t.MapType):
        kind = "MAP(VARCHAR, STRUCT(passed BIGINT, failed BIGINT, action VARCHAR))"
        return f"CAST({name}::JSON AS {kind}) AS {name}"
    return name
