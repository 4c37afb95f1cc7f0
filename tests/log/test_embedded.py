"""What only the embedded log's files can show: damage, other processes, Arrow appends, deleted topics."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest
from arro3.core import Array, DataType, Table

from tailrace.log.contract import RECORD_BYTES_MAX, CorruptLog, Record, RecordTooLarge
from tailrace.log.embedded import EmbeddedLog
from tailrace.log.murmur2 import Partitioner, partition_of
from tailrace.model.errors import UsageError
from tailrace.testing.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def log(tmp_path: Path, clock: ManualClock) -> EmbeddedLog:
    made = EmbeddedLog(tmp_path, clock)
    made.create("t")
    return made


def rows(log: EmbeddedLog, columns: str) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    connection.register("given", log.read("t", 0, log.begin_offsets("t")[0], 10**9, 10**9))
    return connection.execute(f'SELECT {columns} FROM given ORDER BY "offset"').fetchall()


def binary(values: list[bytes | None]) -> Array:
    return Array(values, DataType.binary())


def segment(folder: Path) -> Path:
    return next((folder / "t" / "0").glob("*.segment"))


def test_arrow_data_is_appended_as_it_is(log: EmbeddedLog, clock: ManualClock) -> None:
    log.append_arrow("t", 0, Table.from_pydict({"value": Array(["a", "ü"], DataType.utf8())}), "p", 0)
    keyed = {"key": binary([b"k", None]), "value": binary([b"b", None])}
    times = Array([1, 2], DataType.int64()).cast(DataType.timestamp("us", tz="UTC"))
    log.append_arrow("t", 0, Table.from_pydict({**keyed, "timestamp": times}), "p", 1)
    assert log.append_arrow("t", 0, Table.from_pydict(keyed), "p", 1).duplicate
    now = clock.now_us()
    assert rows(log, 'key, value, "offset", epoch_us(timestamp), len(headers)') == [
        (None, b"a", 0, now, 0),
        (None, "ü".encode(), 1, now, 0),
        (b"k", b"b", 2, 1, 0),
        (None, None, 3, 2, 0),
    ]
    assert log.offset_at("t", 0, now + 1) == 4


def test_an_append_without_records_moves_only_the_sequence(log: EmbeddedLog) -> None:
    empty = Table.from_pydict({"value": binary([])})
    assert log.append_arrow("t", 0, empty, "p", 4).count == 0
    log.append("t", 0, [], "p", 5)
    assert log.append_arrow("t", 0, empty, "p", 5).duplicate
    assert (log.last_sequence("t", 0, "p"), log.end_offsets("t")) == (5, {0: 0})


def test_arrow_data_with_a_record_too_large_or_without_values_is_refused_whole(log: EmbeddedLog) -> None:
    large = Table.from_pydict({"value": binary([b"ok", b"x" * (RECORD_BYTES_MAX + 1)])})
    with pytest.raises(RecordTooLarge) as found:
        log.append_arrow("t", 0, large)
    assert found.value.index == 1
    with pytest.raises(UsageError, match="no column 'value'"):
        log.append_arrow("t", 0, Table.from_pydict({"payload": binary([b"a"])}))
    assert log.end_offsets("t") == {0: 0}


def test_a_changed_row_is_an_error_with_its_place(log: EmbeddedLog, tmp_path: Path) -> None:
    log.append("t", 0, [Record(None, b"a"), Record(None, b"b"), Record(None, b"c")])
    with sqlite3.connect(segment(tmp_path)) as database:
        database.execute("UPDATE rows SET value = X'00' WHERE offset = 1")
    with pytest.raises(CorruptLog, match=r"segment, offset 1 is damaged"):
        rows(log, "value")


def test_damage_stays_an_error_when_rows_become_blocks(log: EmbeddedLog, tmp_path: Path) -> None:
    log.append("t", 0, [Record(None, b"a"), Record(None, b"b")])
    log.seal("t", 0)
    with sqlite3.connect(segment(tmp_path)) as database:
        database.execute("UPDATE rows SET value = X'00' WHERE offset = 1")
    log.append("t", 0, [Record(None, b"c")])
    with pytest.raises(CorruptLog, match=r"offset 1 is damaged"):
        log.retention("t", {})


def test_a_segment_that_is_no_database_any_more_is_an_error(tmp_path: Path, clock: ManualClock) -> None:
    log = EmbeddedLog(tmp_path, clock)
    log.create("t")
    log.append("t", 0, [Record(None, b"a")])
    log.seal("t", 0)
    log.append("t", 0, [Record(None, b"b")])
    log.close()
    first = min((tmp_path / "t" / "0").glob("*.segment"))
    first.write_bytes(b"\x00" * 4096 + first.read_bytes()[4096:])
    with pytest.raises(CorruptLog, match=r"0000\.segment, offsets 0 to"):
        rows(EmbeddedLog(tmp_path, clock), "value")


def test_what_another_process_left_half_made_is_no_segment(log: EmbeddedLog, tmp_path: Path) -> None:
    log.append("t", 0, [Record(None, b"a")])
    (tmp_path / "t" / "0" / ".00000000000000000001.segment.1-1.tmp").write_bytes(b"")
    log.append("t", 0, [Record(None, b"b")])
    assert rows(log, "value") == [(b"a",), (b"b",)]


def test_rows_become_blocks_with_the_same_records(log: EmbeddedLog, tmp_path: Path) -> None:
    given = [Record(b"%d" % i, b"v%d" % i, i, (("h", b"%d" % i),)) for i in range(40)]
    for record in given:
        log.append("t", 0, [record])
    before = rows(log, "*")
    log.seal("t", 0)
    log.append("t", 0, [Record(None, b"next", 99)])
    log.retention("t", {})
    with sqlite3.connect(segment(tmp_path)) as database:
        stored = database.execute("SELECT count(*) FROM rows").fetchone()
    assert stored == (0,)
    assert rows(log, "*")[:-1] == before
    assert log.offset_at("t", 0, 17) == 17


def test_a_reader_that_has_a_segment_open_sees_it_go(tmp_path: Path, clock: ManualClock) -> None:
    log, other = EmbeddedLog(tmp_path, clock), EmbeddedLog(tmp_path, clock)
    log.create("t", retention_seconds=1)
    log.append("t", 0, [Record(None, b"a")])
    assert rows(other, "value") == [(b"a",)]
    log.seal("t", 0)
    log.append("t", 0, [Record(None, b"b")])
    clock.advance(10)
    assert log.retention("t", {0: 9}) == 1
    assert rows(other, "value") == [(b"b",)]
    assert other.begin_offsets("t") == {0: 1}


def test_watch_ends_with_the_first_new_record_or_at_the_timeout(tmp_path: Path) -> None:
    class Appending(ManualClock):
        """Something is appended while the watcher sleeps for the third time."""

        slept = 0

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.slept += 1
            if self.slept == 3:
                EmbeddedLog(tmp_path, self).append("t", 0, [Record(None, b"new")])

    clock = Appending()
    log = EmbeddedLog(tmp_path, clock)
    log.create("t", 2)
    assert not log.watch({("t", 0): 0, ("t", 1): 0}, 0)
    assert log.watch({("t", 0): 0, ("t", 1): 0}, 60)
    assert clock.slept == 3
    before = clock.monotonic()
    assert not log.watch({("t", 0): 1, ("t", 1): 0}, 1.5)
    assert clock.monotonic() - before == pytest.approx(1.5)


def test_a_topic_made_again_is_another_one(log: EmbeddedLog, tmp_path: Path, clock: ManualClock) -> None:
    log.append("t", 0, [Record(None, b"old")])
    other = EmbeddedLog(tmp_path, clock)
    assert rows(other, "value") == [(b"old",)]
    before = log.describe("t").log_id
    log.delete_topic("t")
    assert log.topics() == []
    assert log.create("t").log_id != before
    log.append("t", 0, [Record(None, b"new")])
    assert rows(other, "value") == [(b"new",)]


def test_records_without_a_key_take_turns_and_keys_stay_together() -> None:
    spread = Partitioner(3)
    assert [spread.partition(None) for _ in range(4)] == [0, 1, 2, 0]
    assert spread.partition(b"21") == partition_of(b"21", 3)
    assert [Partitioner(3, spread.turn).partition(None)] == [1]
