"""Looks at a lake that an engine test left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from tailrace.lake.batch_log import BatchLog
from tailrace.log.contract import Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.batch import FlowStanding
from tailrace.model.clock import SystemClock

from .pipelines import TOPIC


def send(folder: Path, *values: bytes | int, topic: str = TOPIC, partition: int = 0) -> None:
    """Append records to a project's topic."""
    log = EmbeddedLog(folder / ".tailrace" / "log", SystemClock())
    if topic not in log.topics():
        log.create(topic, 1)
    log.append(topic, partition, [Record(None, v if isinstance(v, bytes) else b"%d" % v) for v in values])


def rows(folder: Path, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """A table's rows, as another reader sees them, sorted."""
    frame = pl.read_delta(str(folder / "lake" / table.replace(".", "/")))
    return sorted(frame.select(*columns).rows() if columns else frame.rows())


def rejected(folder: Path) -> list[tuple[Any, ...]]:
    """dataset, kind, rule, column, error of all rejected rows."""
    return rows(folder, "_tailrace.rejected", "dataset", "kind", "rule", "column", "error")


def batch_log(folder: Path) -> BatchLog:
    """The lake's batch log."""
    return BatchLog(folder / "lake" / "_tailrace" / "batches")


def standing(folder: Path, key: str) -> FlowStanding:
    """Where a flow stands after the newest batch that tells it."""
    found = [d.flows[key] for d in batch_log(folder).decisions() if key in d.flows]
    return found[-1]
