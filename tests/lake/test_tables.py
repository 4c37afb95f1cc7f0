"""Delta tables through one handle: fenced, checked against the batch log, readable by others."""

from pathlib import Path

import polars as pl
import pytest

from tailrace.duck.connection import connect
from tailrace.duck.stage import stage
from tailrace.lake.schema import SYSTEM_FIELDS, from_json, schema_json
from tailrace.lake.tables import Table, Tables, move_torn_tip
from tailrace.model import types as t
from tailrace.model.batch import TableChange
from tailrace.model.errors import AnotherRunner, Stop
from tailrace.testing.clock import ManualClock

SCHEMA = t.Schema((t.Field("id", t.LONG), t.Field("day", t.DATE), t.Field("tag", t.STRING)))
STORED = t.Schema(SCHEMA.fields + SYSTEM_FIELDS)


def new_table(lake: Path, partition_by: tuple[str, ...] = ()) -> Table:
    table = Tables(lake, "lake-id", ManualClock()).table("silver.t")
    table.ensure(schema_json(SCHEMA, True), partition_by)
    return table


def change(table: Table, n: int, last: int | None, rows: int = 3) -> TableChange:
    query = (
        f"SELECT i AS id, DATE '2024-01-01' + (i % 2)::INT AS day, 'x y%' || i AS tag, "
        f"{n}::BIGINT AS _batch, i::INT AS _row FROM range({rows}) t(i)"
    )
    files = stage(connect(), query, table.folder, f"{n}-a", STORED, table.partition_by())
    return TableChange(last, tuple(files), partition_by=tuple(table.partition_by()))


def test_a_batch_is_committed_once_however_often_it_is_rolled_forward(tmp_path: Path) -> None:
    table = new_table(tmp_path)
    first = change(table, 1, None)
    assert table.commit(1, first, "{}")
    assert not table.commit(1, first, "{}")
    assert table.transaction() == 1
    assert pl.read_delta(str(table.folder)).height == 3


def test_partition_values_with_special_characters_read_back(tmp_path: Path) -> None:
    table = new_table(tmp_path, ("tag", "day"))
    table.commit(1, change(table, 1, None), "{}")
    found = pl.read_delta(str(table.folder)).sort("id")
    assert found["tag"].to_list() == ["x y%0", "x y%1", "x y%2"]
    assert {file.partition_values["tag"] for file in table.files()} == {"x y%0", "x y%1", "x y%2"}


def test_removed_files_are_really_removed(tmp_path: Path) -> None:
    table = new_table(tmp_path, ("tag",))
    table.commit(1, change(table, 1, None), "{}")
    replaced = TableChange(1, change(table, 2, 1, rows=1).add, tuple(table.files()), partition_by=("tag",))
    table.commit(2, replaced, "{}")
    assert pl.read_delta(str(table.folder)).select("id", "_batch").rows() == [(0, 2)]


def test_a_table_put_back_from_a_copy_stops_the_engine(tmp_path: Path) -> None:
    table = new_table(tmp_path)
    table.commit(1, change(table, 1, None), "{}")
    with pytest.raises(Stop, match="Table silver.t is older than batch 2: it is at batch 1"):
        table.commit(3, change(table, 3, 2), "{}")
    with pytest.raises(Stop, match="is at batch 1, of which the batch log knows nothing"):
        table.check(None)


def test_a_second_handle_is_fenced(tmp_path: Path) -> None:
    ours = new_table(tmp_path)
    theirs = new_table(tmp_path)
    ours.refresh()
    theirs.commit(1, change(theirs, 1, None), "{}")

    class Stale(Table):
        def refresh(self) -> None:
            """A handle that does not notice: as between the check and the commit."""

    stale = Stale("silver.t", ours.folder, "lake-id", ManualClock())
    stale._handle = ours.handle()
    with pytest.raises(AnotherRunner):
        stale.commit(1, change(stale, 1, None), "{}")
    assert pl.read_delta(str(ours.folder)).height == 3


def test_columns_are_added_under_the_batch_number(tmp_path: Path) -> None:
    table = new_table(tmp_path)
    table.commit(1, change(table, 1, None), "{}")
    column = schema_json(t.Schema((t.Field("more", t.DecimalType(12, 2)),)), False)["fields"]
    table.commit(2, TableChange(1, add_columns=tuple(column)), "{}")
    assert table.transaction() == 2
    assert from_json(table.schema()).find("more") == t.Field("more", t.DecimalType(12, 2))
    assert pl.read_delta(str(table.folder))["more"].null_count() == 3


@pytest.mark.parametrize("bytes_left", [0, 40])
def test_a_torn_tip_goes_aside_and_the_batch_is_committed_again(tmp_path: Path, bytes_left: int) -> None:
    table = new_table(tmp_path)
    table.commit(1, change(table, 1, None), "{}")
    second = change(table, 2, 1)
    table.commit(2, second, "{}")
    tip = table.folder / "_delta_log" / f"{2:020}.json"
    tip.write_bytes(tip.read_bytes()[:bytes_left])
    assert move_torn_tip(table.folder, tmp_path / "aside") is not None
    again = new_table(tmp_path)
    assert again.commit(2, second, "{}")
    assert pl.read_delta(str(table.folder)).height == 6


def test_an_empty_commit_below_the_tip_stops(tmp_path: Path) -> None:
    table = new_table(tmp_path)
    table.commit(1, change(table, 1, None), "{}")
    table.commit(2, change(table, 2, 1), "{}")
    (table.folder / "_delta_log" / f"{1:020}.json").write_bytes(b"")
    with pytest.raises(Stop, match="below the newest one is empty"):
        move_torn_tip(table.folder, tmp_path / "aside")


def test_statistics_name_rows_nulls_and_bounds(tmp_path: Path) -> None:
    table = new_table(tmp_path)
    (file,) = change(table, 7, None).add
    assert file.stats["numRecords"] == 3
    assert file.stats["minValues"] == {
        "id": 0,
        "day": "2024-01-01",
        "tag": "x y%0",
        "_batch": 7,
        "_row": 0,
    }
    assert file.stats["maxValues"]["day"] == "2024-01-02"
    assert file.stats["nullCount"]["tag"] == 0


def test_a_checkpoint_lets_the_table_be_opened_anew(tmp_path: Path) -> None:
    table = Tables(tmp_path, "lake", ManualClock(0)).table("silver.a")
    table.ensure(schema_json(SCHEMA, True), ())
    opened = table.handle()
    table.checkpoint()
    assert table.handle() is not opened
    assert table.commits_since_checkpoint() == 0
