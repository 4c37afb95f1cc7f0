"""The embedded log: a folder per topic, a folder per partition, SQLite segments in it.

    <log>/<topic>/topic.json            identity, partitions, retention
    <log>/<topic>/<p>/<first offset>.segment

The last segment is active. Any number of processes append and read; SQLite's lock orders appends.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tailrace.log.arrow import placed, records_table
from tailrace.log.contract import (
    RECORD_BYTES_MAX,
    Appended,
    LogGap,
    Record,
    RecordTooLarge,
    TopicInfo,
)
from tailrace.log.segment import Segment, merged
from tailrace.model.clock import Clock
from tailrace.model.errors import UsageError

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_US = 3_600 * 1_000_000
_NAME_SIGNS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


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
        return sorted(path.parent.name for path in self._folder.glob("*/topic.json"))

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
        temporary = folder / f".topic-{os.getpid()}.tmp"
        temporary.write_text(json.dumps(value))
        try:
            (folder / "topic.json").hardlink_to(temporary)
        except FileExistsError:
            return self.describe(topic)
        finally:
            temporary.unlink()
        return self.describe(topic)

    def describe(self, topic: str) -> TopicInfo:
        try:
            value = json.loads((self._folder / topic / "topic.json").read_text())
        except FileNotFoundError:
            known = ", ".join(self.topics()) or "none"
            raise UsageError(f"There is no topic {topic!r}.", hint=f"topics: {known}") from None
        return TopicInfo(
            topic, value["partitions"], value["log_id"], value["retention_seconds"], value["retention_bytes"]
        )

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
        while True:
            segment = self._active(topic, partition, now_us)
            done = segment.append(records, now_us, producer, sequence)
            if done is not None:
                first, duplicate = done
                return Appended(first, 0 if duplicate else len(records), duplicate)

    def last_sequence(self, topic: str, partition: int, producer: str) -> int | None:
        paths = self._paths(topic, partition)
        return self._open(paths[-1]).sequence(producer) if paths else None

    def read(self, topic: str, partition: int, offset: int, rows_max: int, bytes_max: int) -> Any:
        paths = self._paths(topic, partition)
        begin = int(paths[0].stem) if paths else 0
        end = self._open(paths[-1]).meta()[0] if paths else 0
        if offset < begin or offset > end:
            raise LogGap(topic, partition, offset, begin, end)
        tables: list[Any] = []
        rows, size = 0, 0
        firsts = [int(path.stem) for path in paths]
        for path, following in zip(paths, [*firsts[1:], end + 1], strict=False):
            if following <= offset + rows:
                continue
            if rows >= rows_max or (tables and size >= bytes_max):
                break
            found = self._open(path).read(offset + rows, rows_max - rows, bytes_max - size)
            tables += found
            rows += sum(table.num_rows for table in found)
            size += sum(table.nbytes for table in found)
        return merged(tables) or placed(records_table([], []), offset)

    def begin_offsets(self, topic: str) -> dict[int, int]:
        found = {}
        for partition in range(self.describe(topic).partitions):
            paths = self._paths(topic, partition)
            found[partition] = int(paths[0].stem) if paths else 0
        return found

    def end_offsets(self, topic: str) -> dict[int, int]:
        found = {}
        for partition in range(self.describe(topic).partitions):
            paths = self._paths(topic, partition)
            found[partition] = self._open(paths[-1]).meta()[0] if paths else 0
        return found

    def offset_at(self, topic: str, partition: int, time_us: int) -> int:
        paths = self._paths(topic, partition)
        for path in paths:
            segment = self._open(path)
            if segment.meta()[2] >= time_us:
                found = segment.offset_at(time_us)
                if found is not None:
                    return found
        return self._open(paths[-1]).meta()[0] if paths else 0

    def retention(self, topic: str, protect: Mapping[int, int]) -> int:
        info = self.describe(topic)
        gone = 0
        for partition in range(info.partitions):
            self._compact_sealed(topic, partition)
            gone += self._forget(info, partition, protect.get(partition, 0))
        return gone

    def seal(self, topic: str, partition: int) -> None:
        """Seal the active segment: the next append begins a new one."""
        paths = self._paths(topic, partition)
        if paths:
            segment = self._open(paths[-1])
            if segment.meta()[0] > segment.first:
                segment.seal()

    def _forget(self, info: TopicInfo, partition: int, needed: int) -> int:
        """Unlink whole sealed segments that all readers have passed and the topic need not keep."""
        paths = self._paths(info.name, partition)
        now_us = self._clock.now_us()
        total = sum(self._open(path).size() for path in paths)
        gone = 0
        for path in paths[:-1]:
            segment = self._open(path)
            end, _, latest, _ = segment.meta()
            age = (now_us - latest) / 1_000_000
            too_old = info.retention_seconds is not None and age > info.retention_seconds
            too_much = info.retention_bytes is not None and total > info.retention_bytes
            if end > needed or not (too_old or too_much):
                break
            total -= segment.size()
            gone += end - segment.first
            self._drop(path)
        return gone

    def _drop(self, path: Path) -> None:
        self._cache().pop(path).close()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)

    def _compact_sealed(self, topic: str, partition: int) -> None:
        for path in self._paths(topic, partition)[:-1]:
            segment = self._open(path)
            if segment.has_rows():
                segment.compact()

    def _active(self, topic: str, partition: int, now_us: int) -> Segment:
        """The segment to append to; a full or old one is sealed and a new one begun."""
        self._check_partition(topic, partition)
        paths = self._paths(topic, partition)
        if not paths:
            return self._begin(topic, partition, 0, now_us, [])
        segment = self._open(paths[-1])
        end, created_us, _, sealed = segment.meta()
        full = end > segment.first and (
            segment.size() >= self._segment_bytes or now_us - created_us >= self._segment_us
        )
        if full and not sealed:
            segment.seal()
            sealed = True
        if not sealed:
            return segment
        end = segment.meta()[0]
        return self._begin(topic, partition, end, now_us, segment.producers())

    def _begin(
        self, topic: str, partition: int, first: int, now_us: int, producers: Sequence[tuple[str, int]]
    ) -> Segment:
        path = self._folder / topic / str(partition) / f"{first:020}.segment"
        path.parent.mkdir(parents=True, exist_ok=True)
        segment = Segment.create(path, now_us, producers)
        self._cache()[path] = segment
        return segment

    def _check_partition(self, topic: str, partition: int) -> None:
        partitions = self.describe(topic).partitions
        if not 0 <= partition < partitions:
            raise UsageError(f"Topic {topic!r} has partitions 0 to {partitions - 1}, not {partition}.")

    def _paths(self, topic: str, partition: int) -> list[Path]:
        """Segments in order, as far as they are complete: a new one appears once it has its tables."""
        folder = self._folder / topic / str(partition)
        return sorted(path for path in folder.glob("*.segment") if self._is_made(path))

    def _is_made(self, path: Path) -> bool:
        if path in self._cache():
            return True
        try:
            self._open(path).meta()
        except Exception:
            segment = self._cache().pop(path, None)
            if segment is not None:
                segment.close()
            return False
        return True

    def _open(self, path: Path) -> Segment:
        cache = self._cache()
        segment = cache.get(path)
        if segment is None or not segment.is_ours:
            segment = cache[path] = Segment(path)
        return segment

    def _cache(self) -> dict[Path, Segment]:
        if not hasattr(self._local, "segments"):
            self._local.segments = {}
        found: dict[Path, Segment] = self._local.segments
        return found


def _check_name(topic: str) -> None:
    if not topic or len(topic) > 249 or set(topic) - _NAME_SIGNS or topic in (".", ".."):
        raise UsageError(
            f"{topic!r} is no name for a topic.", hint="letters, digits, '.', '_' and '-', at most 249"
        )
