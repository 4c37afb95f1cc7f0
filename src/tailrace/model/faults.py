"""Fault points: named places in production code where a proof may end the process.

Off unless armed. An armed point ends the process by SIGKILL: no handler, no flush, no goodbye.
"""

import os
import signal
from collections import Counter

POINTS: tuple[str, ...] = (
    "planned",  # 1 plan done
    "read",  # 2 records in memory
    "transformed",  # 3 outputs computed, state transaction open
    "accounted",  # 4 laws hold
    "staged-some",  # 5 first output staged, not all
    "staged",  # 5 all outputs staged and synced
    "decide-written",  # 6 temporary decision file written, not linked
    "decided",  # 6 decision linked and synced, state not committed
    "state-committed",  # 6 state committed
    "commit-some",  # 7 first table committed, not all
    "committed",  # 7 all tables committed and synced
    "finished",  # 8 ledger transaction committed
    "told",  # 9 effects carried out
    "maintained",  # maintenance of a table done
)

_armed: dict[str, int] = {}
_seen: Counter[str] = Counter()


def arm(point: str, occurrence: int = 1) -> None:
    """End the process when `point` is reached for the `occurrence`-th time."""
    if point not in POINTS:
        raise ValueError(f"no fault point {point!r}; there are {', '.join(POINTS)}")
    _armed[point] = occurrence


def reach(point: str) -> None:
    """Called by the engine at the named point; returns at once unless the point is armed."""
    if not _armed:
        return
    _seen[point] += 1
    if _armed.get(point) == _seen[point]:
        os.kill(os.getpid(), signal.SIGKILL)
