"""The rows of several files as one relation."""

from __future__ import annotations

import duckdb

from tailrace.duck.read_files import ReadFile, drop_file

UNION_MAX = 16
"""So many files are read where they lie. A union of more is planned longer than copied: of a thousand, for
seconds by each query."""


class Gathering:
    """Files of one kind, one after the other: a view over a few, a table of many."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, files: int) -> None:
        """`files`: how many there are at most."""
        self._connection = connection
        self._name = name
        self._copied = files > UNION_MAX
        self._parts: list[str] = []

    def add(self, file: ReadFile, columns: str = "*") -> None:
        """The next file's rows, as `columns` of what `read_file` leaves."""
        rows = f"SELECT {columns} FROM {file.relation}"
        if not self._copied:
            self._parts.append(rows)
            return
        if self._parts:
            self._connection.execute(f"INSERT INTO {self._name} {rows}")
        else:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {self._name} AS {rows}")
            self._parts.append(f"SELECT * FROM {self._name}")
        drop_file(self._connection, file.relation)

    @property
    def query(self) -> str:
        """A SELECT of all rows; empty where no file was added."""
        return " UNION ALL ".join(self._parts)

    def leave(self) -> None:
        """Leave the relation `name`; nothing where no file was added."""
        if self._parts and not self._copied:
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {self._name} AS {self.query}")
