"""The embedded log: a folder per topic, a folder per partition, SQLite segments in it.

    <log>/<topic>/topic.json                    identity, partitions, retention
    <log>/<topic>/<p>/<first offset>.segment

The last segment is active. Any number of processes append and read; SQLite's lock orders appends. A
segment's file gets its name when it is complete, so every file that is listed counts.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from arro3.core import Table

from tailrace.log.arrow import arrow_records, check_sizes, concatenated, encode_block, placed, records_table
from tailrace.log.contract import (
    RECORD_BYTES_MAX,
    Appended,
    CorruptLog,
    LogGap,
    Record,
    RecordTooLarge,
    TopicInfo,
)
from tailrace.log.segment import Piece, Segment, piece_of, sync
from tailrace.model.clock import Clock
from tailrace.model.errors import UsageError
from tailrace.model.topic import NAME_HINT, is_topic_name

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_US = 3_600 * 1_000_000
OPEN_SEGMENTS_MAX = 64
"""Open segments a thread keeps: three files each, of the 1,024 that a process usually may have."""
WATCH_INTERVAL_S = 0.02
T = TypeVar("T")


class EmbeddedLog:
    """Implements `log.contract.Log`."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        segment_bytes: int = SEGMENT_BYTES,
        segment_us: int = SEGMENT_US,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._segment_us = segment_us
        self._local = threading.local()

    def topics(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        found = (path.parent.name for path in self._folder.glob("*/topic.json"))
        return sorted(name for name in found if not name.startswith("."))

    def create(
        self,
        topic: str,
        partitions: int = 1,
        retention_seconds: float | None = None,
        retention_bytes: int | None = None,
    ) -> TopicInfo:
        _check_name(topic)
        if partitions < 1:
            raise UsageError(f"Topic {topic!r} needs at least one partition, not {partitions}.")
        folder = self._folder / topic
        if (folder / "topic.json").exists():
            return self.describe(topic)
        for partition in range(partitions):
            (folder / str(partition)).mkdir(parents=True, exist_ok=True)
        value = {
            "log_id": str(uuid.uuid4()),
            "partitions": partitions,
            "retention_seconds": retention_seconds,
            "retention_bytes": retention_bytes,
        }
        temporary = _temporary(folder, value)
        try:
            (folder / "topic.json").hardlink_to(temporary)
        except FileExistsError:
            return self.describe(topic)
        finally:
            temporary.unlink()
        sync(folder)
        sync(self._folder)
        return self.describe(topic)

    def set_retention(self, topic: str, seconds: float | None, bytes: int | None) -> None:
        info = self.describe(topic)
        if (info.retention_seconds, info.retention_bytes) == (seconds, bytes):
            return
        folder = self._folder / topic
        value = {
            "log_id": info.log_id,
            "partitions": info.partitions,
            "retention_seconds": seconds,
            "retention_bytes": bytes,
        }
        _temporary(folder, value).replace(folder / "topic.json")
        sync(folder)

    def describe(self, topic: str) -> TopicInfo:
        try:
            value = json.loads((self._folder / topic / "topic.json").read_text())
        except (FileNotFoundError, NotADirectoryError):
            known = ", ".join(self.topics()) or "none"
            raise UsageError(f"There is no topic {topic!r}.", hint=f"topics: {known}") from None
        except ValueError as error:
            raise _damaged(self._folder / topic, str(error)) from error
        try:
            return TopicInfo(
                topic,
                value["partitions"],
                value["log_id"],
                value["retention_seconds"],
                value["retention_bytes"],
            )
        except (KeyError, TypeError) as error:
            raise _damaged(self._folder / topic, f"{error} is not there") from error

    def append(
        self,
        topic: str,
        partition: int,
        records: Sequence[Record],
        producer: str | None = None,
        sequence: int | None = None,
    ) -> Appended:
        for index, record in enumerate(records):
            size = record.size()
            if size > RECORD_BYTES_MAX:
                raise RecordTooLarge(index, size)
        now_us = self._clock.now_us()
        return self._append(topic, partition, piece_of(records, now_us), now_us, producer, sequence)

    def append_arrow(
        self,
        topic: str,
        partition: int,
        table: Any,
        producer: str | None = None,
        sequence: int | None = None,
    ) -> Appended:
        now_us = self._clock.now_us()
        piece = _arrow_piece(Table.from_arrow(table), now_us)
        return self._append(topic, partition, piece, now_us, producer, sequence)

    def _append(
        self,
        topic: str,
        partition: int,
        piece: Piece,
        now_us: int,
        producer: str | None,
        sequence: int | None,
    ) -> Appended:
        self._check_partition(topic, partition)
        while True:
            done = self._active(topic, partition, now_us).append(piece, producer, sequence)
            if done is not None:
                first, duplicate = done
                return Appended(first, 0 if duplicate else piece.count, duplicate)

    def last_sequence(self, topic: str, partition: int, producer: str) -> int | None:
        self._check_partition(topic, partition)
        paths = self._paths(topic, partition)
        return self._open(paths[-1]).sequence(producer) if paths else None

    def read(self, topic: str, partition: int, offset: int, rows_max: int, bytes_max: int) -> Any:
        self._check_partition(topic, partition)
        return self._listed(
            topic, partition, lambda paths: self._read(topic, partition, paths, offset, rows_max, bytes_max)
        )

    def _read(
        self, topic: str, partition: int, paths: list[Path], offset: int, rows_max: int, bytes_max: int
    ) -> Any:
        begin, end = self._begin_of(paths), self._end_of(paths)
        if offset < begin or offset > end:
            raise LogGap(topic, partition, offset, begin, end)
        tables: list[Any] = []
        rows, size = 0, 0
        for path, following in itertools.zip_longest(paths, paths[1:]):
            if following is not None and int(following.stem) <= offset + rows:
                continue
            if rows >= rows_max or (tables and size >= bytes_max):
                break
            found, count, length = self._open(path).read(offset + rows, rows_max - rows, bytes_max - size)
            tables += found
            rows += count
            size += length
        return concatenated(tables) if tables else placed(records_table([], []), offset)

    def begin_offsets(self, topic: str) -> dict[int, int]:
        partitions = range(self.describe(topic).partitions)
        return {partition: self._begin_of(self._paths(topic, partition)) for partition in partitions}

    def end_offsets(self, topic: str) -> dict[int, int]:
        partitions = range(self.describe(topic).partitions)
        return {partition: self._listed(topic, partition, self._end_of) for partition in partitions}

    def offset_at(self, topic: str, partition: int, time_us: int) -> int:
        self._check_partition(topic, partition)

        def find(paths: list[Path]) -> int:
            for path in paths:
                segment = self._open(path)
                found = segment.offset_at(time_us) if segment.meta().latest_us >= time_us else None
                if found is not None:
                    return found
            return self._end_of(paths)

        return self._listed(topic, partition, find)

    def watch(self, ends: Mapping[tuple[str, int], int], timeout_s: float) -> bool:
        deadline = self._clock.monotonic() + timeout_s
        while True:
            for (topic, partition), end in ends.items():
                if self._listed(topic, partition, self._end_of) > end:
                    return True
            left = deadline - self._clock.monotonic()
            if left <= 0:
                return False
            self._clock.sleep(min(left, WATCH_INTERVAL_S))

    def retention(self, topic: str, protect: Mapping[int, int]) -> int:
        info = self.describe(topic)
        gone = 0
        for partition in range(info.partitions):
            for path in self._paths(topic, partition)[:-1]:
                self._open(path).compact()
            gone += self._forget(info, partition, protect.get(partition, 0))
        return gone

    def seal(self, topic: str, partition: int) -> None:
        paths = self._paths(topic, partition)
        if paths:
            segment = self._open(paths[-1])
            if segment.meta().end > segment.first:
                segment.seal()

    def delete_topic(self, topic: str) -> None:
        info = self.describe(topic)
        for path in [path for path in self._cache() if path.parent.parent.name == topic]:
            self._cache().pop(path).close()
        # Away in one step: what is half deleted must not look like a topic.
        doomed = self._folder / f".deleted-{info.log_id}"
        (self._folder / topic).rename(doomed)
        shutil.rmtree(doomed)

    def close(self) -> None:
        """Close the files of this thread; a later call opens them again."""
        for segment in self._cache().values():
            segment.close()
        self._cache().clear()

    def _forget(self, info: TopicInfo, partition: int, needed: int) -> int:
        """Unlink whole sealed segments that all readers have passed and the topic need not keep."""
        paths = self._paths(info.name, partition)
        now_us = self._clock.now_us()
        total = sum(_size(path) for path in paths)
        gone = 0
        for path, following in itertools.pairwise(paths):
            end = int(following.stem)
            age_s = (now_us - self._open(path).meta().latest_us) / 1_000_000
            too_old = info.retention_seconds is not None and age_s > info.retention_seconds
            too_much = info.retention_bytes is not None and total > info.retention_bytes
            if end > needed or not (too_old or too_much):
                break
            total -= _size(path)
            gone += end - int(path.stem)
            self._drop(path)
        return gone

    def _drop(self, path: Path) -> None:
        self._cache().pop(path).close()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)

    def _active(self, topic: str, partition: int, now_us: int) -> Segment:
        """The segment to append to; a full or old one is sealed and a new one begun."""
        paths = self._paths(topic, partition)
        if not paths:
            return self._begin(topic, partition, 0, now_us, [])
        segment = self._open(paths[-1])
        meta = segment.meta()
        old = now_us - meta.created_us >= self._segment_us
        if not meta.sealed and meta.end > segment.first and (old or _size(paths[-1]) >= self._segment_bytes):
            segment.seal()
            meta = segment.meta()
        if not meta.sealed:
            return segment
        return self._begin(topic, partition, meta.end, now_us, segment.producers())

    def _begin(
        self, topic: str, partition: int, first: int, now_us: int, producers: Sequence[tuple[str, int]]
    ) -> Segment:
        path = self._folder / topic / str(partition) / f"{first:020}.segment"
        Segment.create(path, now_us, producers)
        return self._open(path)

    def _check_partition(self, topic: str, partition: int) -> None:
        partitions = self.describe(topic).partitions
        if not 0 <= partition < partitions:
            raise UsageError(f"Topic {topic!r} has partitions 0 to {partitions - 1}, not {partition}.")

    def _listed(self, topic: str, partition: int, use: Callable[[list[Path]], T]) -> T:
        """Call `use` with the segments; again if retention unlinked one of them meanwhile."""
        while True:
            try:
                return use(self._paths(topic, partition))
            except FileNotFoundError:
                continue

    def _paths(self, topic: str, partition: int) -> list[Path]:
        folder = self._folder / topic / str(partition)
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".segment"))
        except FileNotFoundError:
            return []
        return [folder / name for name in names]

    def _begin_of(self, paths: list[Path]) -> int:
        return int(paths[0].stem) if paths else 0

    def _end_of(self, paths: list[Path]) -> int:
        return self._open(paths[-1]).meta().end if paths else 0

    def _open(self, path: Path) -> Segment:
        cache = self._cache()
        segment = cache.pop(path, None)
        if segment is not None and not segment.is_current():
            segment.close()
            segment = None
        cache[path] = segment = segment or Segment(path)
        while len(cache) > OPEN_SEGMENTS_MAX:
            cache.pop(next(iter(cache))).close()
        return segment

    def _cache(self) -> dict[Path, Segment]:
        if not hasattr(self._local, "segments"):
            self._local.segments = {}
        found: dict[Path, Segment] = self._local.segments
        return found


def _arrow_piece(table: Table, now_us: int) -> Piece:
    if table.num_rows == 0:
        return Piece(0, 0)
    block = arrow_records(table, now_us)
    check_sizes(block)
    given = "timestamp" in table.column_names
    latest = max(block.column("timestamp").to_pylist()) if given else now_us
    return Piece(block.num_rows, latest, block=encode_block(block))


def _size(path: Path) -> int:
    """Bytes of a segment on disk, its write-ahead log included."""
    wal = path.with_name(path.name + "-wal")
    return path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)


def _damaged(folder: Path, reason: str) -> CorruptLog:
    return CorruptLog(f"{folder / 'topic.json'} is damaged: {reason}.", hint="put the file back from a copy")


def _temporary(folder: Path, value: Mapping[str, object]) -> Path:
    """A synced file of a topic's `value`, to be linked or moved to its place."""
    path = folder / f".topic-{os.getpid()}-{threading.get_ident()}.tmp"
    path.write_text(json.dumps(value))
    sync(path)
    return path


def _check_name(topic: str) -> None:
    if not is_topic_name(topic):
        raise UsageError(f"{topic!r} is no name for a topic.", hint=NAME_HINT)
