"""A child of `up` ends with its supervisor, also where that one is killed and can say nothing any more.

The supervisor holds the other end of the child's standard input: when that closes, the child stops as if
asked by SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

SUPERVISED = "TAILRACE_SUPERVISED"


def supervised(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a supervised child."""
    return {**environment, SUPERVISED: "1"}


def end_with_supervisor() -> None:
    """Watch for the end of the supervisor, if there is one."""
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_watch, name="supervisor", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
