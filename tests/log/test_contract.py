"""The log's contract, over every implementation."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tailrace.log.contract import RECORD_BYTES_MAX, CorruptLog, LogGap, Record, RecordTooLarge
from tailrace.log.embedded import EmbeddedLog
from tailrace.log.murmur2 import murmur2, partition_of
from tailrace.model.errors import UsageError
from tailrace.testing.clock import ManualClock

EVERYTHING = (10**9, 10**9)


def embedded(folder: Path, clock: ManualClock) -> EmbeddedLog:
    return EmbeddedLog(folder / "log", clock, segment_bytes=256 * 1024)


IMPLEMENTATIONS: dict[str, Callable[[Path, ManualClock], EmbeddedLog]] = {"embedded": embedded}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=IMPLEMENTATIONS)
def log(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> EmbeddedLog:
    made = IMPLEMENTATIONS[request.param](tmp_path, clock)
    made.create("t", 2)
    return made


def values(table: object) -> list[bytes]:
    connection = duckdb.connect()
    connection.register("given", table)
    return [row[0] for row in connection.execute('SELECT value FROM given ORDER BY "offset"').fetchall()]


def records(*texts: str) -> list[Record]:
    return [Record(None, text.encode()) for text in texts]


def test_records_come_back_as_they_went_in(log: EmbeddedLog, clock: ManualClock) -> None:
    given = [
        Record(b"k", b"\xff\x00", 5, (("a", b"1"), ("b", b""))),
        Record(None, None),
        Record(b"", b"", None),
    ]
    done = log.append("t", 1, given)
    assert (done.first_offset, done.count, done.duplicate) == (0, 3, False)
    connection = duckdb.connect()
    connection.register("given", log.read("t", 1, 0, *EVERYTHING))
    rows = connection.execute(
        'SELECT key, value, "offset", epoch_us(timestamp), headers FROM given'
    ).fetchall()
    now = clock.now_us()
    assert rows == [
        (b"k", b"\xff\x00", 0, 5, [{"key": "a", "value": b"1"}, {"key": "b", "value": b""}]),
        (None, None, 1, now, []),
        (b"", b"", 2, now, []),
    ]
    assert log.end_offsets("t") == {0: 0, 1: 3}


def test_small_and_large_appends_are_one_sequence_of_offsets(log: EmbeddedLog) -> None:
    sent = []
    for count in (1, 700, 3, 2, 1200, 499):
        batch = [f"{len(sent) + i}" for i in range(count)]
        log.append("t", 0, records(*batch))
        sent += batch
    assert values(log.read("t", 0, 0, *EVERYTHING)) == [text.encode() for text in sent]
    assert values(log.read("t", 0, 690, 30, 10**9)) == [b"%d" % i for i in range(690, 720)]


def test_a_read_gives_at_least_one_record_within_any_byte_bound(log: EmbeddedLog) -> None:
    log.append("t", 0, records("a" * 1000, "b" * 1000))
    assert len(values(log.read("t", 0, 0, 10, 1))) == 1
    assert values(log.read("t", 0, 2, 10, 10)) == []
    assert values(log.read("t", 0, 0, 0, 10)) == []


@pytest.mark.parametrize("offset", [3, -1])
def test_an_offset_that_is_not_there_is_a_gap(log: EmbeddedLog, offset: int) -> None:
    log.append("t", 0, records("a", "b"))
    with pytest.raises(LogGap) as found:
        log.read("t", 0, offset, 10, 10)
    assert (found.value.begin, found.value.end) == (0, 2)


def test_a_repeated_sequence_adds_nothing(log: EmbeddedLog) -> None:
    assert log.last_sequence("t", 0, "p") is None
    log.append("t", 0, records("a"), "p", 0)
    assert log.append("t", 0, records("a"), "p", 0).duplicate
    log.append("t", 0, records("b"), "q", 0)
    log.append("t", 0, records("c"), "p", 1)
    assert values(log.read("t", 0, 0, *EVERYTHING)) == [b"a", b"b", b"c"]
    assert log.last_sequence("t", 0, "p") == 1
    assert log.last_sequence("t", 1, "p") is None


def test_a_record_that_is_too_large_is_refused_with_its_index_and_nothing_is_added(log: EmbeddedLog) -> None:
    with pytest.raises(RecordTooLarge) as found:
        log.append("t", 0, [Record(None, b"ok"), Record(b"k", b"x" * RECORD_BYTES_MAX)])
    assert found.value.index == 1
    assert log.end_offsets("t")[0] == 0
    log.append("t", 0, [Record(None, b"x" * RECORD_BYTES_MAX)])


def test_offsets_by_time(log: EmbeddedLog) -> None:
    log.append("t", 0, [Record(None, b"a", 10), Record(None, b"b", 20), Record(None, b"c", 15)])
    log.append("t", 0, [Record(None, b"x", 30 + i) for i in range(600)])
    assert [log.offset_at("t", 0, time) for time in (0, 10, 11, 21, 35, 10_000)] == [0, 0, 1, 3, 8, 603]


def test_identity_and_partitions_stay_as_they_were_made(log: EmbeddedLog) -> None:
    before = log.describe("t")
    assert log.create("t", 5) == before
    assert before.partitions == 2
    assert log.topics() == ["t"]
    with pytest.raises(UsageError, match="There is no topic 'nope'"):
        log.describe("nope")
    with pytest.raises(UsageError, match="no name for a topic"):
        log.create("../up")
    with pytest.raises(UsageError, match="partitions 0 to 1, not 2"):
        log.append("t", 2, records("a"))


def test_sealed_segments_keep_their_records_and_their_producers(log: EmbeddedLog, clock: ManualClock) -> None:
    log.append("t", 0, records("a", "b"), "p", 7)
    log.seal("t", 0)
    log.append("t", 0, records("c"))
    clock.advance(3_601)
    log.append("t", 0, records("d"))
    log.retention("t", {})
    assert values(log.read("t", 0, 0, *EVERYTHING)) == [b"a", b"b", b"c", b"d"]
    assert values(log.read("t", 0, 1, 2, 10**9)) == [b"b", b"c"]
    assert log.append("t", 0, records("a"), "p", 7).duplicate


def test_retention_may_be_set_later(log: EmbeddedLog) -> None:
    before = log.create("t", 2, retention_seconds=60)
    log.set_retention("t", None, 1_000)
    after = log.describe("t")
    assert (after.log_id, after.partitions) == (before.log_id, 2)
    assert (after.retention_seconds, after.retention_bytes) == (None, 1_000)
    with pytest.raises(UsageError):
        log.set_retention("none", None, None)


def test_retention_forgets_whole_segments_but_never_what_a_reader_needs(
    tmp_path: Path, clock: ManualClock
) -> None:
    log = EmbeddedLog(tmp_path, clock)
    log.create("t", 1, retention_seconds=60)
    for text in "abc":
        log.append("t", 0, records(text), "p", ord(text))
        log.seal("t", 0)
    clock.advance(100)
    log.append("t", 0, records("d"))
    assert log.retention("t", {0: 2}) == 2
    assert log.begin_offsets("t") == {0: 2}
    with pytest.raises(LogGap):
        log.read("t", 0, 1, *EVERYTHING)
    assert log.retention("t", {0: 4}) == 1
    assert log.last_sequence("t", 0, "p") == ord("c")


def test_a_damaged_block_is_an_error_with_its_place(log: EmbeddedLog, tmp_path: Path) -> None:
    log.append("t", 0, records(*(str(i) for i in range(600))))
    log.append("t", 0, records("after"))
    path = next((tmp_path / "log" / "t" / "0").glob("*.segment"))
    with sqlite3.connect(path) as database:
        data = bytearray(database.execute("SELECT data FROM blocks").fetchone()[0])
        data[len(data) // 2] ^= 1
        database.execute("UPDATE blocks SET data = ?", (bytes(data),))
    with pytest.raises(CorruptLog, match="offsets 0 to 599 is damaged"):
        log.read("t", 0, 0, *EVERYTHING)


def test_a_record_lost_in_the_middle_is_an_error_and_not_cut_off(log: EmbeddedLog, tmp_path: Path) -> None:
    log.append("t", 0, records("a", "b", "c"))
    with sqlite3.connect(next((tmp_path / "log" / "t" / "0").glob("*.segment"))) as database:
        database.execute("DELETE FROM rows WHERE offset = 1")
    with pytest.raises(CorruptLog, match="2 of 3 records are there"):
        log.read("t", 0, 0, *EVERYTHING)


def test_keys_go_where_javas_client_sends_them() -> None:
    known = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"a-little-bit-longer-string": -1486304829,
        b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
        b"abc": 479470107,
    }
    assert {key: murmur2(key) for key in known} == known
    assert partition_of(b"21", 3) == (-973932308 & 0x7FFFFFFF) % 3


APPENDER = """
import sys
from pathlib import Path
from tailrace.log.contract import Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
log = EmbeddedLog(Path(sys.argv[1]), SystemClock(), segment_bytes=200_000)
name = sys.argv[2]
first = log.last_sequence("t", 0, name)
for n in range(0 if first is None else first + 1, 10_000):
    log.append("t", 0, [Record(None, f"{name}-{n}".encode())], name, n)
    print(n, flush=True)
