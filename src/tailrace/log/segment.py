"""One segment file of a partition: SQLite, small appends as rows, large ones as Arrow blocks.

Named by its first offset. `meta.end` is the offset after its last record; it moves in the transaction that
adds the records, so that it is exact after any crash. A sealed segment takes no more records. Rows and
blocks carry checksums that every read verifies: what is damaged is an error, never left out.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from arro3.core import Table

from tailrace.log.arrow import decode_block, encode_block, placed, records_table
from tailrace.log.contract import CorruptLog, Record
from tailrace.model.errors import EnvironmentFailure

BLOCK_RECORDS_MIN = 500
"""An append of one record as a block costs 1,232 bytes for 78: small ones stay rows until sealing."""
ROWS_AT_ONCE = 10_000
"""Rows read in one step, and records of a block made of rows."""
BUSY_TIMEOUT_MS = 30_000

_SCHEMA = """
CREATE TABLE rows (
  offset INTEGER PRIMARY KEY, key BLOB, value BLOB, timestamp_us INTEGER NOT NULL, headers TEXT,
  checksum INTEGER NOT NULL
);
CREATE TABLE blocks (
  offset INTEGER PRIMARY KEY, records INTEGER NOT NULL, size INTEGER NOT NULL,
  latest_us INTEGER NOT NULL, checksum INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE producers (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1), "end" INTEGER NOT NULL, created_us INTEGER NOT NULL,
  latest_us INTEGER NOT NULL, sealed INTEGER NOT NULL
);
"""

_forked: list[sqlite3.Connection] = []
"""Connections of a parent process: closing them here could touch the parent's write-ahead log."""


@dataclass(frozen=True)
class Meta:
    """What a segment says of itself."""

    end: int
    created_us: int
    latest_us: int
    sealed: bool


@dataclass(frozen=True)
class Piece:
    """The records of one append, as they are stored: rows or one block."""

    count: int
    latest_us: int
    rows: Sequence[tuple[Record, int]] = ()
    block: tuple[bytes, int] | None = None


def piece_of(records: Sequence[Record], now_us: int) -> Piece:
    """Records as rows if they are few, as a block if they are many."""
    times = [now_us if record.timestamp_us is None else record.timestamp_us for record in records]
    latest = max(times, default=0)
    if len(records) >= BLOCK_RECORDS_MIN:
        return Piece(len(records), latest, block=encode_block(records_table(records, times)))
    return Piece(len(records), latest, rows=tuple(zip(records, times, strict=True)))


