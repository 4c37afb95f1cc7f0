"""Runs a hand-made pipeline in a process of its own: so that a fault point can end it by SIGKILL.

python -m tests.engine.runner FOLDER PIPELINE [--log DIR] [--data DIR] [--fault POINT:N] [--script LAKE]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from tailrace.engine.coordinator import Coordinator, Options, Summary
from tailrace.engine.plan import Limits
from tailrace.model import faults
from tailrace.project.load import resolve_paths
from tailrace.project.settings import Settings
from tailrace.proof.script import recorded
from tailrace.runtime.doors import open_doors
from tailrace.testing.power import keep_synced

from . import pipelines


def run(folder: Path, pipeline: str = "numbers", *, restarts: bool = False, **more: Any) -> Summary:
    """Everything that is available. `restarts`: in a new engine after each batch, until one has nothing."""
    if not restarts:
        return run_once(folder, pipeline, **more)
    while True:
        summary = run_once(folder, pipeline, batches_max=1, **more)
        if not summary.decisions:
            return summary


def run_once(
    folder: Path,
    pipeline: str = "numbers",
    *,
    log: Path | None = None,
    data: Path | None = None,
    script: Path | None = None,
    rows_max: int = 40,
    attempt: str = "a",
    batches_max: int | None = None,
) -> Summary:
    """Everything that is available, in batches of `rows_max`; at most `batches_max` of them."""
    paths = resolve_paths(folder, Settings())
    if data is not None:
        paths = replace(paths, data=data, state=data / "state", ledger=data / "ledger.sqlite")
    if log is not None:
        paths = replace(paths, log=log)
    numbers = count()
    with open_doors(folder, paths) as doors:
        coordinator = Coordinator(
            doors,
            getattr(pipelines, pipeline)(),
            Options(limits=Limits(rows_max)),
            lambda: f"{attempt}{next(numbers)}",
            script=recorded(script) if script else None,
        )
        if batches_max is not None:
            coordinator.stopping = lambda: coordinator.summary.batches >= batches_max
        try:
            coordinator.start()
            return coordinator.run_available()
        finally:
            coordinator.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("pipeline")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fault")
    parser.add_argument("--script", type=Path)
    parser.add_argument("--shadow", type=Path)
    parser.add_argument("--attempt", default="k")
    given = parser.parse_args()
    if given.shadow:
        keep_synced(given.folder / "lake", given.shadow)
    if given.fault:
        point, occurrence = given.fault.split(":")
        faults.arm(point, int(occurrence))
    summary = run(
        given.folder,
        given.pipeline,
        log=given.log,
        data=given.data,
        script=given.script,
        attempt=given.attempt,
    )
    return summary.exit_code


if __name__ == "__main__":
    sys.exit(main())