"""


def test_killed_appenders_lose_nothing_acknowledged_and_double_nothing(tmp_path: Path) -> None:
    EmbeddedLog(tmp_path, ManualClock()).create("t", 1)
    acknowledged: dict[str, int] = {}
    for _ in range(2):
        running = {
            name: subprocess.Popen(
                [sys.executable, "-c", APPENDER, str(tmp_path), name], stdout=subprocess.PIPE, text=True
            )
            for name in ("x", "y")
        }
        for name, process in running.items():
            assert process.stdout is not None
            for _, line in zip(range(40), process.stdout, strict=False):
                acknowledged[name] = int(line)
        for process in running.values():
            process.kill()
            process.communicate()
    log = EmbeddedLog(tmp_path, ManualClock())
    found = [value.decode() for value in values(log.read("t", 0, 0, *EVERYTHING))]
    assert len(found) == len(set(found))
    for name, last in acknowledged.items():
        mine = [text for text in found if text.startswith(name)]
        assert mine == [f"{name}-{n}" for n in range(len(mine))]
        assert len(mine) > last


class LogMachine(RuleBasedStateMachine):
    """Any sequence of calls leaves what a plain list would hold."""

    @initialize(folder=st.integers())
    def start(self, folder: int) -> None:
        import tempfile

        self.clock = ManualClock()
        self.path = Path(tempfile.mkdtemp())
        self.log = EmbeddedLog(self.path, self.clock, segment_bytes=100_000)
        self.log.create("t", 1, retention_seconds=50)
        self.model: list[bytes] = []
        self.begin = 0
        self.sequence = -1

    @rule(count=st.sampled_from([1, 2, 17, 600]))
    def append(self, count: int) -> None:
        new = [b"%d" % (len(self.model) + i) for i in range(count)]
        assert self.log.append("t", 0, [Record(None, v) for v in new]).first_offset == len(self.model)
        self.model += new

    @rule(repeat=st.booleans())
    def append_sequenced(self, repeat: bool) -> None:
        number = self.sequence if repeat else self.sequence + 1
        if number < 0:
            return
        done = self.log.append("t", 0, [Record(None, b"s%d" % number)], "p", number)
        assert done.duplicate == (number == self.sequence)
        if not done.duplicate:
            self.model.append(b"s%d" % number)
            self.sequence = number

    @rule()
    def seal(self) -> None:
        self.log.seal("t", 0)

    @rule(seconds=st.sampled_from([1, 60]), needed=st.floats(0, 1))
    def forget(self, seconds: int, needed: float) -> None:
        self.clock.advance(seconds)
        protect = int(len(self.model) * needed)
        self.log.retention("t", {0: protect})
        begin = self.log.begin_offsets("t")[0]
        assert self.begin <= begin <= max(self.begin, protect)
        self.begin = begin

    @rule()
    def reopen(self) -> None:
        self.log = EmbeddedLog(self.path, self.clock, segment_bytes=100_000)

    @rule(at=st.floats(0, 1), rows=st.integers(0, 900))
    def read(self, at: float, rows: int) -> None:
        offset = self.begin + int((len(self.model) - self.begin) * at)
        assert values(self.log.read("t", 0, offset, rows, 10**9)) == self.model[offset : offset + rows]

    @invariant()
    def end_is_exact(self) -> None:
        if hasattr(self, "model"):
            assert self.log.end_offsets("t")[0] == len(self.model)
            assert self.log.last_sequence("t", 0, "p") == (self.sequence if self.sequence >= 0 else None)


TestModel = LogMachine.TestCase
TestModel.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
