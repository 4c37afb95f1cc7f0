"""A failure of the environment is tried again and parks nothing."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from tailrace.engine.coordinator import RETRIES, Coordinator, Options
from tailrace.model.clock import SystemClock
from tailrace.model.errors import EnvironmentFailure
from tailrace.project.load import resolve_paths
from tailrace.project.settings import Settings
from tailrace.runtime.doors import open_doors
from tailrace.testing.clock import ManualClock

from . import pipelines
from .lake import rows, send


def run_with_broken_folder(folder: Path, mend_after: int | None) -> tuple[Coordinator, list[str]]:
    """Run while silver's folder is a file; it is mended after so many tries."""
    send(folder, *range(10))
    paths = resolve_paths(folder, Settings())
    numbers = count()
    told: list[str] = []
    with open_doors(folder, paths, ManualClock(SystemClock().now_us())) as doors:
        coordinator = Coordinator(doors, pipelines.numbers(), Options(), lambda: f"a{next(numbers)}")
        coordinator.start()
        blocked = folder / "lake" / "silver" / "ids" / "parity=even"
        blocked.write_text("in the way")

        def on_trouble(message: str) -> None:
            told.append(message)
            if len(told) == mend_after:
                blocked.unlink()

        coordinator.on_trouble = on_trouble
        try:
            coordinator.run_available()
        finally:
            coordinator.close()
        return coordinator, told


def test_the_batch_is_tried_again_until_the_disk_lets_it(tmp_path: Path) -> None:
    coordinator, told = run_with_broken_folder(tmp_path, mend_after=2)
    assert len(told) == 2
    assert coordinator.summary.parked == {}
    assert len(rows(tmp_path, "silver.ids")) == 10


def test_a_run_that_ends_gives_up_after_its_tries_and_nothing_happened(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure):
        run_with_broken_folder(tmp_path, mend_after=None)
    (tmp_path / "lake" / "silver" / "ids" / "parity=even").unlink()
    assert rows(tmp_path, "bronze.raw") == []
    assert len(RETRIES) == 4


def test_a_completion_that_the_disk_refused_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path, *range(10))
    numbers = count()
    told: list[str] = []
    with open_doors(
        tmp_path, resolve_paths(tmp_path, Settings()), ManualClock(SystemClock().now_us())
    ) as doors:
        finish, refused = doors.ledger.finish, iter([True, True, False])

        def full_twice(*given: object) -> None:
            if next(refused, False):
                raise EnvironmentFailure("The ledger: disk I/O error.")
            finish(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(doors.ledger, "finish", full_twice)
        coordinator = Coordinator(doors, pipelines.numbers(), Options(), lambda: f"a{next(numbers)}")
        coordinator.on_trouble = told.append
        coordinator.start()
        coordinator.run_available()
        coordinator.close()
        assert doors.ledger.newest() == coordinator.summary.decisions[-1]
    assert told
    assert len(rows(tmp_path, "silver.ids")) == 10
