"""Record what Spark answers to the queries of tests/sql/queries or another folder, for tests that run without it.

    python scripts/record_spark/queries.py [folder]

Needs pyspark and a JDK. Each answer is taken with code generation on and off; only what agrees is kept.
"""

from __future__ import annotations

import datetime
import decimal
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "tests" / "sql" / "queries"


def statements(text: str) -> list[str]:
    """The statements of a file; each ends its line with a semicolon."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("-- ")]
    return [part.strip() for part in re.split(r";\s*\n", "\n".join(lines)) if part.strip()]


def tables(text: str) -> dict[str, str]:
    """Name and query of each table."""
    parts = re.split(r"(?m)^-- name: (\w+)$", text)[1:]
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def plain(value: Any) -> Any:
    """A value as JSON that keeps its kind apart from others."""
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return {"double": repr(value)}
    if isinstance(value, decimal.Decimal):
        return {"decimal": f"{value:f}"}
    if isinstance(value, (datetime.datetime, datetime.date)):
        naive = value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value
        return {"time": naive.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {"micros": value // datetime.timedelta(microseconds=1)}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, dict):
        return {"map": [[plain(k), plain(v)] for k, v in value.items()]}
    return [plain(part) for part in value]


def answer(spark: Any, query: str) -> dict[str, Any]:
    """Names, types and rows, or the condition that Spark failed with."""
    try:
        frame = spark.sql(query)
        rows = [plain(tuple(row)) for row in frame.collect()]
    except Exception as error:
        found = re.search(r"\[([A-Z0-9_.]+)\]", str(error))
        return {"query": query, "error": found[1] if found else type(error).__name__}
    columns = [[field.name, field.dataType.simpleString()] for field in frame.schema.fields]
    return {"query": query, "columns": columns, "rows": rows}


def unordered(recorded: dict[str, Any]) -> dict[str, Any]:
    """The answer with its rows in an order of ours."""
    return {**recorded, "rows": sorted(map(json.dumps, recorded.get("rows", ())))}


def main(folder: Path) -> None:
    from pyspark.sql import SparkSession

    logging.disable(logging.CRITICAL)
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "1")
    spark = builder.getOrCreate()
    for own in (FOLDER, folder):
        made = own / "tables.sql"
        for name, query in tables(made.read_text() if made.exists() else "").items():
            spark.sql(query).createOrReplaceTempView(name)
    kept = []
    for query in statements((folder / "queries.sql").read_text()):
        spark.conf.set("spark.sql.codegen.wholeStage", "true")
        first = answer(spark, query)
        spark.conf.set("spark.sql.codegen.wholeStage", "false")
        if unordered(answer(spark, query)) == unordered(first):
            kept.append(first)
        else:
            print("Spark disagrees with itself:", query)
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in kept)
    (folder / "answers.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
