"""What may be lost, and what is still true then (PROTOCOL, section 8)."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tailrace.engine import fsck
from tailrace.engine.commands import Command
from tailrace.engine.commands import send as send_command
from tailrace.engine.recover import check_tables, standing_from_log
from tailrace.lake.tables import Tables
from tailrace.ledger.store import Ledger
from tailrace.model.account import EdgeAccount
from tailrace.model.clock import SystemClock
from tailrace.model.errors import AnotherRunner, EnvironmentFailure, Stop
from tailrace.project.load import resolve_paths
from tailrace.project.settings import Settings
from tailrace.proof.compare import compare_lakes
from tailrace.runtime.doors import open_doors
from tailrace.testing.power import cut_power

from .lake import batch_log, rows, send
from .pipelines import TOPIC
from .runner import run
from .test_behind import numbered


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "tests.engine.runner", str(folder), "numbers", *more]


def child(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *more), capture_output=True, text=True, timeout=120, check=False)


def check(folder: Path) -> list[fsck.Finding]:
    """What fsck finds wrong."""
    with open_doors(folder, resolve_paths(folder, Settings())) as doors:
        return [finding for finding in fsck.check(doors) if finding.problem]


@pytest.mark.parametrize("point", ["staged", "decided", "commit-some", "committed", "finished", "told"])
def test_after_a_power_cut_everything_decided_is_there(point: str, tmp_path: Path) -> None:
    send(tmp_path, *range(100))
    shadow = tmp_path / "shadow"
    killed = child(tmp_path, "--fault", f"{point}:2", "--shadow", str(shadow))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    cut_power(tmp_path / "lake", shadow)
    assert run(tmp_path).exit_code == 0
    assert rows(tmp_path, "bronze.raw", "offset") == numbered(100)
    assert rows(tmp_path, "silver.ids", "id") == numbered(100)
    assert check(tmp_path) == []


def test_two_runners_with_their_own_state_never_double_a_row(tmp_path: Path) -> None:
    send(tmp_path, *range(400))
    log = str(tmp_path / ".tailrace" / "log")
    racing = [
        subprocess.Popen(
            command(tmp_path, "--log", log, "--data", str(tmp_path / f"data{i}"), "--attempt", f"r{i}"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in racing]
    losers = [text for process, text in zip(racing, said, strict=True) if process.returncode]
    assert all("another runner" in text or "AnotherRunner" in text for text in losers), losers
    assert run(tmp_path).exit_code == 0
    assert rows(tmp_path, "bronze.raw", "offset") == numbered(400)
    assert rows(tmp_path, "silver.ids", "id") == numbered(400)
    assert check(tmp_path) == []


def test_a_second_runner_on_the_same_state_is_told_who_holds_it(tmp_path: Path) -> None:
    paths = resolve_paths(tmp_path, Settings())
    with open_doors(tmp_path, paths), pytest.raises(AnotherRunner, match=r"Another runner \(pid \d+\)"):
        run(tmp_path)


def test_a_lost_ledger_is_rebuilt_from_the_batch_log(tmp_path: Path) -> None:
    send(tmp_path, *range(50))
    run(tmp_path)
    for path in (tmp_path / ".tailrace").glob("ledger.sqlite*"):
        path.unlink()
    send(tmp_path, 50)
    run(tmp_path)
    ledger = Ledger(tmp_path / ".tailrace" / "ledger.sqlite", read_only=True)
    assert ledger.newest() == batch_log(tmp_path).newest()
    assert set(ledger.snapshot()) >= {"bronze.raw", "silver.ids", "gold.counts"}
    ledger.close()
    assert rows(tmp_path, "bronze.raw", "offset") == numbered(51)


def test_lost_state_is_brought_back(tmp_path: Path) -> None:
    send(tmp_path, *range(50))
    run(tmp_path)
    shutil.rmtree(tmp_path / ".tailrace" / "state")
    send(tmp_path, 50)
    assert run(tmp_path).exit_code == 0
    assert rows(tmp_path, "silver.ids", "id") == numbered(51)


def test_a_table_put_back_from_a_copy_stops_the_engine(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    shutil.copytree(tmp_path / "lake" / "silver", tmp_path / "copy")
    send(tmp_path, 10)
    run(tmp_path)
    shutil.rmtree(tmp_path / "lake" / "silver")
    shutil.copytree(tmp_path / "copy", tmp_path / "lake" / "silver")
    with pytest.raises(Stop, match="Table silver.ids is older than batch"):
        run(tmp_path)


def test_a_missing_table_stops_the_engine(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    shutil.rmtree(tmp_path / "lake" / "bronze")
    with pytest.raises(Stop, match="bronze.raw is missing"):
        run(tmp_path)


def test_a_lost_batch_log_stops_until_fsck_rebuilds_it_and_then_nothing_is_read_twice(
    tmp_path: Path,
) -> None:
    send(tmp_path, *range(10), b"bad")
    run(tmp_path)
    before = batch_log(tmp_path).newest()
    shutil.rmtree(tmp_path / "lake" / "_tailrace" / "batches")
    send(tmp_path, 10)
    with pytest.raises(Stop, match="fsck --rebuild"):
        run(tmp_path)
    with open_doors(tmp_path, resolve_paths(tmp_path, Settings())) as doors:
        m = fsck.rebuild(doors)
        with pytest.raises(Stop, match="is not lost"):
            fsck.rebuild(doors)
    assert m >= before
    assert run(tmp_path).exit_code == 0
    assert rows(tmp_path, "silver.ids", "id") == numbered(11)
    assert len(rows(tmp_path, "_tailrace.rejected")) == 1
    assert batch_log(tmp_path).numbers()[0] == m + 1


def test_a_topic_that_is_another_one_halts_until_it_is_reset(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    shutil.rmtree(tmp_path / ".tailrace" / "log" / TOPIC)
    send(tmp_path, 100, 101)
    summary = run(tmp_path)
    assert summary.exit_code == 1
    assert "is another one" in summary.halted["bronze.raw"]
    send_command(tmp_path / ".tailrace", Command("reset", TOPIC, "earliest", True), "1")
    assert run(tmp_path).exit_code == 0
    assert rows(tmp_path, "silver.ids", "id") == [*numbered(10), (100,), (101,)]
    reset = next(d for d in batch_log(tmp_path).decisions() if d.kind == "reset")
    (account,) = reset.accounts
    assert isinstance(account, EdgeAccount)
    assert account.unknown == ("gap",)


def test_a_file_that_a_loser_staged_is_removed_only_once_its_number_is_decided(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    folder = tmp_path / "lake" / "bronze" / "raw"
    newest = batch_log(tmp_path).newest()
    loser = folder / f"{newest}-loser-0.parquet"
    undecided = folder / f"{newest + 1}-other-0.parquet"
    for path in (loser, undecided):
        path.write_bytes(b"staged")
    run(tmp_path)
    assert not loser.exists()
    assert undecided.exists()


def test_fsck_sees_a_file_that_is_gone(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    assert check(tmp_path) == []
    next((tmp_path / "lake" / "bronze" / "raw").glob("*.parquet")).unlink()
    assert [(f.subject, f.check) for f in check(tmp_path)] == [("bronze.raw", "1 files are whole")]


def test_comparing_lakes_sees_one_row_that_is_missing(tmp_path: Path) -> None:
    for name, count in (("a", 10), ("b", 9)):
        send(tmp_path / name, *range(count))
        run(tmp_path / name)
    tables = [Tables(tmp_path / name / "lake", "", SystemClock()) for name in ("a", "b")]
    subjects = {difference.subject for difference in compare_lakes(*tables)}
    assert subjects == {"bronze.raw", "silver.ids", "gold.counts"}


def test_a_runner_that_is_overtaken_while_it_starts_is_told_that_there_is_another(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    with open_doors(tmp_path, resolve_paths(tmp_path, Settings())) as doors:
        standing = standing_from_log(doors, doors.batch_log.newest())
    send(tmp_path, *range(10, 20))
    run(tmp_path)
    told = pytest.raises(AnotherRunner, match="has decided batches after it")
    with open_doors(tmp_path, resolve_paths(tmp_path, Settings())) as doors, told:
        check_tables(doors, standing)


def test_fsck_says_that_the_batch_log_is_lost(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    shutil.rmtree(tmp_path / "lake" / "_tailrace" / "batches")
    (finding,) = check(tmp_path)
    assert finding.subject == "batch log"
    assert "fsck --rebuild" in (finding.problem or "")


def test_a_commit_that_cannot_be_read_is_a_finding_and_stops_the_engine(tmp_path: Path) -> None:
    send(tmp_path, *range(10))
    run(tmp_path)
    (tmp_path / "lake" / "bronze" / "raw" / "_delta_log" / f"{0:020}.json").write_text("{}x")
    assert [f.subject for f in check(tmp_path) if "cannot be read" in (f.problem or "")] == ["bronze.raw"]
    with pytest.raises(Stop, match=r"Delta log of table bronze\.raw .* cannot be read"):
        run(tmp_path)


def test_a_ledger_on_a_full_disk_or_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(EnvironmentFailure, match="ledger"):
        Ledger(tmp_path / "folder")
    (tmp_path / "other").write_bytes(b"x" * 5_000)
    with pytest.raises(Stop, match="ledger"):
        Ledger(tmp_path / "other")
