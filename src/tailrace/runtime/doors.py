"""Opens the doors of a project: lake, log, state, ledger, executor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
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
from tailrace.model.errors import Refused
from tailrace.project.project import Paths
from tailrace.runtime.lock import RunnerLock
from tailrace.state.store import StateStore


@contextmanager
def open_doors(
    root: Path, paths: Paths, clock: Clock | None = None, allowed: tuple[Path, ...] = ()
) -> Iterator[Doors]:
    """Hold the runner's lock and open everything; all is closed at the end."""
    clock = clock or SystemClock()
    lake = local_lake(paths)
    lock = RunnerLock(paths.state)
    lock.acquire()
    connection = connect()
    ledger = None
    try:
        lake.mkdir(parents=True, exist_ok=True)
        identity = open_identity(lake)
        ledger = Ledger(paths.ledger)
        own = lake / "_tailrace"
        yield Doors(
            clock=clock,
            lake=lake,
            lake_id=identity.lake_id,
            project_folder=root,
            data=paths.data,
            connection=connection,
            tables=Tables(lake, identity.lake_id, clock),
            batch_log=BatchLog(own / "batches"),
            definitions=Definitions(own / "definitions"),
            state=StateStore(connection, paths.state / "state.duckdb"),
            ledger=ledger,
            log=EmbeddedLog(paths.log, clock),
            allowed=allowed,
        )
    finally:
        if ledger is not None:
            ledger.close()
        connection.close()
        lock.release()


def local_lake(paths: Paths) -> Path:
    """The lake's folder. Raises Refused for an object store, which is not executed yet."""
    if "://" in paths.lake:
        raise Refused(f"A lake in {paths.lake} is not executed yet.", hint="give `paths: lake:` a folder")
    escape = re.search("%[0-9A-Fa-f]{2}", paths.lake)
    if escape is not None:
        raise Refused(
            f"A lake in {paths.lake} is not executed: Delta takes {escape[0]} in a path for another sign.",
            hint="move the project, or give `paths: lake:` a folder without it",
        )
    return Path(paths.lake)
