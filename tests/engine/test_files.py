"""Files as an input: each stable file once; broken and changed ones are one rejected row each."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tailrace.duck.gather import UNION_MAX
from tailrace.engine.coordinator import Summary
from tailrace.model import types as t
from tailrace.model.account import EdgeAccount
from tailrace.sql.compiled import Column, FilesInput, RowProgram

from . import pipelines, runner
from .lake import batch_log, rejected, rows, standing
from .pipelines import COPY_IDS, IDS_SCHEMA, TableInput, project, stream

LINES = t.Schema((t.Field("id", t.INT), t.Field("parity", t.STRING)))
SOURCE = FilesInput("landing", "csv", (("header", "true"),), "read_files", LINES)
READ = RowProgram(
    (), None, (Column("id", t.INT, '"id"', False), Column("parity", t.STRING, '"parity"', False))
)


def from_files() -> pipelines.CompiledProject:
    return project(stream("bronze.lines", LINES, (SOURCE, READ)))


def from_files_through_view() -> pipelines.CompiledProject:
    between = stream("bronze.between", LINES, (SOURCE, READ), kind="temporary_view")
    first = stream("silver.first", IDS_SCHEMA, (TableInput("bronze.between"), COPY_IDS))
    return project(between, first)


def from_files_through_view_later() -> pipelines.CompiledProject:
    between = stream("bronze.between", LINES, (SOURCE, READ), kind="temporary_view")
    first = stream("silver.first", IDS_SCHEMA, (TableInput("bronze.between"), COPY_IDS))
    second = stream("silver.second", IDS_SCHEMA, (TableInput("bronze.between"), COPY_IDS))
    return project(between, first, second)


def from_files_one_by_one() -> pipelines.CompiledProject:
    few = replace(SOURCE, options=(("header", "true"), ("maxfilespertrigger", "1")))
    return project(stream("bronze.lines", LINES, (few, READ)))


def from_files_of_few_bytes() -> pipelines.CompiledProject:
    few = replace(SOURCE, options=(("header", "true"), ("maxbytespertrigger", "30")))
    return project(stream("bronze.lines", LINES, (few, READ)))


pipelines.from_files_one_by_one = from_files_one_by_one  # type: ignore[attr-defined]
pipelines.from_files_of_few_bytes = from_files_of_few_bytes  # type: ignore[attr-defined]
pipelines.from_files = from_files  # type: ignore[attr-defined]
pipelines.from_files_through_view = from_files_through_view  # type: ignore[attr-defined]
pipelines.from_files_through_view_later = from_files_through_view_later  # type: ignore[attr-defined]


def run(folder: Path, pipeline: str = "from_files") -> Summary:
    return runner.run(folder, pipeline)


def land(folder: Path, name: str, *ids: int, data: bytes | None = None, age: int = 60) -> Path:
    """A file in the landing folder, last changed `age` seconds before the epoch's 1.7 billionth second."""
    path = folder / "landing" / name
    path.parent.mkdir(exist_ok=True)
    text = "id,parity\n" + "".join(f"{i},x\n" for i in ids)
    path.write_bytes(text.encode() if data is None else data)
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    return path


@pytest.mark.parametrize(
    ("pipeline", "batches"), [("from_files_one_by_one", [1, 2, 3]), ("from_files_of_few_bytes", [1, 1, 2])]
)
def test_a_batch_takes_no_more_files_than_the_options_say(
    tmp_path: Path, pipeline: str, batches: list[int]
) -> None:
    for number, name in enumerate(("b.csv", "a.csv", "c.csv")):
        land(tmp_path, name, number, age=30 - number)
    run(tmp_path, pipeline)
    assert rows(tmp_path, "bronze.lines", "_batch", "id") == list(zip(batches, range(3), strict=True))


def test_each_file_is_read_once_in_the_order_of_its_time(tmp_path: Path) -> None:
    land(tmp_path, "b.csv", 1, 2, age=30)
    land(tmp_path, "a.csv", 3, age=20)
    run(tmp_path)
    land(tmp_path, "c.csv", 4, age=10)
    assert run(tmp_path).batches == 1
    assert run(tmp_path).batches == 0
    assert rows(tmp_path, "bronze.lines", "_batch", "_row", "id") == [
        (1, 0, 1),
        (1, 1, 2),
        (1, 2, 3),
        (2, 0, 4),
    ]
    seen = rows(tmp_path, "_tailrace.files", "path", "rows", "status")
    assert seen == [("landing/a.csv", 1, "read"), ("landing/b.csv", 2, "read"), ("landing/c.csv", 1, "read")]


