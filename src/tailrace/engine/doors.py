"""Everything outside that the engine's steps work on, opened once and passed along."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tailrace.duck.connection import Connection
from tailrace.lake.batch_log import BatchLog
from tailrace.lake.definitions import Definitions
from tailrace.lake.tables import Tables
from tailrace.ledger.store import Ledger
from tailrace.log.contract import Log
from tailrace.model.clock import Clock
from tailrace.model.interruption import Interruption
from tailrace.state.store import StateStore


class ReadsFiles(Protocol):
    """What reading files as a whole needs."""

    @property
    def clock(self) -> Clock: ...
    @property
    def project_folder(self) -> Path: ...
    @property
    def allowed(self) -> tuple[Path, ...]: ...
    @property
    def connection(self) -> Connection: ...
    @property
    def scratch(self) -> Path: ...


@dataclass(frozen=True)
class Doors:
    """One of each door; the engine is their only user while it runs."""

    clock: Clock
    lake: Path
    lake_id: str
    project_folder: Path
    data: Path
    connection: Connection
    tables: Tables
    batch_log: BatchLog
    definitions: Definitions
    state: StateStore
    ledger: Ledger
    log: Log
    allowed: tuple[Path, ...] = ()
    """Folders outside the project from which files may be read."""
    interruption: Interruption = field(default_factory=Interruption)

    @property
    def scratch(self) -> Path:
        """Where temporary files of a batch go; emptied at each start."""
        return self.data / "scratch"
