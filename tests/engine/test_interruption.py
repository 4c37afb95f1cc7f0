"""What fails after somebody asked to stop is no failure: the batch was never decided."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tailrace.engine.coordinator import Coordinator, Options
from tailrace.engine.decide import Abandoned
from tailrace.engine.doors import Doors
from tailrace.project.compiled import CompiledProject
from tailrace.project.load import resolve_paths
from tailrace.project.settings import Settings
from tailrace.runtime.doors import open_doors

from . import pipelines
from .lake import batch_log, rows, send
from .runner import run


class LogStoppedInStep2:
    """A log during whose reads somebody asks to stop."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def read(self, *given: Any) -> Any:
        self._doors.interruption.asked = True
        return self._doors.log.read(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._doors.log, name)


def stopped_run(folder: Path, project: CompiledProject) -> None:
    numbers = count()
    with open_doors(folder, resolve_paths(folder, Settings())) as doors:
        stopped = replace(doors, log=LogStoppedInStep2(doors))
        coordinator = Coordinator(stopped, project, Options(), lambda: f"s{next(numbers)}")
        try:
            coordinator.start()
            coordinator.run_available()
        finally:
            coordinator.close()


@pytest.mark.parametrize("pipeline", ["numbers", "hopeless"])
def test_nothing_is_decided_and_nothing_parked_once_a_stop_was_asked(pipeline: str, tmp_path: Path) -> None:
    send(tmp_path, *range(200))
    with pytest.raises(Abandoned):
        stopped_run(tmp_path, getattr(pipelines, pipeline)())
    assert batch_log(tmp_path).newest() == 0
    run(tmp_path, pipeline)
    assert len(rows(tmp_path, "bronze.raw")) == 200
