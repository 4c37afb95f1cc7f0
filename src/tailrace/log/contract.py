"""The log's contract: what every log promises, and what the engine and producers rely on.

Offsets count from 0 in each partition, without holes unless the topic was compacted elsewhere. `end` is
the offset after the last record, `begin` the first that is still there; both are 0 in a new partition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tailrace.model.errors import DataError, Halt

RECORD_BYTES_MAX = 1024 * 1024
"""Key, value and headers of one record together; a larger record is refused."""


@dataclass(frozen=True)
class Record:
    """One record. `timestamp_us` None takes the log's own time; headers keep their order."""

    key: bytes | None
    value: bytes | None
    timestamp_us: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    def size(self) -> int:
        """Bytes of key, value and headers."""
        headers = sum(len(name.encode()) + len(value) for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers


@dataclass(frozen=True)
class TopicInfo:
    """A topic; `log_id` is a UUID made when it was created: another one means another topic."""

    name: str
    partitions: int
    log_id: str
    retention_seconds: float | None = None
    retention_bytes: int | None = None


@dataclass(frozen=True)
class Appended:
    """What an append did. `duplicate`: the sequence was there already, no record was added."""

    first_offset: int
    count: int
    duplicate: bool = False


class RecordTooLarge(DataError):
    """A record is over `RECORD_BYTES_MAX`; `index` is its place in the call. Nothing was appended."""

    def __init__(self, index: int, size: int) -> None:
        super().__init__(
            f"Record {index} has {size:,} bytes; {RECORD_BYTES_MAX:,} are allowed.",
            hint="store large objects as files and send their paths",
        )
        self.index = index
        self.size = size


class LogGap(Halt):
    """The offset asked for is gone or was never there; `begin` and `end` say what is."""

    def __init__(self, topic: str, partition: int, offset: int, begin: int, end: int) -> None:
        super().__init__(
            f"Topic {topic!r}, partition {partition} holds offsets {begin} to {end}, not {offset}.",
            hint=f"`tailrace topic reset {topic} --to earliest --lost-ok` goes on and counts the gap",
        )
        self.begin = begin
        self.end = end


class CorruptLog(DataError):
    """Stored records are damaged; the message names file and offsets. They are never cut off silently."""


class Log(Protocol):
    """Topics with partitions. Several processes may append and read at once."""

    def topics(self) -> list[str]:
        """Names of all topics, sorted."""
        ...

    def create(
        self,
        topic: str,
        partitions: int = 1,
        retention_seconds: float | None = None,
        retention_bytes: int | None = None,
    ) -> TopicInfo:
        """Create a topic; one that is there already keeps what it is and is returned."""
        ...

    def set_retention(self, topic: str, seconds: float | None, bytes: int | None) -> None:
        """What the topic keeps from now on; None is no limit. Raises UsageError if there is no such topic."""
        ...

    def describe(self, topic: str) -> TopicInfo:
        """Raises UsageError if there is no such topic."""
        ...

    def append(
        self,
        topic: str,
        partition: int,
        records: Sequence[Record],
        producer: str | None = None,
        sequence: int | None = None,
    ) -> Appended:
        """Durable when it returns, all or nothing.

        `sequence` counts the append calls of one `producer` to one partition from 0; a call whose
        sequence is not above the last one stored is acknowledged without a record. Both are stored in the
        transaction of the records. Raises RecordTooLarge.
        """
        ...

    def append_arrow(
        self,
        topic: str,
        partition: int,
        table: Any,
        producer: str | None = None,
        sequence: int | None = None,
    ) -> Appended:
        """As `append`, of Arrow data (anything with `__arrow_c_stream__`): column value, and if it likes
        key, timestamp, headers. The whole table is one append."""
        ...

    def last_sequence(self, topic: str, partition: int, producer: str) -> int | None:
        """The last sequence stored for a producer, None if there is none; survives retention."""
        ...

    def read(self, topic: str, partition: int, offset: int, rows_max: int, bytes_max: int) -> Any:
        """Records from `offset` on as an Arrow table: key, value BINARY, offset BIGINT, timestamp
        (microseconds, UTC), headers LIST<STRUCT<key, value>>.

        At most `rows_max` rows and about `bytes_max` bytes, at least one record if there is one and
        `rows_max` allows it. Empty at the end. Raises LogGap for an offset below `begin` or above `end`.
        """
        ...

    def begin_offsets(self, topic: str) -> dict[int, int]:
        """Partition to its first offset."""
        ...

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Partition to the offset after its last record."""
        ...

    def offset_at(self, topic: str, partition: int, time_us: int) -> int:
        """The first offset whose record has that time or a later one; the end if there is none."""
        ...

    def retention(self, topic: str, protect: Mapping[int, int]) -> int:
        """Forget whole sealed segments that are older or more than the topic keeps.

        Never a record at or after the partition's offset in `protect`. Returns how many records went.
        """
        ...

    def seal(self, topic: str, partition: int) -> None:
        """End the active segment, if it has records: the next append begins a new one."""
        ...

    def watch(self, ends: Mapping[tuple[str, int], int], timeout_s: float) -> bool:
        """Wait until a (topic, partition) has records at or after the offset given; False at timeout.

        Pass the `end` that was seen last. Looks once even if `timeout_s` is 0.
        """
        ...

    def delete_topic(self, topic: str) -> None:
        """Remove a topic with all records; a topic made later under its name has another `log_id`."""
        ...
