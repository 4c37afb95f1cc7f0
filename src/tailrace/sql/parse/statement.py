"""Statements as values: what a head says, each clause with its value and its place.

Places do not count when statements are compared, so a head that is printed and parsed again is equal.
Queries, conditions and other expressions stay text here (`Span`); the steps after this one read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from tailrace.model.types import DataType
from tailrace.sql.parse.scan import Position

T = TypeVar("T")

Kind = Literal[
    "streaming_table", "materialized_view", "temporary_view", "flow", "auto_cdc", "set", "use", "other"
]
Create = Literal["create", "create or refresh", "create or replace"]
Visibility = Literal["temporary", "private", "global temporary"]
Action = Literal["warn", "drop", "fail", "quarantine"]


@dataclass(frozen=True)
class At(Generic[T]):
    """A clause's value and where the clause begins."""

    value: T
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Span:
    """A piece of the file as written: a query, a condition, an expression."""

    text: str
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Name:
    """A name of one to three parts without its quotes; `LIVE.` is taken off and remembered.

    `${name}` stays in it as text. `IDENTIFIER(...)` over something other than one string gives no parts
    and keeps its argument.
    """

    parts: tuple[str, ...]
    at: Position = field(compare=False)
    live: bool = False
    identifier: str | None = None

    def __str__(self) -> str:
        return f"IDENTIFIER({self.identifier})" if self.identifier else ".".join(self.parts)


@dataclass(frozen=True)
class ColumnType:
    """A type as written in a column list; `type` is None where Spark 4.2's model here has no such type."""

    text: str
    type: DataType | None
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Generated:
    """`GENERATED ALWAYS AS (expression)`, or an identity column (`expression` None)."""

    always: bool
    expression: Span | None = None
    start: int | None = None
    step: int | None = None


@dataclass(frozen=True)
class References:
    """`REFERENCES table [(columns)]` with its options, such as `NOT ENFORCED`."""

    table: Name
    columns: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """`PRIMARY KEY (columns)` or `FOREIGN KEY (columns) REFERENCES ...`, in a column or on its own."""

    columns: tuple[str, ...]
    references: References | None = None
    name: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mask:
    """`MASK function [USING COLUMNS (...)]`, or `ROW FILTER function ON (...)`."""

    function: Name
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One entry of a column list; `type` is None where only names are listed."""

    name: str
    at: Position = field(compare=False)
    type: ColumnType | None = None
    not_null: At[bool] | None = None
    comment: At[str] | None = None
    default: At[Span] | None = None
    generated: At[Generated] | None = None
    key: At[Key] | None = None
    mask: At[Mask] | None = None


@dataclass(frozen=True)
class Expect:
    """`CONSTRAINT name EXPECT (condition) [ON VIOLATION ...]`."""

    name: str
    condition: Span
    action: Action
    at: Position = field(compare=False)


@dataclass(frozen=True)
class ColumnSet:
    """`(a, b)`, or `* EXCEPT (a, b)` when `except_` is set."""

    names: tuple[str, ...]
    except_: bool = False


@dataclass(frozen=True)
class Partition:
    """One entry of `PARTITIONED BY`: a column's name, or an expression as written."""

    text: str
    is_expression: bool = False


@dataclass(frozen=True)
class ClusterBy:
    """`CLUSTER BY (columns) | AUTO | NONE`."""

    mode: Literal["columns", "auto", "none"]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """`SCHEDULE [REFRESH] EVERY n unit | CRON 'text' [AT TIME ZONE 'zone']`."""

    every: int | None = None
    unit: Literal["minute", "hour", "day", "week"] | None = None
    cron: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class Trigger:
    """`TRIGGER ON UPDATE [AT MOST EVERY interval]`; the interval as written."""

    at_most_every: Span | None = None