class Segment:
    """An open segment; one per process and thread. Raises FileNotFoundError if the file is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first = int(path.stem)
        self._inode = path.stat().st_ino
        self._pid = os.getpid()
        self._decoded: tuple[int, Table] | None = None
        with self._guarded():
            try:
                address = f"file:{quote(str(path.resolve()))}?mode=rw"
                self._db = sqlite3.connect(
                    address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000
                )
                self._db.execute("PRAGMA synchronous = FULL")
            except sqlite3.OperationalError:
                if not path.exists():
                    raise FileNotFoundError(path) from None
                raise

    @staticmethod
    def create(path: Path, now_us: int, producers: Sequence[tuple[str, int]]) -> None:
        """Make the file whole and synced, then give it its name; another process may have been faster."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
        temporary.unlink(missing_ok=True)
        db = sqlite3.connect(temporary, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(_SCHEMA)
        db.execute("INSERT INTO meta VALUES (1, ?, ?, 0, 0)", (int(path.stem), now_us))
        db.executemany("INSERT INTO producers VALUES (?, ?)", producers)
        db.close()
        sync(temporary)
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        sync(path.parent)

    def is_current(self) -> bool:
        """False after a fork, which SQLite connections do not survive, and once the file is another."""
        return self._pid == os.getpid() and self.path.stat().st_ino == self._inode

    def close(self) -> None:
        if self._pid == os.getpid():
            self._db.close()
        else:
            _forked.append(self._db)

    def meta(self) -> Meta:
        with self._guarded():
            row = self._db.execute('SELECT "end", created_us, latest_us, sealed FROM meta').fetchone()
        if row is None:
            raise CorruptLog(f"{self.path} has no row in meta.", hint=_HINT)
        return Meta(row[0], row[1], row[2], bool(row[3]))

    def append(self, piece: Piece, producer: str | None, sequence: int | None) -> tuple[int, bool] | None:
        """(first offset, duplicate); None if the segment is sealed and another must be taken."""
        with self._transaction("IMMEDIATE"):
            meta = self.meta()
            if meta.sealed:
                return None
            if producer is not None and sequence is not None:
                last = self.sequence(producer)
                if last is not None and sequence <= last:
                    return meta.end, True
                self._db.execute("INSERT OR REPLACE INTO producers VALUES (?, ?)", (producer, sequence))
            if piece.block is not None:
                self._insert_block(meta.end, piece.count, piece.latest_us, *piece.block)
            else:
                self._db.executemany(
                    "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)",
                    [_row(meta.end + i, record, time) for i, (record, time) in enumerate(piece.rows)],
                )
            self._db.execute(
                'UPDATE meta SET "end" = ?, latest_us = ?',
                (meta.end + piece.count, max(meta.latest_us, piece.latest_us)),
            )
            return meta.end, False

    def sequence(self, producer: str) -> int | None:
        """The last sequence of a producer."""
        with self._guarded():
            row = self._db.execute("SELECT sequence FROM producers WHERE name = ?", (producer,)).fetchone()
        return None if row is None else int(row[0])

    def producers(self) -> list[tuple[str, int]]:
        """Every producer's last sequence, to be carried into the next segment."""
        with self._guarded():
            return list(self._db.execute("SELECT name, sequence FROM producers").fetchall())

    def seal(self) -> None:
        """No record is added any more."""
        with self._guarded():
            self._db.execute("UPDATE meta SET sealed = 1")

    def read(self, offset: int, rows_max: int, bytes_max: int) -> tuple[list[Table], int, int]:
        """(tables, rows, about how many bytes) from `offset` on, in order; at least one record."""
        tables: list[Table] = []
        rows, size = 0, 0
        # One snapshot: sealed rows may become blocks while we read.
        with self._transaction("DEFERRED"):
            end = self.meta().end
            while offset + rows < end and rows < rows_max and (size < bytes_max or not tables):
                position = offset + rows
                table, start = self._stored(position, end)
                row_bytes = max(1, table.nbytes // max(1, table.num_rows))
                affordable = max(1, (bytes_max - size) // row_bytes)
                take = min(start + table.num_rows - position, rows_max - rows, affordable)
                tables.append(placed(table.slice(position - start, take), position))
                rows += take
                size += take * row_bytes
        return tables, rows, size

    def compact(self) -> None:
        """Turn rows into blocks; only of a sealed segment. Every block is a transaction of its own."""
        turned = False
        while True:
            with self._transaction("IMMEDIATE"):
                first = self._db.execute("SELECT min(offset) FROM rows").fetchone()[0]
                if first is None:
                    break
                table = self._rows(first, self.meta().end)
                latest = max(table.column("timestamp").to_pylist())
                self._insert_block(first, table.num_rows, latest, *encode_block(table))
                self._db.execute("DELETE FROM rows WHERE offset < ?", (first + table.num_rows,))
                turned = True
        if turned:
            with self._guarded():
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def offset_at(self, time_us: int) -> int | None:
        """The first offset with that time or later; None if there is none here."""
        with self._transaction("DEFERRED"):
            block = self._db.execute(
                "SELECT offset FROM blocks WHERE latest_us >= ? ORDER BY offset LIMIT 1", (time_us,)
            ).fetchone()
            row = self._db.execute(
                "SELECT min(offset) FROM rows WHERE timestamp_us >= ?", (time_us,)
            ).fetchone()
            found = [] if row[0] is None else [int(row[0])]
            if block is not None:
                table, start = self._stored(block[0], block[0] + 1)
                times = table.column("timestamp").to_pylist()
                found.append(start + next(i for i, value in enumerate(times) if value >= time_us))
        return min(found, default=None)

    def _insert_block(self, first: int, count: int, latest_us: int, data: bytes, checksum: int) -> None:
        self._db.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
            (first, count, len(data), latest_us, checksum, data),
        )

    def _stored(self, position: int, end: int) -> tuple[Table, int]:
        """(the block or the run of rows that holds `position`, its first offset)."""
        if self._decoded is not None:
            first, table = self._decoded
            if first <= position < first + table.num_rows:
                return table, first
        row = self._db.execute(
            "SELECT offset, records FROM blocks WHERE offset <= ? ORDER BY offset DESC LIMIT 1", (position,)
        ).fetchone()
        if row is None or position >= row[0] + row[1]:
            return self._rows(position, end), position
        first, records = row
        checksum, data = self._db.execute(
            "SELECT checksum, data FROM blocks WHERE offset = ?", (first,)
        ).fetchone()
        place = f"{self.path}, offsets {first} to {first + records - 1}"
        table = decode_block(data, checksum, place)
        if table.num_rows != records:
            raise CorruptLog(f"{place}: {table.num_rows} of {records} records are there.", hint=_HINT)
        self._decoded = (first, table)
        return table, first

    def _rows(self, offset: int, end: int) -> Table:
        """Rows from `offset` up to the next block."""
        following = self._db.execute("SELECT min(offset) FROM blocks WHERE offset > ?", (offset,)).fetchone()[
            0
        ]
        limit = min(end if following is None else following, offset + ROWS_AT_ONCE)
        found = self._db.execute(
            "SELECT key, value, timestamp_us, headers, checksum FROM rows"
            " WHERE offset >= ? AND offset < ? ORDER BY offset",
            (offset, limit),
        ).fetchall()
        if len(found) != limit - offset:
            problem = f"{len(found)} of {limit - offset} records are there"
            raise CorruptLog(f"{self.path}, offsets {offset} to {limit - 1}: {problem}.", hint=_HINT)
        for i, (key, value, time, headers, checksum) in enumerate(found):
            if _row_checksum(key, value, time, headers) != checksum:
                problem = "is damaged: its checksum does not match"
                raise CorruptLog(f"{self.path}, offset {offset + i} {problem}.", hint=_HINT)
        records = [Record(key, value, None, _headers(headers)) for key, value, _, headers, _ in found]
        return records_table(records, [row[2] for row in found])

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        with self._guarded():
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise EnvironmentFailure(
                f"{self.path}: {error}.", hint="look at the disk and try again"
            ) from error
        except sqlite3.DatabaseError as error:
            end = "its last offset"
            raise CorruptLog(f"{self.path}, offsets {self.first} to {end}: {error}.", hint=_HINT) from error


_HINT = "put the file back from a copy"


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _row_checksum(key: bytes | None, value: bytes | None, time_us: int, headers: str | None) -> int:
    lengths = (-1 if key is None else len(key), -1 if value is None else len(value))
    start = zlib.crc32(f"{time_us} {lengths} {headers}".encode())
    return zlib.crc32(value or b"", zlib.crc32(key or b"", start))


_StoredRow = tuple[int, bytes | None, bytes | None, int, str | None, int]


def _row(offset: int, record: Record, time_us: int) -> _StoredRow:
    headers = None
    if record.headers:
        headers = json.dumps([[name, value.hex()] for name, value in record.headers])
    checksum = _row_checksum(record.key, record.value, time_us, headers)
    return offset, record.key, record.value, time_us, headers, checksum


def _headers(text: str | None) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, bytes.fromhex(value)) for name, value in json.loads(text)) if text else ()
