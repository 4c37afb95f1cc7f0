"""A decided batch, as it stands in the batch log.

`docs/batch-log.md` documents the JSON field by field. Everything here is plain data: what `to_json`
prints, `from_json` reads back to an equal value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tailrace.model.account import Account, from_row, to_row

FORMAT_VERSION = 1

FlowState = Literal["current", "catching_up", "parked", "stale", "left"]

Position = Mapping[str, Any]
"""Where one flow stands on one edge; one of

- topic: `{"log_id": str, "offsets": {"0": next offset, ...}}`
- table: `{"up_batch": n}`, the newest batch of the upstream table that the flow has taken
- files: `{"files": count}`; which ones is in the table `_tailrace/files`
- temporary view: `{"via": {flow key of the view: {edge: position}}}`
"""


@dataclass(frozen=True)
class FlowStanding:
    """Where a flow (or a view) stands after a batch."""

    state: FlowState
    inputs: Mapping[str, Position] = field(default_factory=dict)
    reason: str | None = None
    since_n: int | None = None
    """The batch in which it came into this state."""

    def moved(self, edge: str, position: Position) -> FlowStanding:
        """The same standing with another position on `edge`."""
        return replace(self, inputs={**self.inputs, edge: position})


@dataclass(frozen=True)
class StagedFile:
    """A Parquet file in a table's folder, before or after a commit names it."""

    path: str
    """Relative to the table's folder, as on disk."""
    size: int
    rows: int
    partition_values: Mapping[str, str | None] = field(default_factory=dict)
    stats: Mapping[str, Any] = field(default_factory=dict)
    """Delta's statistics: numRecords, minValues, maxValues, nullCount."""


@dataclass(frozen=True)
class TableChange:
    """What a batch does to one table; exactly one Delta commit, none if nothing changes."""

    last: int | None
    """The newest earlier batch that committed to the table; None if none did."""
    add: tuple[StagedFile, ...] = ()
    remove: tuple[StagedFile, ...] = ()
    overwrite: bool = False
    """The added files are the whole table; its schema may change with them."""
    schema: Mapping[str, Any] | None = None
    """The table's schema as Delta JSON where this batch creates, overwrites or widens it."""
    add_columns: tuple[Mapping[str, Any], ...] = ()
    """Delta JSON of the columns that this batch adds."""
    partition_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One decided batch. What is in here is true, whatever happens afterwards."""

    n: int
    prev: int | None
    attempt: str
    component: str
    kind: Literal["data", "view", "park", "columns", "reset"]
    lake_id: str
    planned_us: int
    plan: tuple[Mapping[str, Any], ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    watermarks: Mapping[str, int] = field(default_factory=dict)
    flows: Mapping[str, FlowStanding] = field(default_factory=dict)
    tables: Mapping[str, TableChange] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=dict)
    """The newest batch of every component before this one."""
    last: Mapping[str, int] = field(default_factory=dict)
    """The newest batch that committed to each table before this one."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Of a view: a fingerprint of its rows, so that an equal result is not committed again."""

    def heads_after(self) -> dict[str, int]:
        """The newest batch of every component, this one included."""
        return {**self.heads, self.component: self.n}

    def last_after(self) -> dict[str, int]:
        """The newest batch that committed to each table, this one included."""
        return {**self.last, **dict.fromkeys(self.tables, self.n)}

    def to_json(self) -> dict[str, Any]:
        return {
            "version": FORMAT_VERSION,
            "n": self.n,
            "prev": self.prev,
            "attempt": self.attempt,
            "component": self.component,
            "kind": self.kind,
            "lake_id": self.lake_id,
            "planned_us": self.planned_us,
            "plan": [dict(read) for read in self.plan],
            "definitions": dict(self.definitions),
            "accounts": [_sparse(to_row(self.n, account)) for account in self.accounts],
            "watermarks": dict(self.watermarks),
            "flows": {key: _standing_json(standing) for key, standing in self.flows.items()},
            "tables": {name: _change_json(change) for name, change in self.tables.items()},
            "heads": dict(self.heads),
            "last": dict(self.last),
            "digests": dict(self.digests),
        }

    def to_bytes(self) -> bytes:
        return json.dumps(self.to_json(), separators=(",", ":"), ensure_ascii=False).encode()

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Decision:
        if value["version"] != FORMAT_VERSION:
            raise ValueError(f"batch log version {value['version']}, this Tailrace reads {FORMAT_VERSION}")
        return Decision(
            n=value["n"],
            prev=value["prev"],
            attempt=value["attempt"],
            component=value["component"],
            kind=value["kind"],
            lake_id=value["lake_id"],
            planned_us=value["planned_us"],
            plan=tuple(value["plan"]),
            definitions=value["definitions"],
            accounts=tuple(from_row(row) for row in value["accounts"]),
            watermarks=value["watermarks"],
            flows={key: standing_from_json(item) for key, item in value["flows"].items()},
            tables={name: _change_from_json(item) for name, item in value["tables"].items()},
            heads=value["heads"],
            last=value["last"],
            digests=value["digests"],
        )

    @staticmethod
    def from_bytes(data: bytes) -> Decision:
        return Decision.from_json(json.loads(data))


def _sparse(row: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in row.items() if item is not None and item != [] and item != {}}


def _standing_json(standing: FlowStanding) -> dict[str, Any]:
    inputs = {edge: dict(position) for edge, position in standing.inputs.items()}
    return {
        "state": standing.state,
        "reason": standing.reason,
        "since_n": standing.since_n,
        "inputs": inputs,
    }


def standing_from_json(value: Mapping[str, Any]) -> FlowStanding:
    """The standing printed in a decision or in a commit's metadata."""
    return FlowStanding(value["state"], value["inputs"], value["reason"], value["since_n"])


def flows_json(flows: Mapping[str, FlowStanding]) -> dict[str, Any]:
    """All standings, as in a decision."""
    return {key: _standing_json(standing) for key, standing in flows.items()}


def _file_json(file: StagedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "size": file.size,
        "rows": file.rows,
        "partition_values": dict(file.partition_values),
        "stats": dict(file.stats),
    }


def _change_json(change: TableChange) -> dict[str, Any]:
    return {
        "last": change.last,
        "add": [_file_json(file) for file in change.add],
        "remove": [_file_json(file) for file in change.remove],
        "overwrite": change.overwrite,
        "schema": change.schema,
        "add_columns": list(change.add_columns),
        "partition_by": list(change.partition_by),
    }


def _change_from_json(value: Mapping[str, Any]) -> TableChange:
    return TableChange(
        value["last"],
        tuple(StagedFile(**file) for file in value["add"]),
        tuple(StagedFile(**file) for file in value["remove"]),
        value["overwrite"],
        value["schema"],
        tuple(value["add_columns"]),
        tuple(value["partition_by"]),
    )
