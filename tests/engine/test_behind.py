"""Datasets that are behind: added later, parked, resumed; bronze goes on, nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tailrace.engine.commands import Command
from tailrace.engine.commands import send as send_command
from tailrace.engine.coordinator import Summary
from tailrace.model.errors import ProjectErrors

from . import runner
from .lake import batch_log, rejected, rows, send, standing


@pytest.fixture(params=["one run", "a restart after each batch"])
def run(request: pytest.FixtureRequest) -> Callable[..., Summary]:
    """Every test in one go, and with a new engine after each batch."""
    return partial(runner.run, restarts=request.param != "one run")


def numbered(count: int, start: int = 0) -> list[tuple[int]]:
    return [(i,) for i in range(start, start + count)]


def test_a_dataset_added_later_catches_up_from_the_table_and_from_the_topic(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(100))
    run(tmp_path, "only_raw")
    send(tmp_path, *range(100, 130))
    summary = run(tmp_path, "ids_added")
    assert summary.exit_code == 0
    assert rows(tmp_path, "bronze.raw", "offset") == numbered(130)
    assert rows(tmp_path, "bronze.direct", "offset") == numbered(130)
    assert rows(tmp_path, "silver.ids", "id") == numbered(130)
    assert standing(tmp_path, "silver.ids").state == "current"
    send(tmp_path, 130)
    run(tmp_path, "ids_added")
    assert rows(tmp_path, "silver.ids", "id") == numbered(131)


@pytest.mark.parametrize("pipeline", ["only_latest", "latest_added"])
def test_where_a_flow_begins_at_a_topics_end_is_decided_once(
    tmp_path: Path, run: Callable[..., Summary], pipeline: str
) -> None:
    send(tmp_path, *range(60))
    run(tmp_path, pipeline)
    assert rows(tmp_path, "bronze.direct", "offset") == []
    send(tmp_path, *range(60, 70))
    run(tmp_path, pipeline)
    assert rows(tmp_path, "bronze.direct", "offset") == numbered(10, 60)
    assert not run(tmp_path, pipeline).decisions, "a run with nothing new takes no number"


def test_a_second_reader_of_a_temporary_view_replays_it_without_touching_the_first(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(90), b"bad")
    run(tmp_path, "through_view")
    send(tmp_path, *range(90, 100))
    assert run(tmp_path, "through_view_later").exit_code == 0
    assert rows(tmp_path, "silver.first", "id") == numbered(100)
    assert rows(tmp_path, "silver.second", "id") == numbered(100)
    assert len(rejected(tmp_path)) == 1
    send(tmp_path, 100)
    run(tmp_path, "through_view_later")
    assert rows(tmp_path, "silver.second", "id") == numbered(101)
    assert standing(tmp_path, "silver.second").state == "current"


def test_a_dataset_that_fails_is_parked_with_its_descendants_and_bronze_goes_on(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(10))
    run(tmp_path, "strict")
    send(tmp_path, 5000, *range(10, 20))
    summary = run(tmp_path, "strict")
    assert summary.exit_code == 1
    assert summary.parked["silver.ids"].startswith("expectation: a row violates all_small (FAIL UPDATE)")
    assert summary.parked["gold.copy"] == "upstream silver.ids is parked"
    assert len(rows(tmp_path, "bronze.raw")) == 21
    assert rows(tmp_path, "silver.ids", "id") == numbered(10)
    send(tmp_path, 20)
    assert run(tmp_path, "strict").exit_code == 1
    assert len(rows(tmp_path, "bronze.raw")) == 22


def test_a_resumed_dataset_goes_on_from_where_it_stood(tmp_path: Path, run: Callable[..., Summary]) -> None:
    send(tmp_path, *range(10))
    run(tmp_path, "strict")
    send(tmp_path, 5000, *range(10, 20))
    run(tmp_path, "strict")
    send_command(tmp_path / ".tailrace", Command("resume", "silver.ids"), "1")
    summary = run(tmp_path, "relaxed")
    assert (summary.exit_code, summary.parked) == (0, {})
    assert rows(tmp_path, "silver.ids", "id") == numbered(20)
    assert rows(tmp_path, "gold.copy", "id") == numbered(20)
    assert rejected(tmp_path) == [("silver.ids", "violated", "small", None, "small: id < 1000")]
    assert not list((tmp_path / ".tailrace" / "commands").glob("*.json"))


def test_resuming_what_still_fails_parks_it_again(tmp_path: Path, run: Callable[..., Summary]) -> None:
    send(tmp_path, 5000)
    run(tmp_path, "strict")
    send_command(tmp_path / ".tailrace", Command("resume", "silver.ids"), "1")
    assert "silver.ids" in run(tmp_path, "strict").parked
    assert rows(tmp_path, "silver.ids") == []


def test_a_wrong_query_trips_the_breaker_and_decides_nothing_of_it(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(150))
    summary = run(tmp_path, "hopeless", rows_max=150)
    assert summary.parked["silver.ids"].startswith("breaker: 150 of 150 rows")
    assert "the query is wrong, not the data; the first: [" in summary.parked["silver.ids"]
    assert rejected(tmp_path) == []
    assert len(rows(tmp_path, "bronze.raw")) == 150


def test_what_fails_only_when_it_is_written_parks_its_dataset(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(10))
    summary = run(tmp_path, "lazy")
    assert summary.parked["silver.ids"].startswith("query: ")
    assert rejected(tmp_path) == []
    assert len(rows(tmp_path, "bronze.raw")) == 10


def test_added_columns_are_a_batch_of_their_own_and_old_rows_read_null(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(4))
    run(tmp_path, "numbers")
    send(tmp_path, *range(4, 6))
    assert run(tmp_path, "wider").exit_code == 0
    kinds = [decision.kind for decision in batch_log(tmp_path).decisions()]
    assert kinds == ["data", "view", "columns", "data", "view"]
    found = rows(tmp_path, "silver.ids", "id", "twice")
    assert found == [(0, None), (1, None), (2, None), (3, None), (4, 8), (5, 10)]


def test_an_edit_that_the_rows_contradict_is_refused_with_place_and_reason(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, 1)
    run(tmp_path, "numbers")
    with pytest.raises(ProjectErrors) as found:
        run(tmp_path, "narrower")
    text = str(found.value)
    assert "pipeline.sql:1:1" in text
    assert "column 'id' was int, now it is bigint" in text
    assert "column 'parity' is gone" in text
    assert "it was partitioned by parity, now by nothing" in text


def test_a_dataset_that_leaves_and_comes_back_reads_nothing_twice(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, *range(10))
    run(tmp_path, "ids_added")
    send(tmp_path, *range(10, 20))
    run(tmp_path, "only_raw")
    assert standing(tmp_path, "silver.ids").state == "left"
    run(tmp_path, "ids_added")
    assert rows(tmp_path, "silver.ids", "id") == numbered(20)
    assert rows(tmp_path, "bronze.direct", "offset") == numbered(20)


def test_a_view_that_fails_keeps_its_rows_and_is_stale_until_it_is_mended(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, 0, 1, 2)
    run(tmp_path, "numbers")
    send(tmp_path, 4)
    summary = run(tmp_path, "failing_view")
    assert summary.exit_code == 1
    assert summary.stale["gold.counts"].startswith("[")
    assert rows(tmp_path, "gold.counts") == [("even", 2), ("odd", 1)]
    assert run(tmp_path, "numbers").exit_code == 0
    assert rows(tmp_path, "gold.counts") == [("even", 3), ("odd", 1)]


def test_an_equal_result_of_a_view_is_not_committed_again(
    tmp_path: Path, run: Callable[..., Summary]
) -> None:
    send(tmp_path, 1)
    run(tmp_path, "numbers")
    send(tmp_path, 5000)
    run(tmp_path, "numbers")
    views = [d for d in batch_log(tmp_path).decisions() if d.kind == "view"]
    assert [bool(d.tables) for d in views] == [True, False] or len(views) == 1


def test_the_time_of_a_batch_is_its_planned_time(tmp_path: Path, run: Callable[..., Summary]) -> None:
    send(tmp_path, 1, 2)
    run(tmp_path, "stamped")
    planned = {d.n: d.planned_us for d in batch_log(tmp_path).decisions()}
    found = rows(tmp_path, "silver.stamped", "_batch", "at")
    assert [(n, round(at.timestamp() * 1_000_000)) for n, at in found] == [(1, planned[1])] * 2


def test_a_table_does_not_become_a_view_in_silence(tmp_path: Path, run: Callable[..., Summary]) -> None:
    send(tmp_path, 1)
    run(tmp_path, "numbers")
    with pytest.raises(ProjectErrors, match="it was a streaming table, now it is a view"):
        run(tmp_path, "ids_as_view")
