"""The one door through which everything in a lake is synced to disk.

`observe` lets a proof keep a copy of what was synced, so that a power cut can be played: whatever was
never seen here may be gone afterwards.
"""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

from tailrace.model import faults

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


def replace_synced(path: Path, data: bytes) -> None:
    """Give a file these bytes, whole or not at all, durably; others may do the same at the same time."""
    make_folders(path.parent)
    temporary = _temporary(path)
    write_synced(temporary, data)
    temporary.replace(path)
    sync(path)
    sync(path.parent)


def create_synced(path: Path, data: bytes, fault: str | None = None) -> bool:
    """Make a new file, whole or not at all, durably. False if there is one already, which then stays.

    `fault` is the fault point between the bytes and their name.
    """
    make_folders(path.parent)
    while not path.exists():
        temporary = _temporary(path)
        write_synced(temporary, data)
        if fault is not None:
            faults.reach(fault)
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
        except FileNotFoundError:  # swept away by another process that took it for left behind
            continue
        finally:
            temporary.unlink(missing_ok=True)
        sync(path)
        sync(path.parent)
        return True
    return False


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")


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
