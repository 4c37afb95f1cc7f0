"""The state file: what operators remember between batches, and which batch each component is at.

One DuckDB file, attached to the executor's connection under the name `state`, so that a batch's
transformation and its state change are one transaction. A stateless component keeps only its line in
`meta`. The file may be lost: it is brought back from the batch log.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tailrace.model.errors import Stop

SCHEMA = "state"


class StateStore:
    """`meta(component, n)` and, later, a schema per dataset with state."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        path.parent.mkdir(parents=True, exist_ok=True)
        quoted = str(path).replace("'", "''")
        try:
            connection.execute(f"ATTACH '{quoted}' AS {SCHEMA}")
        except duckdb.Error as error:
            raise Stop(
                f"The state file {path} cannot be opened: {error}.",
                hint="stop the other engine, or remove the file: it is rebuilt from the batch log",
            ) from error
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.meta (component VARCHAR PRIMARY KEY, n BIGINT NOT NULL)"
        )

    def begin(self) -> None:
        """Open the transaction of a batch."""
        self._connection.execute("BEGIN TRANSACTION")

    def commit(self) -> None:
        """Step 6, after the decision."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Nothing of this batch happened. Harmless when no transaction is open."""
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.TransactionException:
            return

    def set(self, component: str, n: int) -> None:
        """Note that the state of a component is that of batch n; part of the open transaction."""
        self._connection.execute(f"INSERT OR REPLACE INTO {SCHEMA}.meta VALUES (?, ?)", [component, n])

    def all(self) -> dict[str, int]:
        """The batch of every component."""
        return dict(self._connection.execute(f"SELECT component, n FROM {SCHEMA}.meta").fetchall())