@pytest.mark.parametrize("files", [UNION_MAX - 1, UNION_MAX, UNION_MAX + 1, 2 * UNION_MAX])
def test_many_files_are_read_as_few_are(tmp_path: Path, files: int) -> None:
    land(tmp_path, "broken.csv.gz", data=b"\x1f\x8b\x08\x00not really", age=2 * files)
    for number in range(files):
        land(tmp_path, f"{files - number:03}.csv", 10 * number, 10 * number + 1, age=files - number)
    run(tmp_path)
    numbered = [(row, 10 * (row // 2) + row % 2) for row in range(2 * files)]
    assert rows(tmp_path, "bronze.lines", "_row", "id") == numbered
    assert len(rejected(tmp_path)) == 1


def test_a_touched_file_is_the_same_file(tmp_path: Path) -> None:
    path = land(tmp_path, "a.csv", 1)
    run(tmp_path)
    os.utime(path, (1_700_000_100, 1_700_000_100))
    assert run(tmp_path).batches == 0


def test_a_file_with_other_content_is_rejected_whole_and_only_once(tmp_path: Path) -> None:
    land(tmp_path, "a.csv", 1)
    run(tmp_path)
    land(tmp_path, "a.csv", 1, 2, 3, age=5)
    assert run(tmp_path).exit_code == 0
    assert run(tmp_path).batches == 0
    assert rows(tmp_path, "bronze.lines", "id") == [(1,)]
    ((dataset, kind, rule, _, error),) = rejected(tmp_path)
    assert (dataset, kind, rule) == ("bronze.lines", "error", "file_changed")
    assert "landing/a.csv came again with other content" in error


def test_a_broken_file_is_one_row_and_the_others_go_on(tmp_path: Path) -> None:
    land(tmp_path, "a.csv.gz", data=b"\x1f\x8b\x08\x00not really")
    land(tmp_path, "b.csv", 7)
    assert run(tmp_path).exit_code == 0
    assert rows(tmp_path, "bronze.lines", "id") == [(7,)]
    ((_, kind, rule, _, error),) = rejected(tmp_path)
    assert (kind, rule) == ("error", "file")
    assert "landing/a.csv.gz" in error
    decision = batch_log(tmp_path).read(1)
    edge, total = decision.accounts
    assert (edge.in_, edge.error, edge.kept) == (2, 1, 1)  # type: ignore[union-attr]
    assert total.out == 1  # type: ignore[union-attr]


def test_a_later_reader_of_a_view_over_files_replays_the_files(tmp_path: Path) -> None:
    land(tmp_path, "a.csv", 1, age=30)
    run(tmp_path, "from_files_through_view")
    land(tmp_path, "b.csv", 2, age=20)
    run(tmp_path, "from_files_through_view")
    land(tmp_path, "c.csv", 3, age=10)
    assert run(tmp_path, "from_files_through_view_later").exit_code == 0
    assert rows(tmp_path, "silver.first", "id") == [(1,), (2,), (3,)]
    assert rows(tmp_path, "silver.second", "id") == [(1,), (2,), (3,)]
    land(tmp_path, "d.csv", 4, age=5)
    run(tmp_path, "from_files_through_view_later")
    assert rows(tmp_path, "silver.second", "id") == [(1,), (2,), (3,), (4,)]
    assert standing(tmp_path, "silver.second").state == "current"


def test_values_that_are_lost_for_their_type_are_in_the_account(tmp_path: Path) -> None:
    land(tmp_path, "a.csv", data=b"id,parity\n1,x\none,x\n,x\ntwo,y\n")
    run(tmp_path)
    edge, _ = batch_log(tmp_path).read(1).accounts
    assert isinstance(edge, EdgeAccount)
    assert (edge.kept, edge.coerced) == (4, 2)
    assert rows(tmp_path, "bronze.lines", "_row", "id") == [(0, 1), (1, None), (2, None), (3, None)]


def test_values_that_are_rescued_are_not_lost(tmp_path: Path) -> None:
    rescuing = t.Schema((*LINES.fields, t.Field("_rescued_data", t.STRING)))
    source = FilesInput("landing", "csv", (("header", "true"),), "read_files", rescuing)
    pipelines.rescued = lambda: project(stream("bronze.lines", LINES, (source, READ)))  # type: ignore[attr-defined]
    land(tmp_path, "a.csv", data=b"id,parity\n1,x\none,x\n")
    run(tmp_path, "rescued")
    edge, _ = batch_log(tmp_path).read(1).accounts
    assert isinstance(edge, EdgeAccount)
    assert (edge.kept, edge.coerced) == (2, None)
