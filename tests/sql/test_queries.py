"""Queries that Spark answered: the same names, types and rows, or the same refusal."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.compile import FilesCall, TableInfo, compile_batch, parse_query
from tailrace.sql.compiled import BatchQuery, TableInput

FOLDER = Path(__file__).parent / "queries"
FOLDERS = (
    FOLDER,
    FOLDER.parent / "queries_grouped",
    FOLDER.parent / "queries_edges",
    FOLDER.parent / "queries_typing",
    FOLDER.parent / "queries_options",
    FOLDER.parent / "queries_whole",
    FOLDER.parent / "queries_values",
    FOLDER.parent / "queries_json",
    FOLDER.parent / "queries_intervals",
    FOLDER.parent / "queries_numbers",
    FOLDER.parent / "queries_aggregates",
    FOLDER.parent / "queries_breadth",
    FOLDER.parent / "queries_strangers",
)
ANSWERS = [one for folder in FOLDERS for one in json.loads((folder / "answers.json").read_text())]
NOT_ANSWERED = tuple((FOLDER / "refused.txt").read_text().splitlines())


class Tables:
    """A catalog of the tables made so far."""

    def __init__(self) -> None:
        self.infos: dict[str, TableInfo] = {}

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        return self.infos.get(parts[-1].lower())

    def files(self, call: FilesCall) -> Any:
        raise AssertionError(call)


@pytest.fixture(scope="module")
def bench() -> Iterator[tuple[duckdb.DuckDBPyConnection, Tables]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET disabled_optimizers = 'common_subexpressions,expression_rewriter'")
    tables = Tables()
    made_here = "\n".join((f / "tables.sql").read_text() for f in FOLDERS if (f / "tables.sql").exists())
    parts = re.split(r"(?m)^-- name: (\w+)$", made_here)[1:]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        made = compiled(body.strip().rstrip(";"), tables)
        connection.execute(f'CREATE TABLE "{name}" AS {made.sql}')
        tables.infos[name] = TableInfo(f"default.{name}", "external", made.schema)
    yield connection, tables
    connection.close()


def compiled(query: str, tables: Tables) -> BatchQuery:
    return compile_batch(parse_query(query, Place("query.sql", 1)), tables)


def rows_of(connection: duckdb.DuckDBPyConnection, query: BatchQuery) -> list[Any]:
    for given in query.inputs:
        assert isinstance(given.input, TableInput)
        name = given.input.name.split(".")[1]
        connection.execute(f'CREATE OR REPLACE TEMP VIEW "{given.alias}" AS SELECT * FROM "{name}"')
    return [plain(row) for row in connection.execute(query.sql).fetchall()]


def plain(value: Any) -> Any:
    """The same shape as in the recorded answers."""
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return {"double": repr(value)}
    if isinstance(value, Decimal):
        return {"decimal": f"{value:f}"}
    if isinstance(value, datetime):
        return {"time": value.replace(tzinfo=None).isoformat()}
    if isinstance(value, date):
        return {"time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"micros": value // timedelta(microseconds=1)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": [[plain(k), plain(v)] for k, v in value.items()]}
    return [plain(part) for part in value]


def structs_as_lists(value: Any, kind: t.DataType) -> Any:
    """DuckDB gives a struct as a dict, which looks like a map of its names."""
    if isinstance(kind, t.StructType) and isinstance(value, dict) and "map" in value:
        values = [item for _, item in value["map"]]
        return [structs_as_lists(one, f.type) for one, f in zip(values, kind.fields, strict=True)]
    if isinstance(kind, t.ArrayType) and isinstance(value, list):
        return [structs_as_lists(one, kind.element) for one in value]
    if isinstance(kind, t.MapType) and isinstance(value, dict):
        return {"map": [[key, structs_as_lists(one, kind.value)] for key, one in value["map"]]}
    return value


def in_order(value: Any) -> Any:
    """The entries of maps by their keys: pyspark gives them in no order."""
    if isinstance(value, dict) and "map" in value:
        return {"map": sorted(([k, in_order(v)] for k, v in value["map"]), key=json.dumps)}
    return [in_order(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("recorded", ANSWERS, ids=[one["query"][:70] for one in ANSWERS])
def test_query(recorded: dict[str, Any], bench: tuple[duckdb.DuckDBPyConnection, Tables]) -> None:
    connection, tables = bench
    query = recorded["query"]
    if query in NOT_ANSWERED:
        with pytest.raises(Refused):
            compiled(query, tables)
        return
    if "error" in recorded:
        with pytest.raises((ProjectError, duckdb.Error)) as caught:
            rows_of(connection, compiled(query, tables))
        assert not isinstance(caught.value, (duckdb.BinderException, duckdb.ParserException)), caught.value
        return
    made = compiled(query, tables)
    assert [[f.name, f.type.simple_string] for f in made.schema.fields] == recorded["columns"]
    kinds = [field.type for field in made.schema.fields]
    rows = [
        [in_order(structs_as_lists(v, k)) for v, k in zip(row, kinds, strict=True)]
        for row in rows_of(connection, made)
    ]
    expected = in_order(recorded["rows"])
    if re.search(r"ORDER BY (?!.*OVER)(?!.*\))", query):
        assert rows == expected
    assert Counter(map(json.dumps, rows)) == Counter(map(json.dumps, expected))
