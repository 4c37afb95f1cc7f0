"""SIGKILL at every step: what recovers is a new process, and what it leaves is what an undisturbed run
left, `_batch` and `_row`, accounts and standings included."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tailrace.lake.batch_log import BatchLog
from tailrace.lake.tables import Tables
from tailrace.log.contract import Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
from tailrace.model.faults import POINTS
from tailrace.proof.compare import compare_lakes, compare_logs

from .pipelines import TOPIC
from .runner import run

ROWS = 100
POINTS_OF_A_BATCH = [point for point in POINTS if point != "maintained"]


def write_topic(folder: Path) -> None:
    """A hundred and twenty records: numbers, blanks, nonsense, bad UTF-8, one too large for the rule."""
    log = EmbeddedLog(folder, SystemClock())
    log.create(TOPIC, 1)
    values = [b"%d" % i for i in range(ROWS)] + [b"", b"nonsense", b"\xff\xfe", b"5000"] * 5
    log.append(TOPIC, 0, [Record(None, value) for value in values])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that ran to its end without any disturbance; its topic is in `.tailrace/log`."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_topic(folder / ".tailrace" / "log")
    assert run(folder).exit_code == 0
    return folder


def child(folder: Path, undisturbed: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.engine.runner", str(folder), "numbers"]
    command += ["--log", str(undisturbed / ".tailrace" / "log"), "--script", str(undisturbed / "lake")]
    return subprocess.run([*command, *more], capture_output=True, text=True, timeout=60, check=False)


def same_as(undisturbed: Path, folder: Path) -> list[object]:
    clock = SystemClock()
    wanted, found = (Tables(path / "lake", "any", clock) for path in (undisturbed, folder))
    logs = [BatchLog(path / "lake" / "_tailrace" / "batches") for path in (undisturbed, folder)]
    return [*compare_lakes(wanted, found), *compare_logs(*logs)]


@pytest.mark.parametrize("occurrence", [1, 3])
@pytest.mark.parametrize("point", POINTS_OF_A_BATCH)
def test_a_kill_at_any_step_changes_nothing(
    point: str, occurrence: int, undisturbed: Path, tmp_path: Path
) -> None:
    killed = child(tmp_path, undisturbed, "--fault", f"{point}:{occurrence}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    recovered = child(tmp_path, undisturbed, "--attempt", "r")
    assert recovered.returncode == 0, recovered.stderr
    assert same_as(undisturbed, tmp_path) == []


def test_a_second_run_with_nothing_new_takes_no_batch(undisturbed: Path) -> None:
    assert run(undisturbed).decisions == []
