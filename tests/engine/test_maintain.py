"""Maintenance keeps tables and topics small and never changes a row."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tailrace.engine.maintain import Maintenance, Policy, chunks
from tailrace.engine.merge import Merge
from tailrace.engine.recover import standing_from_log
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.batch import StagedFile
from tailrace.model.clock import SystemClock
from tailrace.project.load import resolve_paths
from tailrace.project.settings import Settings
from tailrace.runtime.doors import open_doors

from . import pipelines
from .lake import batch_log, rows, send
from .pipelines import TOPIC
from .runner import run

EAGER = Policy(checkpoint_commits=3, compact_files=4, keep_removed_hours=0, keep_removed_view_hours=0)


def look_after(folder: Path, policy: Policy = EAGER) -> None:
    with open_doors(folder, resolve_paths(folder, Settings())) as doors:
        standing = standing_from_log(doors, doors.batch_log.newest())
        maintenance = Maintenance(doors, policy)
        maintenance.run(pipelines.numbers(), standing, busy=True)
        maintenance.slow(pipelines.numbers(), standing)
        maintenance.close()


def files(folder: Path, table: str) -> list[str]:
    return [path.name for path in (folder / "lake" / table.replace(".", "/")).rglob("*.parquet")]


def test_compaction_and_vacuum_leave_every_row_where_it_was(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    run(tmp_path, rows_max=40)
    before = {name: rows(tmp_path, name) for name in ("bronze.raw", "silver.ids")}
    assert len([n for n in files(tmp_path, "bronze.raw") if n[0].isdigit() and "checkpoint" not in n]) >= 10
    look_after(tmp_path)
    assert {name: rows(tmp_path, name) for name in before} == before
    assert [n.partition("-")[0] for n in files(tmp_path, "bronze.raw") if "checkpoint" not in n] == [
        "compact"
    ]
    send(tmp_path, 400)
    assert run(tmp_path).exit_code == 0
    assert len(rows(tmp_path, "silver.ids")) == 401


def merged(folder: Path) -> set[str]:
    """The first words of the data files' names: `compact`, or the numbers of batches."""
    names = [name for table in ("bronze.raw", "silver.ids") for name in files(folder, table)]
    return {name.partition("-")[0] for name in names if "checkpoint" not in name}


