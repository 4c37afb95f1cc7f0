"""One segment file of a partition: SQLite, small appends as rows, large ones as Arrow blocks.

Named by its first offset. `meta.end` is the offset after its last record; it moves in the transaction that
adds the records, so that it is exact after any crash. A sealed segment takes no more records.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from arro3.core import Table

from tailrace.log.arrow import concatenated, decode_block, encode_block, placed, records_table
from tailrace.log.contract import CorruptLog, Record

BLOCK_RECORDS_MIN = 500
"""An append of one record as a block costs 1,232 bytes for 78: small ones stay rows until sealing."""
SEALED_BLOCK_RECORDS = 10_000
BUSY_TIMEOUT_MS = 30_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
  offset INTEGER PRIMARY KEY, key BLOB, value BLOB, timestamp_us INTEGER NOT NULL, headers TEXT
);
CREATE TABLE IF NOT EXISTS blocks (
  offset INTEGER PRIMARY KEY, records INTEGER NOT NULL, size INTEGER NOT NULL,
  latest_us INTEGER NOT NULL, checksum INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS producers (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta (
  id INTEGER PRIMARY KEY CHECK (id = 1), "end" INTEGER NOT NULL, created_us INTEGER NOT NULL,
  latest_us INTEGER NOT NULL, sealed INTEGER NOT NULL
);
"""


