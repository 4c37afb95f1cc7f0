"""Ctrl-C and SIGTERM: before a decision the batch is abandoned, after it carried to its end.

A decided batch gets a second to finish; after that it is left to recovery, which is always safe.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tailrace.model.interruption import Interruption

GRACE_SECONDS = 1.0


class Interrupted(BaseException):
    """Raised out of an undecided batch; like KeyboardInterrupt it is no error."""


@contextmanager
def handle_signals(is_decided: Callable[[], bool], interruption: Interruption) -> Iterator[None]:
    """Within the block SIGINT and SIGTERM ask for the interruption, and end an undecided batch at once.

    `is_decided()` tells whether a decided batch is being finished right now.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        again = interruption.asked
        interruption.asked = True
        if not is_decided() or again:
            raise Interrupted
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

    def on_alarm(number: int, frame: FrameType | None) -> None:
        if is_decided():
            raise Interrupted

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, on_signal),
        signal.SIGTERM: signal.signal(signal.SIGTERM, on_signal),
        signal.SIGALRM: signal.signal(signal.SIGALRM, on_alarm),
    }
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
