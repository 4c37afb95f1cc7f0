"""Record the type of the first column of each query of tests/sql/spark/grid_queries.py, unexecuted.

    python scripts/record_spark/type_queries.py [WORD ...]

Records all templates anew, or those that hold one of the words and those that are new. Needs what
`type_grid.py` needs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.sql.spark import grid, grid_queries


def type_of(spark: Any, query: str) -> str | None:
    """The type, None for what Spark refuses."""
    try:
        return str(spark.sql(query).schema[0].dataType.simpleString())
    except Exception:
        return None


def main(words: list[str]) -> None:
    from scripts.record_spark import answer

    spark = answer.start()
    columns = ", ".join(f"{letter}{i} {kind}" for letter in "ab" for i, kind in enumerate(grid.KINDS))
    spark.createDataFrame([], columns).createOrReplaceTempView("t")
    text = grid_queries.FILE.read_text(encoding="utf-8") if grid_queries.FILE.exists() else ""
    kept = {line.split("\t")[0]: line for line in text.splitlines()}
    lines = []
    for template, count in grid_queries.templates():
        if words and template in kept and not any(word in template for word in words):
            lines.append(kept[template])
            continue
        found = [type_of(spark, grid.filled(template, places)) for places in grid.combinations(count)]
        lines.append(grid.line(template, count, found))
    grid_queries.FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
