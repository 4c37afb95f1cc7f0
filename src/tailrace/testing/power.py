"""A power cut, played: every file goes back to its bytes at its last sync, what was never synced is gone.

`keep_synced` copies what is synced into a shadow folder while the engine runs; `cut_power` puts the shadow
in the place of the folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tailrace.lake import sync


def keep_synced(folder: Path, shadow: Path) -> None:
    """From now on copy each file below `folder` into `shadow` when it is synced."""

    def copy(path: Path) -> None:
        if path.is_file() and path.is_relative_to(folder):
            target = shadow / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    sync.observe(copy)


def cut_power(folder: Path, shadow: Path) -> None:
    """What was not synced is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    if shadow.exists():
        shutil.copytree(shadow, folder)
