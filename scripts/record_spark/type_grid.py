"""Record which type Spark gives a call or an operator for every combination of argument types, unexecuted.

    python scripts/record_spark/type_grid.py [FUNCTION ...]

Records all templates anew, or those of the functions that are named. Needs pyspark, a JDK and what Tailrace
itself imports. The templates are those of tests/sql/spark/grid.py, which also says what a line of
tests/sql/spark/typing.txt means. Many expressions are analysed at once, so it takes minutes, not hours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.sql.spark import grid


def types(spark: Any, expressions: list[str]) -> list[str | None]:
    """The type of each expression over the table `t`, None for what Spark refuses."""
    state = spark._jsparkSession.sessionState()
    try:
        plan = state.analyzer().execute(
            state.sqlParser().parsePlan(f"SELECT {', '.join(expressions)} FROM t")
        )
        made = plan.projectList()
        assert made.size() == len(expressions)
    except Exception:
        if len(expressions) == 1:
            return [_alone(spark, expressions[0])]
        half = len(expressions) // 2
        return types(spark, expressions[:half]) + types(spark, expressions[half:])
    found = [made.apply(i) for i in range(made.size())]
    named = {i: one.dataType().simpleString() for i, one in enumerate(found) if one.resolved()}
    sound = set(_sound(spark, [(i, expressions[i]) for i in named]))
    return [named[i] if i in sound else None for i in range(len(expressions))]


def _sound(spark: Any, pairs: list[tuple[int, str]]) -> list[int]:
    """The numbers of those that pass the checks behind the analysis too, halved until one is alone."""
    if not pairs:
        return []
    try:
        spark.sql(f"SELECT {', '.join(text for _, text in pairs)} FROM t").schema  # noqa: B018
        return [i for i, _ in pairs]
    except Exception:
        half = len(pairs) // 2
        return _sound(spark, pairs[:half]) + _sound(spark, pairs[half:]) if half else []


def _alone(spark: Any, expression: str) -> str | None:
    try:
        return str(spark.sql(f"SELECT {expression} FROM t").schema[0].dataType.simpleString())
    except Exception:
        return None


def main(wanted: set[str]) -> None:
    from scripts.record_spark import answer

    spark = answer.start()
    columns = ", ".join(f"{letter}{i} {kind}" for letter in "ab" for i, kind in enumerate(grid.KINDS))
    spark.createDataFrame([], columns).createOrReplaceTempView("t")
    kept = {line.split("\t")[0]: line for line in grid.FILE.read_text(encoding="utf-8").splitlines()}
    lines = []
    for template, count in grid.templates():
        if wanted and template in kept and template.split("(")[0] not in wanted:
            lines.append(kept[template])
            continue
        found = types(spark, [grid.filled(template, places) for places in grid.combinations(count)])
        lines.append(grid.line(template, count, found))
    grid.FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
