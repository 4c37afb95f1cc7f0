"""Reads what a project has made, beside a running engine and without its lock.

The lake is the shared truth: tables by Delta, decisions by the batch log, topics by the log. A reader
sees all tables as they were after one finished batch, where the ledger tells which versions those are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from tailrace.catalog import system
from tailrace.duck import rejects
from tailrace.duck.connection import Connection, connect
from tailrace.duck.source import table_scan
from tailrace.engine.standing import Standing, flow_keys
from tailrace.lake import schema as delta_schema
from tailrace.lake.batch_log import BatchLog
from tailrace.lake.identity import read_identity
from tailrace.lake.sealed import sealed_decisions
from tailrace.lake.tables import Table, Tables
from tailrace.ledger.store import Ledger
from tailrace.log.embedded import EmbeddedLog
from tailrace.model import types as t
from tailrace.model.batch import Decision
from tailrace.model.clock import Clock, SystemClock
from tailrace.model.errors import DataError, EnvironmentFailure, ProjectError, Stop, TailraceError
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.project.lineage import lineage
from tailrace.project.project import Paths
from tailrace.runtime.doors import local_lake

SYSTEM_COLUMNS = ("_batch", "_row")


class Reader:
    """One look at a project's lake."""

    def __init__(
        self,
        paths: Paths,
        compiled: CompiledProject,
        clock: Clock | None = None,
        errors: Sequence[ProjectError] = (),
    ) -> None:
        """`errors`: what is wrong with the project; then `compiled` holds what is right of it."""
        self.paths = paths
        self.errors = tuple(errors)
        self.compiled = compiled
        self.clock = clock or SystemClock()
        self.connection: Connection = connect()
        self.lake = local_lake(paths)
        identity = read_identity(self.lake)
        self.tables = Tables(self.lake, identity.lake_id if identity else "", self.clock)
        self.batch_log = BatchLog(self.lake / "_tailrace" / "batches")
        self._versions = self._snapshot()

    def decisions(self) -> Iterator[Decision]:
        """Every decided batch, sealed ones first, ascending."""
        yield from sealed_decisions(self.batch_log)
        yield from self.batch_log.decisions()

    def standing(self) -> Standing:
        """Where everything stands after the newest decided batch."""
        standing = Standing()
        for decision in self.decisions():
            standing = standing.after(decision)
        return standing

    def has_table(self, name: str) -> bool:
        """Whether the lake holds a table of that name."""
        return self.tables.table(name).exists()

    def schema(self, name: str) -> t.Schema:
        """A table's columns as the lake has them, without the system columns."""
        return _without_system(delta_schema.from_json(self.tables.table(name).schema()))

    def scan(self, name: str) -> str:
        """A SELECT of a dataset's rows, system columns included; none where there is no table yet."""
        dataset = self.compiled.datasets.get(name)
        table = self.tables.table(name)
        if not table.exists():
            if name in self._committed():
                raise DataError(
                    f"Table {name} is missing in {table.folder}.", hint="`tailrace fsck` says what else is"
                )
            fields = dataset.schema.fields if dataset else ()
            if dataset is not None and dataset.view is None:
                fields += delta_schema.SYSTEM_FIELDS
            return table_scan(table.folder, (), t.Schema(fields), ())
        columns = delta_schema.from_json(table.schema())
        files = [file.path for file in table.files(self._version(table))]
        return table_scan(table.folder, files, columns, table.partition_by())

    def names(self) -> list[str]:
        """The project's datasets; where it is wrong, also those of which only the lake knows."""
        made = sorted(name for name in self._committed() if not name.startswith("_")) if self.errors else []
        return list(dict.fromkeys([*self.compiled.datasets, *made]))

    def _committed(self) -> set[str]:
        """Tables that some batch committed to."""
        newest = self.batch_log.newest()
        return set(self.batch_log.read(newest).last_after()) if self.batch_log.has_file(newest) else set()

    def rejected_scan(self) -> str:
        """A SELECT of `system.rejected`."""
        table = self.tables.table(rejects.TABLE)
        if not table.exists():
            return table_scan(table.folder, (), rejects.SCHEMA, ())
        files = [file.path for file in table.files(self._version(table))]
        return table_scan(table.folder, files, rejects.SCHEMA, rejects.PARTITION_BY)

    def system_scan(self, name: str) -> str:
        """A SELECT of a table of schema `system`."""
        if name == "rejected":
            return self.rejected_scan()
        makers: dict[str, Callable[[], list[list[Any]]]] = {
            "accounts": lambda: system.account_rows(self.decisions()),
            "batches": lambda: system.batch_rows(self.decisions(), self._finished()),
            "datasets": lambda: system.dataset_rows(self.facts()),
            "columns": lambda: system.column_rows(self.facts()),
            "topics": self._topic_rows,
            "files": self._file_rows,
            "effects": lambda: self._ledger_rows("SELECT key, n, kind, payload, told_us FROM effects"),
            "runs": lambda: self._ledger_rows(
                "SELECT id, command, started_us, ended_us, exit_code, batches FROM runs"
            ),
        }
        return system.load(self.connection, name, makers[name]())

    def facts(self) -> Iterable[system.DatasetFacts]:
        """What there is to tell of each dataset."""
        standing = self.standing()
        for dataset in self.compiled.datasets.values():
            table = self.tables.table(dataset.name)
            files = table.files() if dataset.kind != "temporary_view" and table.exists() else []
            state, reason = _state(dataset, standing)
            yield system.DatasetFacts(
                dataset.name,
                dataset.kind,
                dataset.schema,
                state,
                reason,
                standing.last.get(dataset.name),
                files,
                dataset.partition_by,
                dataset.comment,
                partial(_sources, self.compiled, dataset),
            )

    def open_log(self) -> EmbeddedLog:
        """The project's log."""
        return EmbeddedLog(self.paths.log, self.clock)

    def _version(self, table: Table) -> int | None:
        version = self._versions.get(table.name)
        table.refresh()
        return version if version is not None and version <= table.version() else None

    def _snapshot(self) -> dict[str, int]:
        if not self.paths.ledger.exists():
            return {}
        try:
            ledger = Ledger(self.paths.ledger, read_only=True)
            try:
                return ledger.snapshot()
            finally:
                ledger.close()
        except (EnvironmentFailure, Stop):
            return {}

    def _finished(self) -> Callable[[int], int | None]:
        rows = {row[0]: row[1] for row in self._ledger_rows("SELECT n, finished_us FROM batches")}
        return rows.get

    def _ledger_rows(self, query: str) -> list[list[Any]]:
        if not self.paths.ledger.exists():
            return []
        database = sqlite3.connect(f"file:{self.paths.ledger}?mode=ro", uri=True)
        try:
            return [list(row) for row in database.execute(query).fetchall()]
        except sqlite3.Error as error:
            raise TailraceError(f"The ledger {self.paths.ledger} cannot be read: {error}.") from error
        finally:
            database.close()

    def _topic_rows(self) -> list[list[object]]:
        if not self.paths.log.is_dir():
            return []
        log = self.open_log()
        rows: list[list[object]] = []
        for topic in sorted(log.topics()):
            identity = log.describe(topic).log_id
            begins, ends = log.begin_offsets(topic), log.end_offsets(topic)
            rows += [[topic, partition, begins[partition], ends[partition], identity] for partition in ends]
        return rows

    def _file_rows(self) -> list[list[object]]:
        if not self.has_table("_tailrace/files"):
            return []
        rows = self.connection.execute(
            "SELECT _batch, reader, path, size, epoch_us(modified), sha256, rows, status "
            f"FROM ({self.scan('_tailrace/files')}) ORDER BY _batch, _row"
        ).fetchall()
        return [list(row) for row in rows]


def _sources(compiled: CompiledProject, dataset: Dataset, column: str) -> str | None:
    """Where a column comes from, as one text."""
    edges = [edge for edge in lineage(compiled, dataset.name) if edge.column == column and edge.input]
    return ", ".join(dict.fromkeys(f"{edge.input}.{edge.input_column}" for edge in edges)) or None


def _state(dataset: Dataset, standing: Standing) -> tuple[str, str | None]:
    """The least of its flows' states: one that is parked says more than one that is current."""
    flows = [standing.flows[key] for key in flow_keys(dataset) if key in standing.flows]
    for state in ("parked", "stale", "catching_up"):
        for flow in flows:
            if flow.state == state:
                return state, flow.reason
    return ("current", None) if flows else ("new", None)


def _without_system(schema: t.Schema) -> t.Schema:
    return t.Schema(tuple(field for field in schema.fields if field.name not in SYSTEM_COLUMNS))
