"""Plans and times of an undisturbed run, to be carried out again by the disturbed ones."""

from __future__ import annotations

from pathlib import Path

from tailrace.lake.batch_log import BatchLog
from tailrace.model.batch import Decision


def recorded(lake: Path) -> dict[int, Decision]:
    """The decisions of a lake's batch log, by number."""
    return {decision.n: decision for decision in BatchLog(lake / "_tailrace" / "batches").decisions()}
