"""Opens the doors of a project: lake, log, state, ledger, executor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tailrace.duck.connection import connect
from tailrace.engine.doors import Doors
from tailrace.lake.batch_log import BatchLog
from tailrace.lake.definitions import Definitions
from tailrace.lake.identity import open_identity
from tailrace.lake.tables import Tables
from tailrace.ledger.store import Ledger
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import Clock, SystemClock
from tailrace.runtime.lock import RunnerLock
from tailrace.state.store import StateStore


@dataclass(frozen=True)
class Places:
    """Where a project's parts lie, as absolute paths."""

    project: Path
    lake: Path
    data: Path
    log: Path
    state: Path
    ledger: Path

    @staticmethod
    def default(project: Path) -> Places:
        """`./lake` and `./.tailrace`."""
        return Places.of(project, project / "lake", project / ".tailrace")

    @staticmethod
    def of(project: Path, lake: Path, data: Path) -> Places:
        """Everything at run time below `data`."""
        return Places(
            project.absolute(),
            lake.absolute(),
            data.absolute(),
            (data / "log").absolute(),
            (data / "state").absolute(),
            (data / "ledger.sqlite").absolute(),
        )


@contextmanager
def open_doors(
    places: Places, clock: Clock | None = None, threads: int | None = None, memory_limit: str | None = None
) -> Iterator[Doors]:
    """Hold the runner's lock and open everything; all is closed at the end."""
    clock = clock or SystemClock()
    lock = RunnerLock(places.state)
    lock.acquire()
    connection = connect(threads, memory_limit)
    ledger = None
    try:
        places.lake.mkdir(parents=True, exist_ok=True)
        identity = open_identity(places.lake)
        ledger = Ledger(places.ledger)
        own = places.lake / "_tailrace"
        yield Doors(
            clock=clock,
            lake=places.lake,
            lake_id=identity.lake_id,
            project_folder=places.project,
            data=places.data,
            connection=connection,
            tables=Tables(places.lake, identity.lake_id, clock),
            batch_log=BatchLog(own / "batches"),
            definitions=Definitions(own / "definitions"),
            state=StateStore(connection, places.state / "state.duckdb"),
            ledger=ledger,
            log=EmbeddedLog(places.log, clock),
        )
    finally:
        if ledger is not None:
            ledger.close()
        connection.close()
        lock.release()
