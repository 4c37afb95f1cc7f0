"""The runner's lock: one engine per state folder, by the operating system, gone with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tailrace.model.errors import AnotherRunner


class RunnerLock:
    """Held from `acquire` until `release` or the end of the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "runner.lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises AnotherRunner, naming its process, if another engine holds the lock."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise AnotherRunner(
                f"Another runner (pid {pid or 'unknown'}) works on {self._path.parent}.",
                hint="stop it first, or give this one its own `paths.data`",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next engine in. Harmless when the lock is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
