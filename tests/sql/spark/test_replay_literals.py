"""Expressions over literals, as Spark answered them: what is folded must answer as what is read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from tailrace.duck.connection import connect
from tailrace.duck.errors import condition_of
from tailrace.model import types as t
from tailrace.model.errors import TailraceError
from tailrace.sql.expression import analyze_expression

from .replay import ERRORS_OF_RAISED, plain, same_value

TWICE = "a key that comes twice for a MAP"
"""Spark's map holds both; here that raises."""

FILE = Path(__file__).parent / "literals.jsonl"


def judge(connection: duckdb.DuckDBPyConnection, item: dict[str, Any]) -> tuple[str, str]:
    """(verdict, what is different)."""
    try:
        kind, sql = analyze_expression(item["sql"], t.Schema(()))
    except TailraceError:
        return ("same" if "error" in item else "refused"), ""
    try:
        value = connection.execute(f"SELECT {sql}").fetchall()[0][0]
    except (duckdb.Error, ValueError, OverflowError) as error:
        raised = condition_of(str(error)) in ERRORS_OF_RAISED or TWICE in str(error)
        if "error" in item or raised:
            return "same", ""
        return "different", f"raises {str(error)[:100]!r}, Spark has {item['out']!r}"
    if item.get("error") == "NOT_IMPLEMENTED":  # intervals of months, which Python does not get from Spark
        return "refused", ""
    if "error" in item:
        return "different", f"gives {value!r}, Spark raises {item['error']}"
    if kind.simple_string != item["type"]:
        return "different", f"has the type {kind}, Spark {item['type']}"
    found, expected = plain(value, kind), item["out"]
    if isinstance(kind, t.MapType) and found and expected:
        found, expected = sorted(found, key=repr), sorted(expected, key=repr)  # collected in Java's order
    return (
        ("same", "")
        if same_value(found, expected, kind)
        else ("different", f"gives {found!r}, Spark {expected!r}")
    )


def test_literals_answer_as_in_spark() -> None:
    connection = connect(threads=1)
    verdicts: Counter[str] = Counter()
    different = []
    for line in filter(None, FILE.read_text(encoding="utf-8").split("\n")):
        item = json.loads(line)
        verdict, what = judge(connection, item)
        verdicts[verdict] += 1
        if verdict == "different":
            different.append(f"{item['sql']}: {what}")
    assert different == []
    assert verdicts["same"] > 15 * verdicts["refused"]
