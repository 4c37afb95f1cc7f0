"""The measure itself: it runs, loses no row, and its records are the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tailrace.cli.main import run
from tailrace.model.errors import DataError
from tailrace.proof import bench

EVENTS = 2_000


def test_records_depend_on_the_seed_and_nothing_else() -> None:
    one = list(bench.blocks(EVENTS, 7))
    assert one == list(bench.blocks(EVENTS, 7))
    assert one != list(bench.blocks(EVENTS, 8))
    first = json.loads(one[0][0])
    assert first["date_time"] == "2026-01-05 08:00:00"
    assert (first["pid"] is None) == (first["category"] != "products")
    assert sum(map(len, one)) == EVENTS


def test_a_run_is_measured_and_can_be_measured_again(tmp_path: Path) -> None:
    folder = tmp_path / "weblogs"
    bench.make_bench_project(folder)
    bench.fill(folder, EVENTS, 1)
    first = bench.measure(folder, EVENTS)
    assert first.batches >= 2
    assert 0 < first.seconds < 60
    assert 0 < first.memory_mb < 4_096
    bench.forget_results(folder)
    assert not (folder / "lake").exists()
    assert bench.measure(folder, EVENTS).batches == first.batches


def test_missing_rows_are_no_result(tmp_path: Path) -> None:
    folder = tmp_path / "weblogs"
    bench.make_bench_project(folder)
    bench.fill(folder, EVENTS, 1)
    with pytest.raises(DataError, match="The topic has 2001 records, bronze 2000"):
        bench.measure(folder, EVENTS + 1)


def test_the_verb_answers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--events", str(EVENTS), "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["events"] == EVENTS
    assert row["events_per_second"] > 0
