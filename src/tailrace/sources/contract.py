"""The contract of sources: what brings rows from outside into a topic, without a double row after a kill.

A source is given an `Appender`: one topic under one producer's name. Each append carries a sequence, which
the log stores in the transaction of the records. After a start the source asks `last(partition)` and goes
on after it: what was appended is not brought again, what was not appended is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tailrace.log.contract import Appended, Log
from tailrace.model.clock import Clock


class Appender:
    """A topic as one producer sees it. The topic must be there."""

    def __init__(self, log: Log, topic: str, producer: str) -> None:
        self._log = log
        self._topic = topic
        self._producer = producer
        self.partitions = log.describe(topic).partitions

    def last(self, partition: int) -> int | None:
        """The sequence of this producer's last append to a partition; None before the first."""
        return self._log.last_sequence(self._topic, partition, self._producer)

    def append(self, partition: int, table: Any, sequence: int) -> Appended:
        """Append Arrow data (see `Log.append_arrow`); durable when it returns.

        Sequences rise; they need not be dense. One at or below the last is acknowledged without a record.
        """
        return self._log.append_arrow(self._topic, partition, table, self._producer, sequence)


class Source(Protocol):
    """Brings rows, a step at a time; the caller owns the loop, the clock and the end."""

    def step(self) -> float | None:
        """Append what is due now, in at most one append per partition.

        Returns the seconds until the next call (0 = at once), or None when there is nothing more to
        bring. May be ended by SIGKILL at any point; a new source on the same topic goes on.
        """
        ...


def drive(sources: Sequence[Source], clock: Clock, stopped: Callable[[], bool]) -> None:
    """Call every source when it is due, until all have ended or `stopped()`; sleeps at most 0.2 s."""
    due = dict.fromkeys(range(len(sources)), clock.monotonic())
    while due and not stopped():
        number = min(due, key=lambda n: due[n])
        wait = due[number] - clock.monotonic()
        if wait > 0:
            clock.sleep(min(wait, 0.2))
            continue
        pause = sources[number].step()
        if pause is None:
            del due[number]
        else:
            due[number] = clock.monotonic() + pause