def test_a_stream_that_never_rests_is_looked_after_beside_its_batches(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    run(tmp_path, rows_max=40)
    before = {name: rows(tmp_path, name) for name in ("bronze.raw", "silver.ids")}
    with open_doors(tmp_path, resolve_paths(tmp_path, Settings())) as doors:
        standing = standing_from_log(doors, doors.batch_log.newest())
        maintenance = Maintenance(doors, replace(EAGER, slow_every=0))
        for _ in range(1_000):  # rounds of a busy engine; a merge is done when its thread is
            maintenance.run(pipelines.numbers(), standing, busy=True)
            if merged(tmp_path) == {"compact"}:
                break
        maintenance.close()
    assert merged(tmp_path) == {"compact"}
    assert {name: rows(tmp_path, name) for name in before} == before


def test_a_merge_whose_files_are_gone_by_then_leaves_nothing(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    run(tmp_path, rows_max=40)
    before = rows(tmp_path, "bronze.raw")
    with open_doors(tmp_path, resolve_paths(tmp_path, Settings())) as doors, ThreadPoolExecutor(1) as thread:
        table = doors.tables.table("bronze.raw")
        chunk = table.files()
        beside = Merge(thread, table, chunk, "compact-beside.parquet", {})
        assert Maintenance(doors, EAGER).compact_table(table) == len(chunk)
        assert not beside.commit()
    assert not (table.folder / "compact-beside.parquet").exists()
    assert rows(tmp_path, "bronze.raw") == before


def test_a_merge_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    run(tmp_path, rows_max=40)
    before = rows(tmp_path, "bronze.raw")
    with open_doors(tmp_path, resolve_paths(tmp_path, Settings())) as doors, ThreadPoolExecutor(1) as thread:
        table = doors.tables.table("bronze.raw")
        missing = replace(table.files()[0], path="missing.parquet")
        assert not Merge(thread, table, [*table.files(), missing], "compact-beside.parquet", {}).commit()
    assert not (table.folder / "compact-beside.parquet").exists()
    assert rows(tmp_path, "bronze.raw") == before


def test_a_checkpoint_is_written_after_some_commits(tmp_path: Path) -> None:
    send(tmp_path, *range(200))
    run(tmp_path, rows_max=40)
    look_after(tmp_path)
    log = tmp_path / "lake" / "bronze" / "raw" / "_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))
    assert (log / "_last_checkpoint").exists()


def test_a_long_log_is_trimmed_up_to_a_checkpoint_and_the_table_stays_readable(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    run(tmp_path, rows_max=20)
    before = rows(tmp_path, "silver.ids")
    look_after(tmp_path, replace(EAGER, keep_commits=5))
    log = tmp_path / "lake" / "silver" / "ids" / "_delta_log"
    assert len(list(log.glob("[0-9]*.json"))) <= 8
    assert rows(tmp_path, "silver.ids") == before
    send(tmp_path, 400)
    assert run(tmp_path).exit_code == 0
    assert len(rows(tmp_path, "silver.ids")) == 401


def test_removed_files_are_kept_as_long_as_a_reader_may_use_them(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    run(tmp_path, rows_max=40)
    look_after(tmp_path, replace(EAGER, keep_removed_hours=24))
    assert len([n for n in files(tmp_path, "bronze.raw") if n[0].isdigit() and "checkpoint" not in n]) >= 10


def test_a_topic_forgets_only_what_every_reader_has_taken(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / ".tailrace" / "log", SystemClock())
    log.create(TOPIC, 1, retention_bytes=1)
    send(tmp_path, *range(10))
    log.seal(TOPIC, 0)
    send(tmp_path, *range(10, 20))
    log.seal(TOPIC, 0)
    run(tmp_path)
    send(tmp_path, *range(20, 30))
    log.seal(TOPIC, 0)
    send(tmp_path, 30)
    look_after(tmp_path)
    assert log.begin_offsets(TOPIC) == {0: 20}
    run(tmp_path)
    assert len(rows(tmp_path, "silver.ids")) == 31


def test_a_kill_during_maintenance_loses_nothing(tmp_path: Path) -> None:
    """Forty small files: the run compacts and checkpoints at its end, and is killed right after."""
    send(tmp_path, *range(1_400))
    command = [
        sys.executable,
        "-m",
        "tests.engine.runner",
        str(tmp_path),
        "numbers",
        "--fault",
        "maintained:1",
    ]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert run(tmp_path).exit_code == 0
    assert [offset for (offset,) in rows(tmp_path, "bronze.raw", "offset")] == list(range(1_400))
    assert len(rows(tmp_path, "silver.ids")) == 1_000
    send(tmp_path, 7)
    assert run(tmp_path).exit_code == 0
    assert len(rows(tmp_path, "silver.ids")) == 1_001


def test_files_are_merged_by_batch_into_files_of_a_bounded_size() -> None:
    files = [StagedFile(f"p=1/{n}-a-0.parquet", 40, 1) for n in (12, 3, 7, 1)]
    merged = StagedFile("p=1/compact-9-0.parquet", 50, 1)
    found = [[file.path[4:] for file in chunk] for chunk in chunks([*files, merged], 100)]
    assert found == [["compact-9-0.parquet", "1-a-0.parquet"], ["3-a-0.parquet", "7-a-0.parquet"]]


def test_young_batches_keep_their_own_files(tmp_path: Path) -> None:
    send(tmp_path, *range(100))
    run(tmp_path)
    numbers = batch_log(tmp_path).numbers()
    look_after(tmp_path)
    assert batch_log(tmp_path).numbers() == numbers
