"""Keys to partitions as Kafka's Java client does it: murmur2 over the key's bytes."""

from __future__ import annotations

from dataclasses import dataclass

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The hash as a signed 32-bit number, as in `org.apache.kafka.common.utils.Utils.murmur2`."""
    length = len(data)
    h = (_SEED ^ length) & _MASK
    whole = length - length % 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    h ^= h >> 15
    return h - (1 << 32) if h & 0x80000000 else h


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


@dataclass
class Partitioner:
    """Spreads records over partitions: keys by their hash, records without a key in turn.

    `turn` counts the records without a key so far; the same keys from the same `turn` give the same
    partitions.
    """

    partitions: int
    turn: int = 0

    def partition(self, key: bytes | None) -> int:
        """The partition of the next record."""
        if key is not None:
            return partition_of(key, self.partitions)
        self.turn += 1
        return (self.turn - 1) % self.partitions
