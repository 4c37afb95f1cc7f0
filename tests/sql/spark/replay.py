"""Replay Spark's recorded answers: each case through the analyzer and DuckDB, one query a case.

A file of `fixtures/` holds sets of rows and cases over them (`scripts/record_spark` says how values are
written). A case is `same`, `refused` (not in the function table), or `different`, with what differs.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tailrace.duck.connection import connect
from tailrace.duck.errors import condition_of, text_of
from tailrace.model import types as t
from tailrace.model.errors import ProjectError, TailraceError
from tailrace.sql import intervals
from tailrace.sql.duck_types import duck as duck_type
from tailrace.sql.expression import analyze_expression
from tests.sql.spark.simple_types import parse_type

FIXTURES = Path(__file__).parent / "fixtures"
TOLERANCE = 1e-9
SHOWN_MAX = 4
CONDITIONS_MAX = 2
"""Failing rows of a case that are run alone to see with which condition; the others need only fail."""
ERRORS_OF_RAISED = ("MALFORMED_CHARACTER_CODING",)
"""Declared exceptions: rows that raise here with this condition where Spark has a broken string."""


@dataclass
class RowSet:
    """Rows of a fixture as a DuckDB table."""

    name: str
    schema: t.Schema
    count: int
    literals: list[list[str]]


@dataclass
class Outcome:
    """What became of a case."""

    sql: str
    on: str
    verdict: str
    rows: int = 0
    details: list[str] = field(default_factory=list)


def replay(path: Path, only: str | None = None) -> Iterator[Outcome]:
    """The outcome of every case of a fixture file, in order."""
    connection = connect(threads=1)
    sets: dict[str, RowSet] = {}
    for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        item = json.loads(line)
        if "set" in item:
            sets[item["set"]] = load(connection, item)
        elif item.get("how") is None and (only is None or only == item["sql"]):
            yield check(connection, sets[item["on"]], item)
    connection.close()


def load(connection: duckdb.DuckDBPyConnection, item: dict[str, Any]) -> RowSet:
    """Make the table of a set."""
    types = [parse_type(kind) for kind in item["columns"]]
    schema = t.StructType(tuple(t.Field(f"c{i}", kind) for i, kind in enumerate(types)))
    literals = [[duck_value(v, kind) for v, kind in zip(row, types, strict=True)] for row in item["rows"]]
    columns = ", ".join(f'"c{i}" {duck_type(kind)}' for i, kind in enumerate(types))
    connection.execute(f'CREATE OR REPLACE TABLE "{item["set"]}" (_i INTEGER, {columns})')
    rows = ", ".join(f"({i}, {', '.join(row)})" for i, row in enumerate(literals))
    if literals:
        connection.execute(f'INSERT INTO "{item["set"]}" VALUES {rows}')
    return RowSet(item["set"], schema, len(literals), literals)


def duck_value(value: Any, kind: t.DataType) -> str:
    """A fixture's value as DuckDB SQL."""
    name = duck_type(kind)
    if value is None:
        return f"CAST(NULL AS {name})"
    if isinstance(kind, t.BinaryType):
        return f"unhex('{value}')"
    if isinstance(kind, t.ArrayType):
        return f"CAST([{', '.join(duck_value(v, kind.element) for v in value)}] AS {name})"
    if isinstance(kind, t.MapType):
        keys = ", ".join(duck_value(k, kind.key) for k, _ in value)
        values = ", ".join(duck_value(v, kind.value) for _, v in value)
        return f"CAST(MAP([{keys}], [{values}]) AS {name})"
    if isinstance(kind, t.StructType):
        parts = zip(kind.fields, value, strict=True)
        return "struct_pack(" + ", ".join(f'"{f.name}" := {duck_value(v, f.type)}' for f, v in parts) + ")"
    if isinstance(kind, t.StringType):
        pieces = value.split("\0")
        return " || chr(0) || ".join("'" + piece.replace("'", "''") + "'" for piece in pieces)
    words = (
        str(value).lower()
        if isinstance(value, bool)
        else repr(value)
        if isinstance(value, float)
        else str(value)
    )
    zone = "+00" if isinstance(kind, t.TimestampType) else ""
    return f"CAST('{words}{zone}' AS {name})"


def check(connection: duckdb.DuckDBPyConnection, rowset: RowSet, item: dict[str, Any]) -> Outcome:
    """Run one case and compare."""
    outcome = Outcome(item["sql"], rowset.name, "same")
    try:
        kind, sql = analyze_expression(item["sql"], rowset.schema)
    except TailraceError as error:
        agreed = "refused" in item and isinstance(error, ProjectError)
        outcome.verdict = "same" if agreed else "refused"
        outcome.details = [str(error)]
        return outcome
    except RecursionError:
        raise
    if "refused" in item:
        outcome.verdict = "lenient"
        outcome.details = [f"Spark refuses it: {item['refused']}; here {kind}"]
        return outcome
    if kind.simple_string != item["type"]:
        outcome.verdict = "different"
        outcome.details = [f"type {kind}, Spark has {item['type']}"]
        return outcome
    found = run(connection, rowset, sql)
    skipped = set(item.get("skip", ()))
    judged: Counter[str] = Counter()
    for i, (ours, theirs) in enumerate(zip(found, item["out"], strict=True)):
        if i in skipped:
            continue
        outcome.rows += 1
        if ours is FAILED and isinstance(theirs, dict) and "!" in theirs:
            judged[theirs["!"]] += 1
            if judged[theirs["!"]] > CONDITIONS_MAX:
                continue
        problem = differs(connection, rowset, sql, i, ours, theirs, kind)
        if problem:
            outcome.verdict = "different"
            outcome.details.append(f"row {i} {rowset.literals[i]}: {problem}")
    return outcome


