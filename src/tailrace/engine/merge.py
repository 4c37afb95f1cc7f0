"""One merge of small files beside the batches: the file is written in a thread, and committed between batches.

Until the commit nothing names the new file. If one of the merged files is no longer in the table by then, the
new one is removed and nothing happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from tailrace.duck.compact import compact
from tailrace.duck.connection import ExecutionError, connect
from tailrace.engine.stage import sync_files
from tailrace.lake import schema as delta_schema
from tailrace.lake.tables import Table
from tailrace.model.batch import StagedFile

MEMORY = "512MB"


class Merge:
    """Files of one partition of a table on their way to be one."""

    def __init__(
        self,
        thread: ThreadPoolExecutor,
        table: Table,
        files: Sequence[StagedFile],
        target: str,
        partition_values: Mapping[str, str | None],
    ) -> None:
        self._table, self._files, self._target = table, tuple(files), target
        self._schema, self._values = delta_schema.from_json(table.schema()), dict(partition_values)
        self._written: Future[StagedFile] = thread.submit(self._write)

    @property
    def is_written(self) -> bool:
        """Whether `commit` need not wait."""
        return self._written.done()

    def commit(self) -> bool:
        """Put the new file in the place of the old ones; False if they are no longer there, or it could not be
        written: the batches need no merge, and where nothing runs beside, the failure is told."""
        try:
            new = self._written.result()
        except (ExecutionError, OSError):
            self.forget()
            return False
        self._table.refresh()
        there = {file.path for file in self._table.files()}
        if not all(file.path in there for file in self._files):
            self.forget()
            return False
        self._table.rewrite([new], self._files)
        return True

    def forget(self) -> None:
        """Wait for the thread, and remove what it wrote."""
        self._written.exception()
        (self._table.folder / self._target).unlink(missing_ok=True)

    def _write(self) -> StagedFile:
        connection = connect(threads=1, memory_limit=MEMORY)
        try:
            new = compact(
                connection, self._table.folder, self._files, self._target, self._schema, self._values
            )
        finally:
            connection.close()
        sync_files(self._table.folder, [new])
        return new
