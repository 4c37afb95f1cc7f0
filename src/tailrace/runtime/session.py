"""`tailrace.load(DIR)`: a project in Python, to be asked in its own dialect.

p = tailrace.load("weblogs")
p.sql("SELECT state, count(*) FROM silver.web_logs GROUP BY state").fetchall()
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tailrace.catalog.system import SCHEMAS as SYSTEM_SCHEMAS
from tailrace.duck import rejects
from tailrace.duck.arrow import register_arrow, schema_of
from tailrace.duck.connection import Connection, literal, quote
from tailrace.duck.result import QueryResult
from tailrace.engine.files import batch_files, wait_until_stable
from tailrace.model import types as t
from tailrace.model.clock import Clock
from tailrace.model.errors import Place, UsageError
from tailrace.project.names import fill_known
from tailrace.runtime.project import Opened, allowed_folders, open_project
from tailrace.runtime.reader import Reader
from tailrace.sql.catalog import FilesCall, TableInfo
from tailrace.sql.compile import compile_batch, parse_query
from tailrace.sql.compiled import FilesInput, Input, TableInput
from tailrace.sql.errors import UnknownTable

PLACE = Place("query", 1)
REJECTED = "__rejected"
"""`<dataset>__rejected` is the dataset's part of system.rejected."""


@dataclass(frozen=True)
class _FileDoors:
    clock: Clock
    project_folder: Path
    allowed: tuple[Path, ...]
    connection: Connection
    scratch: Path


class Session:
    """A project to ask. Every query sees all tables as they were after one finished batch."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def datasets(self) -> list[str]:
        """Names of the project's datasets."""
        return list(self._opened.compiled.datasets)

    def sql(self, text: str, tables: Mapping[str, Any] | None = None) -> QueryResult:
        """Answer one query in Spark's SQL, in which `${name}` is the project's parameter of that name.

        `tables`: name to anything that gives itself as Arrow (`__arrow_c_stream__`); their names stand
        before those of the project. Raises Refused for what is not answered, ProjectError for wrong SQL,
        QueryError at the first row that fails.
        """
        opened = self._opened
        reader = Reader(opened.project.paths, opened.compiled, errors=opened.errors)
        catalog = _Catalog(self._opened, reader, _registered(reader.connection, tables or {}))
        filled = fill_known(text, self._opened.project.settings.parameter_texts)
        try:
            query = compile_batch(parse_query(filled, PLACE), catalog)
        except UnknownTable as error:
            error.among([*reader.names(), *(f"system.{name}" for name in SYSTEM_SCHEMAS)])
            raise
        scratch = tempfile.TemporaryDirectory(prefix="tailrace-query-")
        doors = _FileDoors(
            reader.clock,
            self._opened.project.root,
            allowed_folders(self._opened.project),
            reader.connection,
            Path(scratch.name),
        )
        with scratch:
            scans = {item.alias: catalog.scan(item.input, doors, item.alias) for item in query.inputs}
            return QueryResult(reader.connection, query, scans)


def load(directory: str | Path = ".", profile: str | None = None) -> Session:
    """Open a project folder; an empty folder is a project without datasets. Raises ProjectErrors."""
    return Session(open_project(str(directory), profile))


@dataclass
class _Catalog:
    """Names in reach of a query: given tables, the project's datasets, schema `system`, the lake."""

    opened: Opened
    reader: Reader
    given: Mapping[str, t.Schema] = field(default_factory=dict)

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        names = [part.lower() for part in parts]
        if len(names) == 1 and names[0] in self.given:
            return TableInfo(f"given.{names[0]}", "external", self.given[names[0]])
        name = ".".join(names[-2:]) if len(names) > 1 else f"default.{names[0]}"
        dataset = self.opened.compiled.datasets.get(name)
        if dataset is not None and dataset.kind != "temporary_view":
            return TableInfo(name, dataset.kind, dataset.schema)
        of_dataset = name.endswith(REJECTED) and name.removesuffix(REJECTED) in self.reader.names()
        if name == "system.rejected" or of_dataset:
            return TableInfo(name, "external", rejects.SCHEMA)
        schema, _, bare = name.partition(".")
        if schema == "system" and bare in SYSTEM_SCHEMAS:
            return TableInfo(name, "external", SYSTEM_SCHEMAS[bare])
        if self.reader.has_table(name):
            return TableInfo(name, "external", self.reader.schema(name))
        return None

    def files(self, call: FilesCall) -> tuple[str, t.Schema]:
        schema = self.opened.schemas(call.path, call.format, call.options, call.function, call.place)
        return call.format, schema

    def scan(self, source: Input, doors: _FileDoors, alias: str) -> str:
        """A SELECT of an input's rows."""
        if isinstance(source, FilesInput):
            wait_until_stable(doors, source)
            return batch_files(doors, source).load(doors, f"files_{alias}")[0]
        if not isinstance(source, TableInput):
            raise UsageError("A topic is read by a streaming table, or by `tailrace consume`.")
        schema, _, bare = source.name.partition(".")
        if schema == "given":
            return f"SELECT * FROM {quote('given_' + bare)}"
        if schema == "system":
            return self.reader.system_scan(bare)
        if source.name.endswith(REJECTED):
            dataset = literal(source.name.removesuffix(REJECTED))
            return f"SELECT * FROM ({self.reader.rejected_scan()}) WHERE dataset = {dataset}"
        return self.reader.scan(source.name)


def _registered(connection: Connection, tables: Mapping[str, Any]) -> dict[str, t.Schema]:
    """Make given tables known to the executor; name to schema."""
    schemas = {}
    for name, table in tables.items():
        register_arrow(connection, f"given_{name.lower()}", table)
        schemas[name.lower()] = schema_of(connection, quote(f"given_{name.lower()}"))
    return schemas