@dataclass(frozen=True)
class Clauses:
    """The clauses between a dataset's name and its query. None: not written."""

    comment: At[str] | None = None
    properties: At[tuple[tuple[str, str], ...]] | None = None
    partitioned_by: At[tuple[Partition, ...]] | None = None
    cluster_by: At[ClusterBy] | None = None
    location: At[str] | None = None
    using: At[str] | None = None
    options: At[tuple[tuple[str, str], ...]] | None = None
    schedule: At[Schedule] | None = None
    trigger: At[Trigger] | None = None
    row_filter: At[Mask] | None = None
    refresh_policy: At[str] | None = None
    schema_mode: At[str] | None = None
    collation: At[str] | None = None


@dataclass(frozen=True)
class Cdc:
    """What `APPLY CHANGES`, `AUTO CDC` say after their target."""

    source: Span
    keys: At[tuple[str, ...]]
    sequence_by: At[Span]
    where: At[Span] | None = None
    ignore_null_updates: At[ColumnSet | None] | None = None
    """The value is None where all columns are meant."""
    delete_when: At[Span] | None = None
    truncate_when: At[Span] | None = None
    columns: At[ColumnSet] | None = None
    scd_type: At[int] | None = None
    bitemporal: At[bool] | None = None
    system_sequence_by: At[Span] | None = None
    track_history: At[ColumnSet] | None = None


@dataclass(frozen=True)
class ReplaceUsing:
    """`REPLACE USING (columns) [SEQUENCE BY expression]` of a flow."""

    columns: tuple[str, ...]
    sequence_by: Span | None = None


@dataclass(frozen=True)
class Dataset:
    """What the three kinds of dataset share. `live` is the old vocabulary, `incremental` its old word."""

    name: Name
    create: Create
    at: Position = field(compare=False)
    live: bool = False
    incremental: bool = False
    visibility: At[Visibility] | None = None
    if_not_exists: At[bool] | None = None
    columns: tuple[Column, ...] = ()
    keys: tuple[At[Key], ...] = ()
    expectations: tuple[Expect, ...] = ()
    clauses: Clauses = Clauses()
    query: Span | None = None


@dataclass(frozen=True)
class StreamingTable(Dataset):
    """A streaming table. `once`, `replace_where` and `cdc` come from an inline `FLOW`."""

    once: At[bool] | None = None
    replace_where: At[Span] | None = None
    cdc: At[Cdc] | None = None


@dataclass(frozen=True)
class MaterializedView(Dataset):
    """A materialized view, or an old `LIVE TABLE`."""


@dataclass(frozen=True)
class TemporaryView(Dataset):
    """A view that stores nothing; `streaming` is the old word `STREAMING LIVE VIEW`."""

    streaming: bool = False


@dataclass(frozen=True)
class Flow:
    """`CREATE FLOW name AS INSERT INTO [ONCE] target [BY NAME] query`."""

    name: Name
    target: Name
    query: Span
    at: Position = field(compare=False)
    once: At[bool] | None = None
    by_name: At[bool] | None = None
    comment: At[str] | None = None
    replace_where: At[Span] | None = None
    replace_using: At[ReplaceUsing] | None = None


@dataclass(frozen=True)
class AutoCdc:
    """`CREATE FLOW name AS AUTO CDC INTO target ...`, or the old `APPLY CHANGES INTO target` (no name)."""

    target: Name
    cdc: Cdc
    at: Position = field(compare=False)
    name: Name | None = None
    comment: At[str] | None = None
    once: At[bool] | None = None


@dataclass(frozen=True)
class SetStatement:
    """`SET key = value`; `value` is None for a bare `SET key`."""

    key: str
    value: str | None
    at: Position = field(compare=False)


@dataclass(frozen=True)
class UseStatement:
    """`USE [CATALOG|SCHEMA|DATABASE] name`: where names without a schema belong from here on."""

    what: Literal["catalog", "schema"]
    name: Name
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Other:
    """Any other statement, whole; `word` is its first word, in capitals."""

    word: str
    text: Span
    at: Position = field(compare=False)


Statement = (
    StreamingTable | MaterializedView | TemporaryView | Flow | AutoCdc | SetStatement | UseStatement | Other
)
