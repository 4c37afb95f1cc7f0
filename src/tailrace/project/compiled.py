"""A project whose every statement is bound, typed and lowered: what the engine runs. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tailrace.model.errors import Place
from tailrace.model.types import Schema
from tailrace.sql.compiled import BatchQuery, Expectation, StreamQuery

DatasetKind = Literal["streaming_table", "materialized_view", "temporary_view"]


@dataclass(frozen=True)
class Flow:
    """One query that writes into a streaming table (or is a temporary view inside a stream).

    `name` is the table's own name (`schema.table`) for the query in its CREATE, else the flow's name.
    """

    name: str
    query: StreamQuery
    place: Place
    once: bool = False


@dataclass(frozen=True)
class Dataset:
    """One dataset. Exactly one of `flows` and `view` is filled (a table may wait for flows: both empty)."""

    name: str
    """`schema.name`, lower case."""
    kind: DatasetKind
    schema: Schema
    place: Place
    flows: tuple[Flow, ...] = ()
    view: BatchQuery | None = None
    expectations: tuple[Expectation, ...] = ()
    partition_by: tuple[str, ...] = ()
    comment: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    schedule: str | None = None
    definition: str = ""
    """The statement printed from its model: what a stored definition keeps for people to read."""


@dataclass(frozen=True)
class Component:
    """Datasets connected by streaming edges, in topological order; or one view, named `view:<dataset>`."""

    name: str
    datasets: tuple[str, ...]


@dataclass(frozen=True)
class CompiledProject:
    """All datasets in topological order, and their components (views last, in dependency order)."""

    datasets: Mapping[str, Dataset]
    components: tuple[Component, ...]
    inlined: Mapping[str, Dataset] = field(default_factory=dict)
    """Temporary views outside of streams: no nodes, their queries stand inside of those that read them."""
