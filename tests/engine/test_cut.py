"""The plan cuts by record time: an hour of backlog on uneven partitions is read in time order."""

from __future__ import annotations

from pathlib import Path

from tailrace.log.contract import Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock

from .lake import batch_log, rows
from .pipelines import TOPIC
from .runner import run

SECOND = 1_000_000
START = 1_700_000_000 * SECOND


def test_a_busy_partition_does_not_run_ahead_of_a_slow_one(tmp_path: Path) -> None:
    """Partition 0 has a record every second, partition 1 ten: cut by rows, the slow one would be read
    an hour ahead of the busy one after the first batch."""
    log = EmbeddedLog(tmp_path / ".tailrace" / "log", SystemClock())
    log.create(TOPIC, 2)
    log.append(TOPIC, 0, [Record(None, b"0", START + i * SECOND) for i in range(360)])
    log.append(TOPIC, 1, [Record(None, b"1", START + i * SECOND // 10) for i in range(3_600)])
    run(tmp_path, "only_raw", rows_max=400)
    ends = []
    for decision in batch_log(tmp_path).decisions():
        (read,) = decision.plan
        end = {int(p): o for p, o in read["end"].items()}
        ends.append((end[0], end[1] / 10))
    assert len(ends) > 5
    for slow_seconds, busy_seconds in ends[:-1]:
        assert abs(slow_seconds - busy_seconds) <= 1
    assert len(rows(tmp_path, "bronze.raw", "offset")) == 3_960


def test_an_idle_partition_holds_nobody_up(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / ".tailrace" / "log", SystemClock())
    log.create(TOPIC, 2)
    log.append(TOPIC, 1, [Record(None, b"1", START + i) for i in range(50)])
    run(tmp_path, "only_raw")
    assert len(rows(tmp_path, "bronze.raw")) == 50
