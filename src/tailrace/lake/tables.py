"""Delta tables of a lake: the one door to `deltalake`.

Rules of this file. Each table has one handle, and everything goes through it: a commit through a path
string, or through a second handle, would not be fenced by the application transaction. A commit names
only files that are there already, and is one Delta version. Nothing is computed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from tailrace.lake.schema import delta_field, to_delta
from tailrace.lake.sync import make_folders, sync
from tailrace.model.batch import StagedFile, TableChange
from tailrace.model.clock import Clock
from tailrace.model.errors import AnotherRunner, Stop

_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class Table:
    """One Delta table and its handle. `name` is `schema.dataset`, or `_tailrace/...` for our own."""

    def __init__(self, name: str, folder: Path, lake_id: str, clock: Clock) -> None:
        self.name = name
        self.clock = clock
        self.folder = folder
        self.application = f"tailrace/{lake_id}/{name}"
        self._handle: DeltaTable | None = None

    def exists(self) -> bool:
        """Whether the table is in the lake."""
        return (self.folder / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(self.folder))

    def ensure(
        self, schema: Mapping[str, Any], partition_by: Iterable[str], comment: str | None = None
    ) -> None:
        """Create the table empty, without a transaction; one that is there already is no error."""
        if self._handle is None and not self.exists():
            make_folders(self.folder)
            DeltaTable.create(
                str(self.folder),
                to_delta(schema),
                mode="ignore",
                partition_by=list(partition_by),
                description=comment,
                configuration={"delta.checkpointPolicy": "classic"},
            )
            log = self.folder / "_delta_log"
            sync(log / f"{0:020}.json")
            sync(log)
            sync(self.folder)
        self.handle()

    def handle(self) -> DeltaTable:
        """The one handle, opened when first needed. Raises Stop if the table is not there."""
        if self._handle is None:
            try:
                self._handle = DeltaTable(str(self.folder))
            except TableNotFoundError:
                raise Stop(
                    f"Table {self.name} is missing in {self.folder}.",
                    hint="put it back from a copy; making it anew from its inputs is not executed yet",
                ) from None
            except DeltaError as error:
                raise self._unreadable(error) from error
        return self._handle

    def refresh(self) -> None:
        """Bring the handle to the newest version."""
        try:
            self.handle().update_incremental()
        except DeltaError as error:
            self._handle = None
            raise self._unreadable(error) from error

    def _unreadable(self, error: DeltaError) -> Stop:
        reason = str(error).partition("\n")[0].rstrip(".")
        return Stop(
            f"The Delta log of table {self.name} in {self.folder} cannot be read: {reason}.",
            hint="the next `tailrace run` mends a commit that a power failure cut off; "
            "otherwise put the table back from a copy",
        )

    def version(self) -> int:
        """The Delta version that the handle is at."""
        return int(self.handle().version())

    def transaction(self) -> int | None:
        """The batch that committed to the table last, as the handle sees it."""
        found = self.handle().transaction_version(self.application)
        return None if found is None else int(found)

    def transaction_of(self, lake_id: str) -> int | None:
        """The same for another lake id: of a lake that is only looked at."""
        found = self.handle().transaction_version(f"tailrace/{lake_id}/{self.name}")
        return None if found is None else int(found)

    def schema(self) -> dict[str, Any]:
        """The schema as Delta JSON."""
        value: dict[str, Any] = json.loads(self.handle().schema().to_json())
        return value

    def partition_by(self) -> list[str]:
        """The partition columns."""
        return list(self.handle().metadata().partition_columns)

    def commit(self, n: int, change: TableChange, metadata: str) -> bool:
        """Step 7 for this table: commit the change as batch n, or skip if n is there already.

        Returns whether a commit was made. Raises Stop if the table is not at batch `change.last`, and
        AnotherRunner if somebody else committed between the check and the commit.
        """
        self.refresh()
        found = self.transaction()
        if found == n:
            return False
        if found != change.last:
            raise self.out_of_step(change.last, found)
        properties = CommitProperties(
            app_transactions=[Transaction(self.application, n)], custom_metadata={"tailrace": metadata}
        )
        try:
            self._write(change, properties)
        except CommitFailedError as error:
            self._handle = None
            raise AnotherRunner(
                f"Table {self.name} was changed by someone else while batch {n} was committed ({error}).",
                hint="only one engine may run on a lake",
            ) from error
        self._sync_tip()
        return True

    def check(self, last: int | None) -> None:
        """Raise Stop unless batch `last` is the newest that committed to the table."""
        if last is None and not self.exists():
            return
        self.refresh()
        if self.transaction() != last:
            raise self.out_of_step(last, self.transaction())

    def out_of_step(self, expected: int | None, found: int | None) -> Stop:
        """The error for a table that is not where the batch log says."""
        if expected is None:
            message = f"Table {self.name} is at batch {found}, of which the batch log knows nothing."
        else:
            age = "older" if (found or 0) < expected else "newer"
            there = "no batch is in it" if found is None else f"it is at batch {found}"
            message = f"Table {self.name} is {age} than batch {expected}: {there}."
        return Stop(
            message,
            hint="put the right copy back; making it anew from its inputs is not executed yet",
        )

    def rewrite(self, add: Iterable[StagedFile], remove: Iterable[StagedFile]) -> None:
        """Replace files by others with the same rows (compaction): no transaction, no data change."""
        now_ms = self._now_ms()
        actions: list[AddAction | RemoveAction] = [_add(file, False, now_ms) for file in add]
        actions += [_remove(file, False, now_ms) for file in remove]
        handle = self.handle()
        handle.create_write_transaction(
            actions,
            "append",
            handle.schema(),
            partition_by=self.partition_by(),
            post_commithook_properties=_NO_HOOKS,
        )
        self._sync_tip()

    def files(self, version: int | None = None) -> list[StagedFile]:
        """The data files of the newest (or the given) version, partition values as text."""
        handle = self.handle()
        if version is not None and version != handle.version():
            handle = DeltaTable(str(self.folder), version=version)
        actions = handle.get_add_actions(flatten=False)
        return [_file(row) for row in _rows(actions)]

    def checkpoint(self) -> None:
        """Write a Delta checkpoint of the handle's version, synced.

        The table is opened anew when next needed, from that checkpoint: an old handle keeps every commit
        since it was opened, and each commit and each refresh then takes longer than the one before.
        """
        handle = self.handle()
        handle.create_checkpoint()
        log = self.folder / "_delta_log"
        for path in log.glob(f"{handle.version():020}.checkpoint*.parquet"):
            sync(path)
        sync(log / "_last_checkpoint")
        sync(log)
        self._handle = None

    def commits_since_checkpoint(self) -> int:
        """How many versions must be read to open the table anew."""
        pointer = self.folder / "_delta_log" / "_last_checkpoint"
        try:
            last = int(json.loads(pointer.read_text())["version"])
        except FileNotFoundError:
            last = 0
        return self.version() - last

    def trim_log(self, keep_commits: int) -> int:
        """Delete commit files and checkpoints that nobody opens any more; returns how many.

        The newest `keep_commits` versions stay, and everything from the last checkpoint on: without this a
        table that commits every second has 86,400 files in its log after a day, and lists them all.
        """
        log = self.folder / "_delta_log"
        oldest = min(self.version() - self.commits_since_checkpoint(), self.version() - keep_commits)
        gone = [path for path in log.iterdir() if path.name[:20].isdigit() and int(path.name[:20]) < oldest]
        for path in gone:
            path.unlink()
        return len(gone)

    def vacuum(self, keep_hours: int) -> None:
        """Delete files that were removed longer ago than that; never files that no commit ever named."""
        self.handle().vacuum(
            retention_hours=keep_hours, dry_run=False, enforce_retention_duration=False, full=False
        )

    def commit_metadata(self) -> list[str]:
        """What our commits carried as metadata, newest first: positions of components."""
        return [str(entry["tailrace"]) for entry in self.handle().history() if "tailrace" in entry]

    def _write(self, change: TableChange, properties: CommitProperties) -> None:
        handle = self.handle()
        if change.add_columns:
            handle.alter.add_columns(
                [delta_field(field) for field in change.add_columns], commit_properties=properties
            )
            return
        schema = to_delta(change.schema) if change.overwrite and change.schema else handle.schema()
        now_ms = self._now_ms()
        actions: list[AddAction | RemoveAction] = [_add(file, True, now_ms) for file in change.add]
        if not change.overwrite:
            actions += [_remove(file, True, now_ms) for file in change.remove]
        handle.create_write_transaction(
            actions,
            "overwrite" if change.overwrite else "append",
            schema,
            partition_by=list(change.partition_by) or None,
            commit_properties=properties,
            post_commithook_properties=_NO_HOOKS,
        )

    def _now_ms(self) -> int:
        return self.clock.now_us() // 1_000

    def _sync_tip(self) -> None:
        self.refresh()
        log = self.folder / "_delta_log"
        sync(log / f"{self.version():020}.json")
        sync(log)


class Tables:
    """All tables of a lake, each opened once."""

    def __init__(self, lake: Path, lake_id: str, clock: Clock) -> None:
        self.lake = lake
        self.clock = clock
        self.lake_id = lake_id
        self._open: dict[str, Table] = {}

    def table(self, name: str) -> Table:
        """The table of a dataset (`silver.web_logs`) or of ours (`_tailrace/rejected`)."""
        if name not in self._open:
            self._open[name] = Table(name, self.folder(name), self.lake_id, self.clock)
        return self._open[name]

    def folder(self, name: str) -> Path:
        """Where a table lies."""
        if name.startswith("_tailrace/"):
            return self.lake / name
        schema, dataset = name.split(".", 1)
        return self.lake / schema / dataset

    def names(self) -> list[str]:
        """Every table that is in the lake, ours included."""
        found = self.lake.glob("*/*/_delta_log")
        names = []
        for log in found:
            schema, dataset = log.parent.parent.name, log.parent.name
            names.append(f"{schema}/{dataset}" if schema == "_tailrace" else f"{schema}.{dataset}")
        return sorted(names)


def move_torn_tip(folder: Path, aside: Path) -> Path | None:
    """Move the newest commit file away if it is empty or cut off: it was never acknowledged.

    Returns where it went. Raises Stop if a commit below the tip is broken: that is damage, not a crash.
    """
    log = folder / "_delta_log"
    commits = sorted(log.glob("[0-9]*.json")) if log.is_dir() else []
    commits = [path for path in commits if path.stem.isdigit()]
    for path in commits[:-1]:
        if path.stat().st_size == 0:
            raise Stop(
                f"Delta commit {path} below the newest one is empty.", hint="put the table back from a copy"
            )
    if not commits or _is_whole(commits[-1]):
        return None
    make_folders(aside)
    target = aside / f"{folder.parent.name}.{folder.name}-{commits[-1].name}"
    commits[-1].replace(target)
    sync(log)
    sync(aside)
    if len(commits) == 1:
        log.rmdir()
        sync(folder)
    return target


def _is_whole(path: Path) -> bool:
    data = path.read_bytes()
    if not data.strip():
        return False
    try:
        for line in data.splitlines():
            json.loads(line)
    except ValueError:
        return False
    return True


def _add(file: StagedFile, data_change: bool, now_ms: int) -> AddAction:
    return AddAction(
        file.path,
        file.size,
        dict(file.partition_values),
        now_ms,
        data_change,
        json.dumps(file.stats, ensure_ascii=False),
    )


def _remove(file: StagedFile, data_change: bool, now_ms: int) -> RemoveAction:
    return RemoveAction(file.path, data_change, now_ms, file.size, dict(file.partition_values))


def _rows(actions: Any) -> list[dict[str, Any]]:
    columns = {name: actions.column(name).to_pylist() for name in actions.column_names}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _file(row: Mapping[str, Any]) -> StagedFile:
    partition = {key: _text(value) for key, value in (row.get("partition") or {}).items()}
    rows = row.get("num_records")
    # The log holds paths encoded; actions are wanted decoded, or a Remove silently removes nothing.
    return StagedFile(unquote(row["path"]), row["size_bytes"], -1 if rows is None else rows, partition)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
