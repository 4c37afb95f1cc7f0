"""Lines into a topic and records out of it, for the command line.

A topic needs no valid SQL: only the project's paths are looked at.
"""

from __future__ import annotations

import json
import os
import select
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from arro3.core import DataType

from tailrace.log.contract import RECORD_BYTES_MAX, Log, Record, TopicInfo
from tailrace.log.murmur2 import partition_of
from tailrace.model.errors import UsageError

BATCH_RECORDS = 10_000
BATCH_BYTES = 8 * 1024 * 1024
WAIT_SECONDS = 0.1
"""A live pipe's lines are appended at the latest after this long without a further one."""
CHUNK = 1 << 20
FOLLOW_SECONDS = 1.0


def made_topic(log: Log, topic: str, partitions: int | None, otherwise: int) -> TopicInfo:
    """A topic that is made if it is not there, then with `otherwise` partitions unless a number is given.

    Raises UsageError where it is there with another number than the one that is given.
    """
    info = log.create(topic, partitions or otherwise)
    if partitions is not None and info.partitions != partitions:
        raise UsageError(
            f"Topic {topic!r} has {info.partitions} partitions, not {partitions}.",
            hint="how many a topic has is settled when it is made: leave --partitions out, or name another topic",
        )
    return info


@dataclass
class Produced:
    """What was sent; `refused` are (line, reason), lines counted from 1."""

    sent: int = 0
    bytes: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


class Producer:
    """Collects records per partition and appends them in batches."""

    def __init__(self, log: Log, topic: str, key_field: str | None) -> None:
        self._log = log
        self._topic = topic
        self._key_field = key_field
        self._partitions = log.describe(topic).partitions
        self._waiting: dict[int, list[Record]] = {}
        self._size = 0
        self._count = 0
        self._turn = 0
        self.done = Produced()

    def add(self, number: int, line: bytes) -> None:
        """Take one line: its bytes are the value. A line that cannot be sent is noted with its reason."""
        key, problem = self._key(line)
        size = len(line) + len(key or b"")
        if problem is None and size > RECORD_BYTES_MAX:
            problem = f"has {size:,} bytes; {RECORD_BYTES_MAX:,} are allowed"
        if problem is not None:
            self.done.refused.append((number, problem))
            return
        self._waiting.setdefault(self._partition(key), []).append(Record(key, line))
        self._size += size
        self._count += 1
        if self._count >= BATCH_RECORDS or self._size >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Append what waits; it is durable when this returns."""
        for partition, records in sorted(self._waiting.items()):
            self._log.append(self._topic, partition, records)
        self.done.sent += self._count
        self.done.bytes += self._size
        self._waiting, self._count, self._size = {}, 0, 0
        self._turn += 1

    def _partition(self, key: bytes | None) -> int:
        """By the key as Kafka's client has it; records without one take turns, batch by batch."""
        if self._partitions == 1:
            return 0
        return self._turn % self._partitions if key is None else partition_of(key, self._partitions)

    def _key(self, line: bytes) -> tuple[bytes | None, str | None]:
        if self._key_field is None:
            return None, None
        try:
            value = json.loads(line)
        except ValueError:
            return None, "is not JSON, so it has no key"
        if not isinstance(value, dict) or self._key_field not in value:
            return None, f"has no field {self._key_field!r}"
        key = value[self._key_field]
        if isinstance(key, str):
            return key.encode(), None
        return json.dumps(key, separators=(",", ":"), ensure_ascii=False).encode(), None


def produce_lines(
    log: Log,
    topic: str,
    source: BinaryIO,
    key_field: str | None = None,
    progress: Callable[[Produced], None] = lambda produced: None,
) -> Produced:
    """Send every line of `source`; the newline is no part of it, anything else is."""
    producer = Producer(log, topic, key_field)
    rest = b""
    number = 0
    descriptor = source.fileno()
    while True:
        ready = select.select([descriptor], [], [], WAIT_SECONDS)[0] if _waits(descriptor) else [descriptor]
        if not ready:
            producer.flush()
            progress(producer.done)
            continue
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            producer.add(number, line)
        progress(producer.done)
    if rest:
        producer.add(number + 1, rest)
    producer.flush()
    progress(producer.done)
    return producer.done


def _waits(descriptor: int) -> bool:
    """Whether reading may wait: a pipe or a terminal, no file."""
    mode = os.fstat(descriptor).st_mode
    return not stat.S_ISREG(mode)


@dataclass(frozen=True)
class Consumed:
    """One record as it is in the topic."""

    partition: int
    offset: int
    timestamp_us: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def consume(log: Log, topic: str, begin: str, limit: int | None, partition: int | None) -> Iterator[Consumed]:
    """Records partition by partition, each from `begin`: earliest, latest, or an offset."""
    begins, ends = log.begin_offsets(topic), log.end_offsets(topic)
    wanted = sorted(ends) if partition is None else [partition]
    left = limit
    for number in wanted:
        if number not in ends:
            raise UsageError(f"Topic {topic!r} has partitions 0 to {len(ends) - 1}, not {number}.")
        position = _start(begin, begins[number], ends[number])
        while position < ends[number] and (left is None or left > 0):
            rows = min(10_000, ends[number] - position, left if left is not None else 10_000)
            table = log.read(topic, number, position, rows, 16 * 1024 * 1024)
            yield from _records(table, number)
            position += table.num_rows
            left = None if left is None else left - table.num_rows


def follow(log: Log, topic: str, begin: str, limit: int | None, partition: int | None) -> Iterator[Consumed]:
    """As `consume`, and then what is appended later, without an end unless there is a limit."""
    begins, ends = log.begin_offsets(topic), log.end_offsets(topic)
    if partition is not None and partition not in ends:
        raise UsageError(f"Topic {topic!r} has partitions 0 to {len(ends) - 1}, not {partition}.")
    wanted = sorted(ends) if partition is None else [partition]
    positions = {number: _start(begin, begins[number], ends[number]) for number in wanted}
    left = limit
    while left is None or left > 0:
        before = dict(positions)
        for number in wanted:
            rows = 10_000 if left is None else min(10_000, left)
            table = log.read(topic, number, positions[number], rows, 16 * 1024 * 1024)
            yield from _records(table, number)
            positions[number] += table.num_rows
            left = None if left is None else left - table.num_rows
        if positions == before:
            log.watch({(topic, number): end for number, end in positions.items()}, FOLLOW_SECONDS)


def _start(begin: str, first: int, end: int) -> int:
    if begin == "earliest":
        return first
    if begin == "latest":
        return end
    if not begin.isdigit():
        raise UsageError(f"--from {begin!r} is none of earliest, latest or an offset.")
    return min(max(int(begin), first), end)


def _records(table: Any, partition: int) -> Iterator[Consumed]:
    columns = {name: table.column(name).to_pylist() for name in ("key", "value", "offset", "headers")}
    times = _microseconds(table.column("timestamp"))
    for i, offset in enumerate(columns["offset"]):
        headers = tuple((pair["key"], pair["value"]) for pair in columns["headers"][i] or ())
        yield Consumed(partition, offset, times[i], columns["key"][i], columns["value"][i], headers)


def _microseconds(column: Any) -> list[int]:
    found: list[int] = column.cast(DataType.int64()).to_pylist()
    return found
