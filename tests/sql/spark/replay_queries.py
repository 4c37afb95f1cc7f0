"""Replay recorded aggregates and window functions: each case as a query over its set.

Cases of one set are run together and taken apart only when one of them fails. A case that a single row
cannot tell (an order that Spark leaves open) is not in the fixtures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tailrace.duck.connection import connect
from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, TailraceError
from tailrace.sql.compile import FilesCall, TableInfo, compile_batch, parse_query
from tests.sql.spark.replay import Outcome, RowSet, equal, load, plain

TOGETHER_MAX = 25


class Sets:
    """A catalog of the sets of a fixture file."""

    def __init__(self) -> None:
        self.infos: dict[str, TableInfo] = {}

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        return self.infos.get(parts[-1].lower())

    def files(self, call: FilesCall) -> Any:
        raise AssertionError(call)


def replay_queries(path: Path) -> Iterator[Outcome]:
    """The outcome of every case that is a group or a window."""
    connection = connect(threads=1)
    sets: dict[str, RowSet] = {}
    catalog = Sets()
    waiting: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        item = json.loads(line)
        if "set" not in item:
            waiting.append(item)
            continue
        yield from _judge(connection, catalog, waiting)
        waiting = []
        made = load(connection, item)
        sets[made.name] = made
        schema = t.StructType((t.Field("_i", t.INT, False), *made.schema.fields))
        catalog.infos[made.name] = TableInfo(f"default.{made.name}", "external", schema)
    yield from _judge(connection, catalog, waiting)
    connection.close()


def _judge(
    connection: duckdb.DuckDBPyConnection, catalog: Sets, items: Sequence[dict[str, Any]]
) -> Iterator[Outcome]:
    ready: list[tuple[dict[str, Any], t.DataType, Outcome]] = []
    outcomes = []
    for item in items:
        outcome = Outcome(item["sql"], item["on"], "same")
        outcomes.append(outcome)
        try:
            kind = _compiled(catalog, item["on"], [item]).schema.fields[-1].type
        except TailraceError as error:
            agreed = "refused" in item and isinstance(error, ProjectError)
            outcome.verdict = "same" if agreed else "refused"
            outcome.details = [str(error)]
            continue
        if "refused" in item:
            outcome.verdict, outcome.details = (
                "lenient",
                [f"Spark refuses it: {item['refused']}; here {kind}"],
            )
        elif kind.simple_string != item["type"]:
            outcome.verdict, outcome.details = "different", [f"type {kind}, Spark has {item['type']}"]
        else:
            ready.append((item, kind, outcome))
    for start in range(0, len(ready), TOGETHER_MAX):
        _compare(connection, catalog, ready[start : start + TOGETHER_MAX])
    yield from outcomes


def _compare(
    connection: duckdb.DuckDBPyConnection,
    catalog: Sets,
    ready: Sequence[tuple[dict[str, Any], t.DataType, Outcome]],
) -> None:
    try:
        columns = _run(connection, catalog, [item for item, _, _ in ready])
    except (duckdb.Error, ValueError, OverflowError) as error:
        if len(ready) > 1:
            half = len(ready) // 2
            _compare(connection, catalog, ready[:half])
            _compare(connection, catalog, ready[half:])
            return
        item, _, outcome = ready[0]
        if not any(isinstance(v, dict) and "!" in v for v in item["out"]):
            outcome.verdict, outcome.details = (
                "different",
                [f"raises {str(error)[:150]}, Spark {item['out']}"],
            )
        outcome.rows = 1
        return
    for (item, kind, outcome), found in zip(ready, columns, strict=True):
        ours = [plain(value, kind) for value in found]
        skipped = set(item.get("skip", ()))
        outcome.rows = len(ours)
        if len(ours) != len(item["out"]):
            outcome.verdict, outcome.details = "different", [f"{ours}, Spark {item['out']}"]
            continue
        for i, (one, other) in enumerate(zip(ours, item["out"], strict=True)):
            if "collect_set" in item["sql"] and isinstance(one, list) and isinstance(other, list):
                one, other = sorted(one, key=repr), sorted(other, key=repr)  # Spark leaves the order open
            if "skewness" in item["sql"] and isinstance(one, float) and isinstance(other, float):
                one, other = (
                    round(one, 12) + 0.0,
                    round(other, 12) + 0.0,
                )  # of what lies even only noise is left
            if i not in skipped and not equal(one, other):
                outcome.verdict = "different"
                outcome.details.append(f"row {i}: gives {one!r}, Spark has {other!r}")


def _compiled(catalog: Sets, name: str, items: Sequence[dict[str, Any]]) -> Any:
    listed = ", ".join(f"{item['sql']} AS x{i}" for i, item in enumerate(items))
    head = "_i, " if items[0]["how"] == "window" else ""
    return compile_batch(parse_query(f"SELECT {head}{listed} FROM {name}", Place("case.sql", 1)), catalog)


def _run(
    connection: duckdb.DuckDBPyConnection, catalog: Sets, items: Sequence[dict[str, Any]]
) -> list[list[Any]]:
    query = _compiled(catalog, items[0]["on"], items)
    for given in query.inputs:
        connection.execute(f'CREATE OR REPLACE TEMP VIEW "{given.alias}" AS SELECT * FROM "{items[0]["on"]}"')
    rows = connection.execute(query.sql).fetchall()
    if items[0]["how"] == "window":
        rows = [row[1:] for row in sorted(rows, key=lambda row: int(row[0]))]
    return [[row[i] for row in rows] for i in range(len(items))]
