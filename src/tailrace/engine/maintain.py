"""Maintenance between batches, after step 8: checkpoints, compaction, vacuum, seals, log retention.

Nothing here changes a row. When a batch has just had work to do, only what is quick is done, a table at a time:
small files are merged beside the batches, for a stream that never rests would never be looked after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tailrace.duck.compact import compact
from tailrace.engine.doors import Doors
from tailrace.engine.merge import Merge
from tailrace.engine.stage import sync_files
from tailrace.engine.standing import Standing, edges, flow_key
from tailrace.lake import schema as delta_schema
from tailrace.lake.sealed import seal_old
from tailrace.lake.tables import Table
from tailrace.model import faults
from tailrace.model.batch import Position, StagedFile
from tailrace.project.compiled import CompiledProject
from tailrace.sql.compiled import TableInput, TopicInput


@dataclass(frozen=True)
class Policy:
    """When maintenance acts. Times in seconds, sizes in bytes."""

    checkpoint_commits: int = 20
    compact_files: int = 32
    small_file: int = 16 * 1024 * 1024
    merged_file: int = 128 * 1024 * 1024
    keep_removed_hours: int = 24
    keep_removed_view_hours: int = 1
    keep_commits: int = 3_600
    slow_every: float = 60.0


class Maintenance:
    """Keeps tables, batch log and log small."""

    def __init__(self, doors: Doors, policy: Policy | None = None) -> None:
        self._doors = doors
        self._policy = policy or Policy()
        self._slow_at: float | None = None
        self._beside_at: float | None = None
        self._waiting: list[str] = []
        self._merge: Merge | None = None
        self._thread = ThreadPoolExecutor(1, "merge")

    def close(self) -> None:
        """Let go of a merge that is on its way."""
        if self._merge is not None:
            self._merge.forget()
            self._merge = None
        self._thread.shutdown()

    def run(self, project: CompiledProject, standing: Standing, busy: bool) -> None:
        """One round; cheap when there is nothing to do."""
        for name in standing.last:
            table = self._doors.tables.table(name)
            if table.commits_since_checkpoint() >= self._policy.checkpoint_commits:
                table.checkpoint()
                faults.reach("maintained")
        if busy:
            self._beside(project, standing)
        elif self._is_time(self._slow_at):
            self._slow_at = self._doors.clock.monotonic()
            self.slow(project, standing)

    def _is_time(self, last: float | None) -> bool:
        return last is None or self._doors.clock.monotonic() - last >= self._policy.slow_every

    def _beside(self, project: CompiledProject, standing: Standing) -> None:
        """One table a round, while the batches go on."""
        if self._merge is not None and not self._merge.is_written:
            return
        self._commit_merge()
        if not self._waiting:
            if not self._is_time(self._beside_at):
                return
            self._beside_at = self._doors.clock.monotonic()
            self._waiting = list(standing.last)
            seal_old(self._doors.batch_log, self._doors.clock.now_us())
            self.retain_log(project, standing)
        table = self._doors.tables.table(self._waiting.pop(0))
        self._tidy(project, table)
        for target, values, chunk in self._mergeable(table):
            self._merge = Merge(self._thread, table, chunk, target, values)
            return

    def _commit_merge(self) -> None:
        """Commit the merge that is on its way, if there is one."""
        merge, self._merge = self._merge, None
        if merge is not None and merge.commit():
            faults.reach("maintained")

    def slow(self, project: CompiledProject, standing: Standing) -> None:
        """Compaction, vacuum, seals and retention, all at once."""
        self._commit_merge()
        for name in standing.last:
            table = self._doors.tables.table(name)
            self.compact_table(table)
            self._tidy(project, table)
        seal_old(self._doors.batch_log, self._doors.clock.now_us())
        self.retain_log(project, standing)

    def _tidy(self, project: CompiledProject, table: Table) -> None:
        """Delete files and commits that nobody needs any more."""
        dataset = project.datasets.get(table.name)
        is_view = dataset is not None and dataset.kind == "materialized_view"
        table.vacuum(self._policy.keep_removed_view_hours if is_view else self._policy.keep_removed_hours)
        table.trim_log(self._policy.keep_commits)

    def compact_table(self, table: Table) -> int:
        """Merge the small files of each partition that has too many; returns how many went."""
        merged = 0
        for target, values, chunk in list(self._mergeable(table)):
            schema = delta_schema.from_json(table.schema())
            new = compact(self._doors.connection, table.folder, chunk, target, schema, values)
            sync_files(table.folder, [new])
            table.rewrite([new], chunk)
            merged += len(chunk)
            faults.reach("maintained")
        return merged

    def _mergeable(self, table: Table) -> Iterator[tuple[str, dict[str, str | None], list[StagedFile]]]:
        """Small files of one partition that has too many: the new file's path, the partition's values, the files."""
        table.refresh()
        groups: dict[tuple[tuple[str, str | None], ...], list[StagedFile]] = defaultdict(list)
        for file in table.files():
            if file.size < self._policy.small_file:
                groups[tuple(sorted(file.partition_values.items()))].append(file)
        version, number = table.version(), 0
        for values, files in groups.items():
            if len(files) < self._policy.compact_files:
                continue
            parent = files[0].path.rpartition("/")[0]
            for chunk in chunks(files, self._policy.merged_file):
                name = f"compact-{version}-{number}.parquet"
                yield f"{parent}/{name}" if parent else name, dict(values), chunk
                number += len(chunk)

    def retain_log(self, project: CompiledProject, standing: Standing) -> None:
        """Let topics forget what no reader still needs."""
        protect: dict[str, dict[int, int]] = {}
        for dataset in project.datasets.values():
            for flow in dataset.flows:
                known = standing.flows.get(flow_key(dataset.name, flow.name))
                for edge, branch in edges(flow):
                    position = known.inputs.get(edge) if known else None
                    if isinstance(branch.input, TopicInput):
                        _protect(protect, branch.input.topic, position)
                    elif isinstance(branch.input, TableInput) and position:
                        _protect_via(protect, project, position)
        for topic, offsets in protect.items():
            if topic in self._doors.log.topics():
                self._doors.log.retention(topic, offsets)


def chunks(files: Sequence[StagedFile], size_max: int) -> list[list[StagedFile]]:
    """The files by batch, in runs of at most `size_max` bytes; a run of one file is left out."""
    runs: list[list[StagedFile]] = []
    total = 0
    for file in sorted(files, key=_batch_of):
        if not runs or total + file.size > size_max:
            runs.append([])
            total = 0
        runs[-1].append(file)
        total += file.size
    return [run for run in runs if len(run) > 1]


def _batch_of(file: StagedFile) -> tuple[int, str]:
    """Batch n of a file `<n>-<attempt>-<i>.parquet`; merged files hold older rows and come first."""
    name = file.path.rpartition("/")[2]
    number = name.partition("-")[0]
    return (int(number) if number.isdigit() else 0, name)


def _protect(protect: dict[str, dict[int, int]], topic: str, position: Position | None) -> None:
    known = protect.setdefault(topic, {})
    offsets = {int(p): o for p, o in position["offsets"].items()} if position else {0: 0}
    for partition, offset in offsets.items():
        known[partition] = min(known.get(partition, offset), offset)


def _protect_via(protect: dict[str, dict[int, int]], project: CompiledProject, position: Position) -> None:
    """Positions of a reader of temporary views: they may be behind the view's own."""
    for inputs in position.get("via", {}).values():
        for edge, inner in inputs.items():
            if edge.startswith("topic:"):
                _protect(protect, edge.removeprefix("topic:").partition("#")[0], inner)
            else:
                _protect_via(protect, project, inner)
