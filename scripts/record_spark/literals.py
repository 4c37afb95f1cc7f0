"""The recorded expressions once more, with literals in the place of columns: constants are folded, and may
answer otherwise.

    python -m scripts.record_spark.literals      with the Python that has pyspark

Reads the fixtures of columns, asks Spark for one answered and one failing row of each expression, and writes
`tests/sql/spark/literals.jsonl`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import types as st
from scripts.record_spark.answer import start
from scripts.record_spark.values import to_json

FOLDER = Path(__file__).parents[2] / "tests" / "sql" / "spark"
LITERALS = {
    "tinyint": "{}Y",
    "smallint": "{}S",
    "int": "{}",
    "bigint": "{}L",
    "boolean": "{}",
    "date": "DATE '{}'",
    "timestamp": "TIMESTAMP '{}+00:00'",
    "timestamp_ntz": "TIMESTAMP_NTZ '{}'",
    "binary": "X'{}'",
}
LEAST = {"tinyint": "-128", "smallint": "-32768", "int": "-2147483648", "bigint": "-9223372036854775808"}


def literal(value: Any, kind: str) -> str | None:
    """The value as people write it; None for a type without literals."""
    if value is None:
        return f"CAST(NULL AS {kind})"
    if kind.startswith(("array<", "map<", "struct<")):
        return _nested(value, st.DataType.fromDDL(kind))
    if kind == "string":
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
        return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"
    if kind in ("float", "double"):
        if isinstance(value, str):
            return f"{kind}('{value}')"
        return f"{value!r}{'F' if kind == 'float' else 'D'}"
    if kind.startswith("decimal"):
        return f"CAST('{value}' AS {kind})"
    if LEAST.get(kind) == str(value) or kind not in LITERALS:
        return f"CAST('{value}' AS {kind})" if kind in LEAST else None
    return LITERALS[kind].format(str(value).lower() if kind == "boolean" else value)


def _nested(value: Any, kind: st.DataType) -> str | None:
    """An array, a map or a struct by its constructor, with the types of its parts."""
    if isinstance(kind, st.ArrayType):
        name, parts = "array", [literal(item, kind.elementType.simpleString()) for item in value]
    elif isinstance(kind, st.MapType):
        kinds = (kind.keyType.simpleString(), kind.valueType.simpleString())
        name, parts = (
            "map",
            [literal(item, of) for pair in value for item, of in zip(pair, kinds, strict=True)],
        )
    else:
        assert isinstance(kind, st.StructType)
        named = zip(value, kind.fields, strict=True)
        name, parts = "named_struct", []
        for item, field in named:
            parts += [f"'{field.name}'", literal(item, field.dataType.simpleString())]
    if None in parts:
        return None
    made = f"{name}({', '.join(map(str, parts))})"
    return made if parts else f"CAST({made} AS {kind.simpleString()})"


def questions() -> Iterator[str]:
    """Every expression with the values of one answered and one failing row."""
    seen: set[str] = set()
    for path in sorted((FOLDER / "fixtures").glob("*.jsonl")):
        sets: dict[str, dict[str, Any]] = {}
        for line in filter(None, path.read_text().split("\n")):
            item = json.loads(line)
            if "set" in item:
                sets[item["set"]] = item
                continue
            if "out" not in item or item.get("how", "row") != "row":
                continue
            for row in _rows(sets[item["on"]], item["out"]):
                text = _put(item["sql"], row, sets[item["on"]]["columns"])
                if text is not None and text not in seen:
                    seen.add(text)
                    yield text


def _rows(rowset: dict[str, Any], out: list[Any]) -> Iterator[list[Any]]:
    good = [i for i, value in enumerate(out) if value is not None and not _is_error(value)]
    bad = [i for i, value in enumerate(out) if _is_error(value)]
    for chosen in (good[len(good) // 2 :][:1], bad[:1]):
        yield from (rowset["rows"][i] for i in chosen)


def _is_error(value: Any) -> bool:
    return isinstance(value, dict) and "!" in value


def _put(sql: str, row: list[Any], kinds: list[str]) -> str | None:
    values = [literal(value, kind) for value, kind in zip(row, kinds, strict=True)]
    used = {int(match) for match in re.findall(r"\bc(\d+)\b", sql)}
    if any(values[i] is None for i in used):
        return None
    return re.sub(r"\bc(\d+)\b", lambda match: str(values[int(match[1])]), sql)


def main() -> None:
    spark = start()
    lines = []
    for number, sql in enumerate(questions()):
        item: dict[str, Any] = {"sql": sql}
        try:
            frame = spark.sql(f"SELECT {sql} AS x")
            item["type"] = frame.schema[0].dataType.simpleString()
            item["out"] = to_json(frame.collect()[0][0], frame.schema[0].dataType)
        except PySparkException as error:
            item["error"] = error.getCondition() or "?"
        except Exception as error:  # a value that Python cannot hold
            print(f"left out: {sql}: {type(error).__name__}")
            continue
        lines.append(json.dumps(item, ensure_ascii=False))
        if number % 500 == 0:
            print(number, flush=True)
    (FOLDER / "literals.jsonl").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} answers")


if __name__ == "__main__":
    main()