class Segment:
    """An open segment; one per process and thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first = int(path.stem)
        self._pid = os.getpid()
        self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")

    @staticmethod
    def create(path: Path, now_us: int, producers: Sequence[tuple[str, int]]) -> Segment:
        """Make the segment, or open it if another process just did."""
        segment = Segment(path)
        segment._db.executescript(_SCHEMA)
        segment._db.execute("BEGIN IMMEDIATE")
        segment._db.execute(
            "INSERT OR IGNORE INTO meta VALUES (1, ?, ?, 0, 0)", (segment.first, now_us)
        )
        segment._db.executemany("INSERT OR IGNORE INTO producers VALUES (?, ?)", producers)
        segment._db.execute("COMMIT")
        return segment

    @property
    def is_ours(self) -> bool:
        """False after a fork: SQLite connections do not survive it."""
        return self._pid == os.getpid()

    def close(self) -> None:
        if self.is_ours:
            self._db.close()

    def meta(self) -> tuple[int, int, int, bool]:
        """(end, created_us, latest_us, sealed)."""
        row = self._db.execute('SELECT "end", created_us, latest_us, sealed FROM meta').fetchone()
        return (self.first, 0, 0, False) if row is None else (row[0], row[1], row[2], bool(row[3]))

    def size(self) -> int:
        """Bytes of the segment on disk, its write-ahead log included."""
        wal = self.path.with_name(self.path.name + "-wal")
        return self.path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)

    def append(
        self, records: Sequence[Record], now_us: int, producer: str | None, sequence: int | None
    ) -> tuple[int, bool] | None:
        """(first offset, duplicate); None if the segment is sealed and another must be taken."""
        times = [now_us if record.timestamp_us is None else record.timestamp_us for record in records]
        block = None
        if len(records) >= BLOCK_RECORDS_MIN:
            block = encode_block(records_table(records, times))
        self._db.execute("BEGIN IMMEDIATE")
        try:
            end, _, latest, sealed = self.meta()
            if sealed:
                self._db.execute("ROLLBACK")
                return None
            if producer is not None and sequence is not None:
                last = self._sequence(producer)
                if last is not None and sequence <= last:
                    self._db.execute("ROLLBACK")
                    return end, True
                self._db.execute("INSERT OR REPLACE INTO producers VALUES (?, ?)", (producer, sequence))
            newest = max(times, default=0)
            if block is not None:
                self._db.execute(
                    "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
                    (end, len(records), len(block[0]), newest, block[1], block[0]),
                )
            else:
                self._db.executemany(
                    "INSERT INTO rows VALUES (?, ?, ?, ?, ?)",
                    [_row(end + i, record, times[i]) for i, record in enumerate(records)],
                )
            self._db.execute(
                'UPDATE meta SET "end" = ?, latest_us = ?', (end + len(records), max(latest, newest))
            )
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return end, False

    def sequence(self, producer: str) -> int | None:
        """The last sequence of a producer."""
        return self._sequence(producer)

    def producers(self) -> list[tuple[str, int]]:
        """Every producer's last sequence, to be carried into the next segment."""
        return list(self._db.execute("SELECT name, sequence FROM producers").fetchall())

    def seal(self) -> None:
        """No record is added any more."""
        self._db.execute("UPDATE meta SET sealed = 1")

    def read(self, offset: int, rows_max: int, bytes_max: int) -> list[Table]:
        """Records from `offset` on, in order; at least one if there is one."""
        tables: list[Table] = []
        position, rows_left, bytes_left = offset, rows_max, bytes_max
        end = self.meta()[0]
        while position < end and rows_left > 0 and (bytes_left > 0 or not tables):
            found = self._block_at(position)
            table = self._block(found, position) if found else self._rows(position, rows_left, end)
            size = max(1, table.nbytes // max(1, table.num_rows))
            take = min(table.num_rows, rows_left, max(1, bytes_left // size))
            tables.append(placed(table.slice(0, take), position))
            position += take
            rows_left -= take
            bytes_left -= take * size
        return tables

    def compact(self) -> None:
        """Turn rows into blocks; only of a sealed segment, in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            starts = self._db.execute("SELECT offset FROM rows ORDER BY offset").fetchall()
            runs = _runs([row[0] for row in starts])
            for first, count in runs:
                table = self._rows(first, count, first + count)
                data, checksum = encode_block(table)
                latest = self._db.execute(
                    "SELECT max(timestamp_us) FROM rows WHERE offset >= ? AND offset < ?", (first, first + count)
                ).fetchone()[0]
                self._db.execute(
                    "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
                    (first, count, len(data), latest, checksum, data),
                )
                self._db.execute("DELETE FROM rows WHERE offset >= ? AND offset < ?", (first, first + count))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        if runs:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def has_rows(self) -> bool:
        """Whether some records are not in blocks yet."""
        return self._db.execute("SELECT 1 FROM rows LIMIT 1").fetchone() is not None

    def offset_at(self, time_us: int) -> int | None:
        """The first offset with that time or later; None if there is none here."""
        blocks = self._db.execute(
            "SELECT offset FROM blocks WHERE latest_us >= ? ORDER BY offset LIMIT 1", (time_us,)
        ).fetchone()
        rows = self._db.execute(
            "SELECT min(offset) FROM rows WHERE timestamp_us >= ?", (time_us,)
        ).fetchone()[0]
        found = [rows] if rows is not None else []
        if blocks is not None:
            times = self._block(self._block_at(blocks[0]), blocks[0]).column("timestamp").to_pylist()
            found.append(blocks[0] + next(i for i, value in enumerate(times) if value >= time_us))
        return min(found, default=None)

    def _sequence(self, producer: str) -> int | None:
        row = self._db.execute("SELECT sequence FROM producers WHERE name = ?", (producer,)).fetchone()
        return None if row is None else int(row[0])

    def _block_at(self, offset: int) -> tuple[int, int, int, bytes] | None:
        row = self._db.execute(
            "SELECT offset, records, checksum, data FROM blocks WHERE offset <= ? ORDER BY offset DESC LIMIT 1",
            (offset,),
        ).fetchone()
        return row if row is not None and offset < row[0] + row[1] else None

    def _block(self, found: tuple[int, int, int, bytes] | None, position: int) -> Table:
        assert found is not None
        first, records, checksum, data = found
        place = f"{self.path}, offsets {first} to {first + records - 1}"
        return decode_block(data, checksum, place).slice(position - first)

    def _rows(self, offset: int, rows_max: int, end: int) -> Table:
        """Rows from `offset` up to the next block."""
        following = self._db.execute("SELECT min(offset) FROM blocks WHERE offset > ?", (offset,)).fetchone()[0]
        limit = min(end if following is None else following, offset + rows_max)
        found = self._db.execute(
            "SELECT key, value, timestamp_us, headers FROM rows WHERE offset >= ? AND offset < ? ORDER BY offset",
            (offset, limit),
        ).fetchall()
        if len(found) != limit - offset:
            raise CorruptLog(
                f"{self.path}, offsets {offset} to {limit - 1}: {len(found)} of {limit - offset} records are there.",
                hint="put the file back from a copy",
            )
        records = [Record(key, value, None, _headers(headers)) for key, value, _, headers in found]
        return records_table(records, [row[2] for row in found])


def _row(offset: int, record: Record, time_us: int) -> tuple[int, bytes | None, bytes | None, int, str | None]:
    headers = None
    if record.headers:
        headers = json.dumps([[name, value.hex()] for name, value in record.headers])
    return offset, record.key, record.value, time_us, headers


def _headers(text: str | None) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, bytes.fromhex(value)) for name, value in json.loads(text)) if text else ()


def _runs(offsets: Sequence[int]) -> list[tuple[int, int]]:
    """Consecutive offsets as (first, count), none longer than a sealed block."""
    runs: list[tuple[int, int]] = []
    for offset in offsets:
        if runs and runs[-1][0] + runs[-1][1] == offset and runs[-1][1] < SEALED_BLOCK_RECORDS:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((offset, 1))
    return runs


def merged(tables: list[Table]) -> Table | None:
    """One table of what segments gave; None if they gave nothing."""
    return concatenated(tables) if tables else None
