"""Time, passed in: whoever needs the time takes a `Clock`.

All times in Tailrace are microseconds since 1970-01-01 UTC, as `int`, and are named `..._us`.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now_us(self) -> int:
        """Microseconds since the epoch, UTC. May go backwards, as wall clocks do."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
