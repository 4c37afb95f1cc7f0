"""Seals: finished batches folded into `sealed/<from>-<to>.parquet`, a row each.

Columns: `n BIGINT, component STRING, kind STRING, planned_us BIGINT, decision STRING` (the decision's JSON).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from arro3.core import Array, DataType, Table
from arro3.io import read_parquet, write_parquet

from tailrace.lake.batch_log import LOST_HINT, BatchLog
from tailrace.lake.sync import replace_synced
from tailrace.model.batch import Decision
from tailrace.model.errors import Stop

KEEP_BATCHES = 1_000
KEEP_US = 3_600 * 1_000_000


def seal_old(log: BatchLog, now_us: int) -> int:
    """Fold batches older than the newest 1,000 and than an hour; returns how many.

    The newest batch of every component stays, so that a start reads it from its own file.
    """
    numbers = log.numbers()
    old = numbers[:-KEEP_BATCHES] if len(numbers) > KEEP_BATCHES else []
    decisions: list[Decision] = []
    for n in old:
        decision = log.read(n)
        if now_us - decision.planned_us < KEEP_US:
            break
        decisions.append(decision)
    if not decisions:
        return 0
    write_seal(log, decisions)
    log.remove([decision.n for decision in decisions])
    return len(decisions)


def write_seal(log: BatchLog, decisions: Sequence[Decision], low: int | None = None) -> Path:
    """Write the seal of these decisions, ascending, durably. `low` where it covers lost numbers too."""
    first = decisions[0].n if low is None else low
    table = Table.from_pydict(
        {
            "n": Array([d.n for d in decisions], DataType.int64()),
            "component": Array([d.component for d in decisions], DataType.string()),
            "kind": Array([d.kind for d in decisions], DataType.string()),
            "planned_us": Array([d.planned_us for d in decisions], DataType.int64()),
            "decision": Array([d.to_bytes().decode() for d in decisions], DataType.string()),
        }
    )
    buffer = io.BytesIO()
    write_parquet(table, buffer)
    path = log.sealed_folder / f"{first}-{decisions[-1].n}.parquet"
    replace_synced(path, buffer.getvalue())
    return path


def sealed_decisions(log: BatchLog) -> Iterator[Decision]:
    """Every sealed decision, ascending."""
    for low, high in log.seals():
        table = read_parquet(str(log.sealed_folder / f"{low}-{high}.parquet")).read_all()
        for text in table.column("decision").to_pylist():
            yield Decision.from_bytes(text.encode())


def sealed_decision(log: BatchLog, n: int) -> Decision:
    """Batch n from its seal. Raises Stop if no seal holds it."""
    for decision in sealed_decisions(log):
        if decision.n == n:
            return decision
    raise Stop(f"Batch {n} is neither in {log.folder} nor sealed.", hint=LOST_HINT)
