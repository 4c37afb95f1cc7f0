"""Commands to a running engine: files `<data>/commands/<id>.json`, renamed into place by any process.

Taken at a batch border, carried out, then removed; a command is removed only once what it asked for is
decided, so a kill in between repeats it harmlessly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tailrace.lake.sync import replace_synced
from tailrace.model.errors import UsageError


@dataclass(frozen=True)
class Command:
    """`resume` a dataset, or `reset` a topic's positions."""

    verb: Literal["resume", "reset"]
    target: str
    to: str | None = None
    lost_ok: bool = False


def send(data: Path, command: Command, identity: str) -> Path:
    """Leave a command for the engine; `identity` orders commands and names the file."""
    path = data / "commands" / f"{identity}.json"
    replace_synced(path, json.dumps(asdict(command)).encode())
    return path


def waiting(data: Path) -> Iterator[tuple[Path, Command]]:
    """Commands that are not carried out yet, oldest first."""
    folder = data / "commands"
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            yield path, Command(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise UsageError(f"Command {path} cannot be read: {error}.", hint="remove the file") from error
