"""How fast the embedded log appends and reads on this machine: `python benchmarks/log.py [EVENTS]`.

One partition, values of about 90 bytes, appends of 100,000 (Arrow), 10,000 and 1 record. Prints a table.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from arro3.core import Array, DataType, Table

from tailrace.log.contract import Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock

BLOCK = 100_000
TEXT = b'{"id": %d, "text": "a value of about ninety bytes, as a small JSON event has it"}'


def main(events: int) -> None:
    """Measure and print."""
    clock = SystemClock()
    values = [TEXT % i for i in range(BLOCK)]
    table = Table.from_pydict({"value": Array(values, DataType.binary())})
    records = [Record(None, value) for value in values[:10_000]]
    rounds = max(1, events // BLOCK)

    def rate(what: str, count: int, work: Callable[[], None]) -> None:
        start = clock.monotonic()
        work()
        print(f"{what:<34}{count / (clock.monotonic() - start):>14,.0f} events/s")

    with tempfile.TemporaryDirectory() as folder:
        log = EmbeddedLog(Path(folder), clock)
        for topic in ("arrow", "records", "single"):
            log.create(topic)

        def repeated(times: int, call: Callable[[], object]) -> Callable[[], None]:
            def work() -> None:
                for _ in range(times):
                    call()

            return work

        def read(topic: str) -> Callable[[], None]:
            def work() -> None:
                offset, end = 0, log.end_offsets(topic)[0]
                while offset < end:
                    offset += log.read(topic, 0, offset, 200_000, 1 << 30).num_rows

            return work

        arrow = repeated(rounds, lambda: log.append_arrow("arrow", 0, table))
        rate("append, Arrow, 100,000 each", rounds * BLOCK, arrow)
        rate("read, blocks of 100,000", rounds * BLOCK, read("arrow"))
        rate(
            "append, records, 10,000 each",
            rounds * 10_000,
            repeated(rounds, lambda: log.append("records", 0, records)),
        )
        rate("read, blocks of 10,000", rounds * 10_000, read("records"))
        rate(
            "append, records, one each", 1_000, repeated(1_000, lambda: log.append("single", 0, records[:1]))
        )
        rate("read, rows", 1_000, read("single"))
        log.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000)
