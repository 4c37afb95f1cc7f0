"""Fixture files: a line per set of rows, then a line per case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from scripts.record_spark.answer import Asker
from scripts.record_spark.ask import Category

FOLDER = Path(__file__).parents[2] / "tests" / "sql" / "spark" / "fixtures"
BYTES_MAX = 1_000_000


def record(spark: SparkSession, category: Category, folder: Path = FOLDER) -> dict[str, int]:
    """Ask all of a category, write its file, and count: cases, rows, dropped (modes disagree), refused."""
    counts = {"cases": 0, "rows": 0, "dropped": 0, "refused": 0}
    lines: list[dict[str, Any]] = []
    for rowset in category.sets:
        cases = [c for c in category.cases if c.on == rowset.name]
        lines.append({"set": rowset.name, "columns": rowset.columns, "rows": rowset.rows})
        for line in Asker(spark, rowset).answer(cases):
            counts["cases"] += 1
            counts["refused"] += "refused" in line
            kept = [None if isinstance(v, dict) and "?" in v else v for v in line.get("out", [])]
            if kept != line.get("out", []):
                skipped = [i for i, v in enumerate(line["out"]) if isinstance(v, dict) and "?" in v]
                print("  left out:", line["sql"], [line["out"][i] for i in skipped][:3])
                counts["dropped"] += len(skipped)
                line["skip"], line["out"] = skipped, kept
            counts["rows"] += len(kept)
            lines.append(line)
    text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n" for x in lines)
    if len(text.encode()) > BYTES_MAX:
        raise SystemExit(f"{category.name} has {len(text.encode())} bytes; split it or choose fewer rows")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{category.name}.jsonl").write_text(text, encoding="utf-8")
    return counts
