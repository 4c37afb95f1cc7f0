"""Step 5, stage: every output as Parquet files in its table's folder, synced, named by no Delta log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tailrace.duck import rejects
from tailrace.duck.connection import (
    Connection,
    ExecutionError,
    InterruptedQuery,
    ResourceErrors,
    count,
    quote,
)
from tailrace.duck.output import Output
from tailrace.duck.stage import stage
from tailrace.engine import account
from tailrace.engine.doors import Doors
from tailrace.engine.files import FILES_TABLE
from tailrace.engine.loaded import SeenFile
from tailrace.engine.parking import ParkDataset
from tailrace.lake.schema import SYSTEM_FIELDS, schema_json
from tailrace.lake.sync import sync
from tailrace.model import faults
from tailrace.model import types as t
from tailrace.model.batch import StagedFile, TableChange
from tailrace.project.compiled import CompiledProject, Dataset

FILES_SCHEMA = t.Schema(
    (
        t.Field("_batch", t.LONG),
        t.Field("_row", t.INT),
        t.Field("reader", t.STRING),
        t.Field("path", t.STRING),
        t.Field("size", t.LONG),
        t.Field("modified", t.TIMESTAMP),
        t.Field("sha256", t.STRING),
        t.Field("rows", t.LONG),
        t.Field("status", t.STRING),
    )
)


def ensure_tables(doors: Doors, project: CompiledProject) -> None:
    """Create every table that is not there yet, empty: external readers find it, queries answer 0 rows."""
    for dataset in project.datasets.values():
        if dataset.kind != "temporary_view":
            system = dataset.kind == "streaming_table"
            table = doors.tables.table(dataset.name)
            table.ensure(schema_json(dataset.schema, system), dataset.partition_by, dataset.comment)
    doors.tables.table(rejects.TABLE).ensure(schema_json(rejects.SCHEMA, False), rejects.PARTITION_BY)
    doors.tables.table(FILES_TABLE).ensure(schema_json(FILES_SCHEMA, False), ())


class Staging:
    """Stages the outputs of batch n; the files of attempt `attempt` are `<n>-<attempt>-<i>`."""

    def __init__(self, doors: Doors, n: int, attempt: str, last: Mapping[str, int]) -> None:
        self._doors = doors
        self._n = n
        self._attempt = attempt
        self._last = last
        self.changes: dict[str, TableChange] = {}

    def stage_outputs(self, project: CompiledProject, outputs: Mapping[str, Output]) -> None:
        """The output of every streaming table, in the order of `_row`."""
        for name, output in outputs.items():
            dataset = project.datasets[name]
            files = self._stage(dataset, output.relation)
            account.check_lake(name, output.out, sum(file.rows for file in files))
            self._add(name, files, dataset.partition_by)
            if len(self.changes) == 1:
                faults.reach("staged-some")

    def stage_rejected(self, replaced: Sequence[StagedFile] = ()) -> None:
        """The batch's rejected rows; `replaced` are files of a view's earlier ones."""
        rows = count(self._doors.connection, "SELECT count(*) FROM rejected")
        if rows == 0 and not replaced:
            return
        files = self._write(rejects.TABLE, rejects.numbered(self._n), rejects.SCHEMA, rejects.PARTITION_BY)
        account.check_lake(rejects.TABLE, rows, sum(file.rows for file in files))
        self._add(rejects.TABLE, files, rejects.PARTITION_BY, replaced)

    def stage_seen(self, seen: Sequence[SeenFile]) -> None:
        """The files that were taken, a row each."""
        if not seen:
            return
        connection = self._doors.connection
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE seen_files (_row INT, reader VARCHAR, path VARCHAR, size BIGINT, "
            "modified_us BIGINT, sha256 VARCHAR, rows BIGINT, status VARCHAR)"
        )
        connection.executemany(
            "INSERT INTO seen_files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [row, f.reader, f.path, f.size, f.modified_us, f.sha256, f.rows, f.status]
                for row, f in enumerate(seen)
            ],
        )
        query = (
            f"SELECT {self._n}::BIGINT AS _batch, _row, reader, path, size, "
            "make_timestamptz(modified_us) AS modified, sha256, rows, status FROM seen_files"
        )
        self._add(FILES_TABLE, self._write(FILES_TABLE, query, FILES_SCHEMA, ()), ())

    def stage_view(self, dataset: Dataset, relation: str) -> list[StagedFile]:
        """A view's new rows: they replace the whole table."""
        columns = ", ".join(quote(name) for name in dataset.schema.names)
        query = f"SELECT {columns} FROM {relation}"
        files = self._computed(dataset, query, dataset.schema)
        self.changes[dataset.name] = TableChange(
            self._last.get(dataset.name),
            tuple(files),
            overwrite=True,
            schema=schema_json(dataset.schema, False),
            partition_by=tuple(dataset.partition_by),
        )
        return files

    def _stage(self, dataset: Dataset, relation: str) -> list[StagedFile]:
        columns = ", ".join([*(quote(name) for name in dataset.schema.names), "_batch", "_row"])
        schema = t.Schema(dataset.schema.fields + SYSTEM_FIELDS)
        return self._computed(dataset, f"SELECT {columns} FROM {relation}", schema)

    def _computed(self, dataset: Dataset, query: str, schema: t.Schema) -> list[StagedFile]:
        """Write what may be computed only now. Raises ParkDataset where that fails."""
        try:
            return self._write(dataset.name, query, schema, dataset.partition_by)
        except (InterruptedQuery, *ResourceErrors):
            raise
        except ExecutionError as error:
            raise ParkDataset(dataset.name, "query", str(error).strip().splitlines()[0]) from error

    def _write(
        self, name: str, query: str, schema: t.Schema, partition_by: Sequence[str]
    ) -> list[StagedFile]:
        folder = self._doors.tables.folder(name)
        stem = f"{self._n}-{self._attempt}"
        files = stage(self._doors.connection, query, folder, stem, schema, partition_by)
        sync_files(folder, files)
        return files

    def _add(
        self,
        name: str,
        files: Sequence[StagedFile],
        partition_by: Sequence[str],
        remove: Sequence[StagedFile] = (),
    ) -> None:
        self.changes[name] = TableChange(
            self._last.get(name), tuple(files), tuple(remove), partition_by=tuple(partition_by)
        )


def sync_files(folder: Path, files: Sequence[StagedFile]) -> None:
    """Sync staged files, and the folders that name them."""
    folders = {folder}
    for file in files:
        sync(folder / file.path)
        parent = (folder / file.path).parent
        while parent != folder:
            folders.add(parent)
            parent = parent.parent
    for path in sorted(folders, reverse=True):
        sync(path)


def drop_relations(connection: Connection) -> None:
    """Forget the temporary relations of a batch, in one call."""
    rows = connection.execute(
        "SELECT 'VIEW', view_name FROM duckdb_views() WHERE database_name = 'temp' AND NOT internal "
        "UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables() WHERE database_name = 'temp'"
    ).fetchall()
    if rows:
        connection.execute("; ".join(f"DROP {kind} IF EXISTS {quote(name)}" for kind, name in rows))
