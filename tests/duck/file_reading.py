"""What the tests of file reading share: write a file, read it, see its rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from tailrace.duck.connection import connect, quote
from tailrace.duck.read_files import ReadFile, read_file
from tailrace.files.listing import ListedFile, list_files
from tailrace.files.opening import PlainFile, open_source
from tailrace.files.options import FileOptions, parse_options
from tailrace.model import types as t

TYPES: dict[str, t.DataType] = {
    "STRING": t.STRING,
    "TINYINT": t.BYTE,
    "INT": t.INT,
    "BIGINT": t.LONG,
    "DOUBLE": t.DOUBLE,
    "BOOLEAN": t.BOOLEAN,
    "DATE": t.DATE,
    "TIMESTAMP": t.TIMESTAMP,
    "DECIMAL(8,2)": t.DecimalType(8, 2),
    "ARRAY<INT>": t.ArrayType(t.INT),
    "STRUCT<b: INT, c: STRING>": t.StructType((t.Field("b", t.INT), t.Field("c", t.STRING))),
}


def columns(*pairs: str) -> t.Schema:
    """`columns("a INT", "b STRING")`."""
    return t.Schema(tuple(t.Field(name, TYPES[kind]) for name, _, kind in (p.partition(" ") for p in pairs)))


def options_of(format: str, **given: str) -> FileOptions:
    return parse_options("read_files", format, given)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def listed_one(folder: Path, path: Path, options: FileOptions) -> ListedFile:
    (only,) = list_files(str(path.relative_to(folder)), folder, options)
    return only


class Reader:
    """Reads files of a folder through one executor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection: duckdb.DuckDBPyConnection = connect(2)
        self.read: ReadFile | None = None

    def open(self, name: str, options: FileOptions) -> PlainFile:
        listed = listed_one(self.folder, self.folder / name, options)
        return open_source(listed, options, self.folder / ".scratch")

    def rows(
        self, name: str, schema: t.Schema, options: FileOptions, extra: str = ""
    ) -> list[tuple[Any, ...]]:
        """The rows in the order of `__row`: all columns of the schema, then `extra`."""
        plain = self.open(name, options)
        self.read = read_file(self.connection, plain, schema, options, "f")
        plain.close()
        shown = ", ".join(quote(f.name) for f in schema.fields) + extra
        return self.connection.execute(f"SELECT {shown} FROM f ORDER BY __row").fetchall()

    def rescued(self, name: str, schema: t.Schema, options: FileOptions) -> list[dict[str, str] | None]:
        """What `_rescued_data` holds of each row, without the file's path."""
        wide = t.Schema((*schema.fields, t.Field("_rescued_data", t.STRING)))
        found = []
        for row in self.rows(name, wide, options):
            value = None if row[-1] is None else json.loads(row[-1])
            if value is not None:
                assert value.pop("_file_path").startswith("file:/")
            found.append(value)
        return found
