"""The one door through which everything in a lake is synced to disk.

`observe` lets a proof keep a copy of what was synced, so that a power cut can be played: whatever was
never seen here may be gone afterwards.
"""

import os
from collections.abc import Callable
from pathlib import Path

_observer: Callable[[Path], None] | None = None


def observe(observer: Callable[[Path], None] | None) -> None:
    """Call `observer(path)` after each sync; None ends it."""
    global _observer
    _observer = observer


def sync(path: Path) -> None:
    """Return when the bytes of a file, or the names in a folder, will survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if _observer is not None:
        _observer(path)


def write_synced(path: Path, data: bytes) -> None:
    """Create a file with these bytes, synced; its folder's entry is not synced yet."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
    sync(path)


def make_folders(path: Path) -> None:
    """Create a folder and its parents, each entry synced."""
    missing = []
    current = path
    while not current.exists():
        missing.append(current)
        current = current.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync(folder.parent)