FAILED: Any = object()
MARKED = re.compile(r"\[[A-Z][A-Z_]{4,}")
"""A condition that lowered SQL raised by itself."""


def run(connection: duckdb.DuckDBPyConnection, rowset: RowSet, sql: str) -> list[Any]:
    """The value of every row; FAILED where it raises."""
    try:
        rows = connection.execute(f'SELECT _i, {sql} FROM "{rowset.name}" ORDER BY _i').fetchall()
        return [row[1] for row in rows]
    except (duckdb.Error, ValueError, OverflowError):
        pass
    try:
        rows = connection.execute(
            f'SELECT _i, TRY(struct_pack(v := {sql})) FROM "{rowset.name}" ORDER BY _i'
        ).fetchall()
        return [FAILED if row[1] is None else row[1]["v"] for row in rows]
    except (duckdb.Error, ValueError, OverflowError):
        return [_alone(connection, rowset, sql, i)[0] for i in range(rowset.count)]


def _alone(connection: duckdb.DuckDBPyConnection, rowset: RowSet, sql: str, i: int) -> tuple[Any, str]:
    try:
        row = connection.execute(f'SELECT {sql} FROM "{rowset.name}" WHERE _i = {i}').fetchone()
        assert row is not None
        return row[0], ""
    except (duckdb.Error, ValueError, OverflowError) as error:
        return FAILED, str(error)


def differs(
    connection: duckdb.DuckDBPyConnection,
    rowset: RowSet,
    sql: str,
    i: int,
    ours: Any,
    theirs: Any,
    kind: t.DataType,
) -> str | None:
    """What is wrong with one row's answer, or None."""
    expected = theirs["!"] if isinstance(theirs, dict) and "!" in theirs else None
    if ours is FAILED:
        _, message = _alone(connection, rowset, sql, i)
        condition = condition_of(message)
        if expected is None:
            if condition in ERRORS_OF_RAISED:
                return None
            return f"raises {text_of(message)[:150]!r}, Spark has {theirs!r}"
        if MARKED.search(message) and condition and not same_condition(condition, expected):
            return f"raises {condition}, Spark {expected}"
        return None
    value = plain(ours, kind)
    if expected is not None:
        return f"gives {value!r}, Spark raises {expected}"
    return None if same_value(value, theirs, kind) else f"gives {value!r}, Spark has {theirs!r}"


def same_condition(ours: str, theirs: str) -> bool:
    """Equal, or one names the sub-condition and the other does not."""
    return ours.split(".")[0] == theirs.split(".")[0]


def plain(value: Any, kind: t.DataType) -> Any:
    """A fetched value as fixtures write it."""
    if value is None:
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return value.isoformat(" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.timedelta) and isinstance(kind, t.YearMonthIntervalType):
        return intervals.written(kind, value.days // 30)  # DuckDB gives a month as thirty days
    if isinstance(value, dt.timedelta):
        return (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    if isinstance(kind, t.ArrayType):
        return [plain(v, kind.element) for v in value]
    if isinstance(kind, t.MapType):
        return [[plain(k, kind.key), plain(v, kind.value)] for k, v in value.items()]
    if isinstance(kind, t.StructType):
        return [plain(v, f.type) for v, f in zip(value.values(), kind.fields, strict=True)]
    return value


def same_value(ours: Any, theirs: Any, kind: t.DataType) -> bool:
    """Equal; decimals by number, as Spark hands out some quotients with zeros beyond their scale."""
    if isinstance(kind, t.DecimalType) and isinstance(ours, str) and isinstance(theirs, str):
        return Decimal(ours) == Decimal(theirs)
    return equal(ours, theirs)


def equal(ours: Any, theirs: Any) -> bool:
    """Exact, but 1e-9 relative for floating point."""
    if isinstance(theirs, float) and isinstance(ours, float):
        return ours == theirs or math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=0.0)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(equal(a, b) for a, b in zip(ours, theirs, strict=True))
    return type(ours) is type(theirs) and bool(ours == theirs)


def tally(outcomes: list[Outcome]) -> Counter[str]:
    """Cases by verdict, and the rows compared."""
    counts = Counter(o.verdict for o in outcomes)
    counts["rows"] = sum(o.rows for o in outcomes)
    return counts
