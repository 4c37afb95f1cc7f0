"""The ledger: SQLite, one writer (the engine), read by everyone else.

It knows finished batches with the Delta version of each table (a snapshot across tables), runs, and
effects. It is no authority: everything but the run history is rebuilt from the batch log.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tailrace.model.errors import EnvironmentFailure, Stop

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
  n INTEGER PRIMARY KEY, component TEXT NOT NULL, kind TEXT NOT NULL, planned_us INTEGER NOT NULL,
  finished_us INTEGER NOT NULL, versions TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS effects (
  key TEXT PRIMARY KEY, n INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, told_us INTEGER
);
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, started_us INTEGER NOT NULL,
  ended_us INTEGER, exit_code INTEGER, batches INTEGER
);
CREATE TABLE IF NOT EXISTS versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL, n INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Effect:
    """Something to do outside once a batch is finished; `key` makes a repeat harmless."""

    key: str
    kind: str
    payload: str


@dataclass(frozen=True)
class FinishedBatch:
    """A batch that is decided, committed and finished. `versions`: table to Delta version after it."""

    n: int
    component: str
    kind: str
    planned_us: int
    finished_us: int
    versions: Mapping[str, int]


class Ledger:
    """The engine's own database. Open it read-only in every other process."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        if read_only:
            with self._told():
                self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._told():
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as ours: what may pass, and a file that is none of ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise EnvironmentFailure(
                f"The ledger {self.path}: {error}.", hint="look at the disk and try again"
            ) from error
        except sqlite3.DatabaseError as error:
            raise Stop(
                f"The ledger {self.path} cannot be read: {error}.",
                hint="move the file away: the next run makes it anew from the batch log",
            ) from error

    def _run(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        with self._told():
            return self._db.execute(sql, values)

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self._told():
            return self._db.execute(sql, values).fetchall()

    def finish(self, batch: FinishedBatch, effects: Sequence[Effect]) -> None:
        """Step 8: the batch row and every effect, in one transaction; repeating it changes nothing."""
        with self._told(), self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO batches VALUES (?, ?, ?, ?, ?, ?)",
                (
                    batch.n,
                    batch.component,
                    batch.kind,
                    batch.planned_us,
                    batch.finished_us,
                    json.dumps(dict(batch.versions)),
                ),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO effects VALUES (?, ?, ?, ?, NULL)",
                [(effect.key, batch.n, effect.kind, effect.payload) for effect in effects],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO versions VALUES (?, ?, ?)",
                [(name, version, batch.n) for name, version in batch.versions.items()],
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def newest(self) -> int:
        """The newest finished n; 0 if there is none."""
        ((found,),) = self._rows("SELECT max(n) FROM batches")
        return int(found or 0)

    def finished(self, n: int) -> FinishedBatch | None:
        """The row of batch n."""
        rows = self._rows("SELECT * FROM batches WHERE n = ?", (n,))
        if not rows:
            return None
        n_, component, kind, planned_us, finished_us, versions = rows[0]
        return FinishedBatch(n_, component, kind, planned_us, finished_us, json.loads(versions))

    def snapshot(self) -> dict[str, int]:
        """The Delta version of every table after the newest finished batch."""
        return dict(self._rows("SELECT name, version FROM versions"))

    def untold(self) -> list[tuple[int, Effect]]:
        """Effects that are still to be carried out, oldest first."""
        rows = self._rows("SELECT n, key, kind, payload FROM effects WHERE told_us IS NULL ORDER BY n, key")
        return [(row[0], Effect(*row[1:])) for row in rows]

    def told(self, key: str, now_us: int) -> None:
        """Step 9: the effect was carried out."""
        self._run("UPDATE effects SET told_us = ? WHERE key = ?", (now_us, key))

    def start_run(self, command: str, now_us: int) -> int:
        """A run of the engine begins; returns its id."""
        cursor = self._run("INSERT INTO runs (command, started_us) VALUES (?, ?)", (command, now_us))
        return int(cursor.lastrowid or 0)

    def end_run(self, run: int, now_us: int, exit_code: int, batches: int) -> None:
        """A run of the engine ends."""
        self._run(
            "UPDATE runs SET ended_us = ?, exit_code = ?, batches = ? WHERE id = ?",
            (now_us, exit_code, batches, run),
        )
