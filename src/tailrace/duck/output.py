"""A dataset's output in a batch: its flows' kept rows in order, judged by its expectations, numbered.

Leaves `<tag>_out` behind: the dataset's columns, `_batch` and `_row` (0, 1, 2, ... without holes), and
`<tag>_violated` for rows that an expectation removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from tailrace.duck.connection import count, first_row, literal, quote
from tailrace.model.account import ExpectationCount
from tailrace.sql.compiled import Expectation

REMOVING = ("drop", "quarantine")


@dataclass(frozen=True)
class Part:
    """The kept rows of one branch: `relation` from `run_branch`, its place among flows and branches."""

    flow: str
    edge: str
    place: int
    relation: str


@dataclass(frozen=True)
class Output:
    """Names and counts of a dataset's output."""

    relation: str
    violated_relation: str | None
    emitted: int
    violated: int | None
    out: int
    expectations: dict[str, ExpectationCount] = field(default_factory=dict)
    broken_rule: str | None = None
    """The first `FAIL UPDATE` rule that a row violates."""
    broken_row: str | None = None


def build_output(
    connection: duckdb.DuckDBPyConnection,
    tag: str,
    columns: Sequence[str],
    parts: Sequence[Part],
    expectations: Sequence[Expectation],
    n: int,
) -> Output:
    """Join the parts in order, judge them, number what is left."""
    names = ", ".join(quote(column) for column in columns)
    rows = f"{tag}_rows"
    selects = [
        f"SELECT {names}, {part.place} AS __place, __ord, __sub FROM {part.relation}" for part in parts
    ]
    connection.execute(f"CREATE TEMP VIEW {rows}_all AS {' UNION ALL '.join(selects)}")
    emitted = count(connection, f"SELECT count(*) FROM {rows}_all")
    if not expectations:
        connection.execute(f"CREATE TEMP VIEW {rows} AS SELECT * FROM {rows}_all")
        counts: dict[str, ExpectationCount] = {}
        good = "true"
    else:
        tests = ", ".join(
            f"coalesce(TRY({rule.sql}), false) AS __x{i}" for i, rule in enumerate(expectations)
        )
        connection.execute(f"CREATE TEMP TABLE {rows} AS SELECT *, {tests} FROM {rows}_all")
        counts = _judge(connection, rows, expectations)
        removing = [f"__x{i}" for i, rule in enumerate(expectations) if rule.action in REMOVING]
        good = " AND ".join(removing) or "true"
    order = "" if len(parts) == 1 else "ORDER BY __place, __ord, __sub"
    connection.execute(
        f"CREATE TEMP VIEW {tag}_out AS SELECT {names}, {n}::BIGINT AS _batch, "
        f"(row_number() OVER ({order}) - 1)::INT AS _row FROM {rows} WHERE {good}"
    )
    violated_relation = None
    violated = None
    if expectations:
        violated_relation = f"{tag}_violated"
        _violated_view(connection, violated_relation, rows, good, expectations)
        violated = count(connection, f"SELECT count(*) FROM {violated_relation}")
    broken = _broken(connection, rows, names, expectations)
    return Output(
        f"{tag}_out",
        violated_relation,
        emitted,
        violated,
        count(connection, f"SELECT count(*) FROM {rows} WHERE {good}"),
        counts,
        *broken,
    )


def _violated_view(
    connection: duckdb.DuckDBPyConnection, name: str, rows: str, good: str, rules: Sequence[Expectation]
) -> None:
    """The removed rows with `__rule`, the first failing one, and `__error`, all failing ones."""
    firsts = " ".join(
        f"WHEN NOT __x{i} THEN {literal(rule.name)}"
        for i, rule in enumerate(rules)
        if rule.action in REMOVING
    )
    failing = ", ".join(
        f"CASE WHEN NOT __x{i} THEN {literal(f'{rule.name}: {rule.text}')} END"
        for i, rule in enumerate(rules)
    )
    first = f"CASE {firsts} END" if firsts else "NULL"
    connection.execute(
        f"CREATE TEMP VIEW {name} AS SELECT *, {first} AS __rule, concat_ws('; ', {failing}) AS __error "
        f"FROM {rows} WHERE NOT ({good})"
    )


def _judge(
    connection: duckdb.DuckDBPyConnection, rows: str, rules: Sequence[Expectation]
) -> dict[str, ExpectationCount]:
    tests = ", ".join(
        f"count(*) FILTER (WHERE __x{i}), count(*) FILTER (WHERE NOT __x{i})" for i in range(len(rules))
    )
    row = first_row(connection.execute(f"SELECT {tests} FROM {rows}"))
    assert row is not None
    return {
        rule.name: ExpectationCount(int(row[2 * i]), int(row[2 * i + 1]), rule.action)
        for i, rule in enumerate(rules)
    }


def _broken(
    connection: duckdb.DuckDBPyConnection, rows: str, names: str, rules: Sequence[Expectation]
) -> tuple[str | None, str | None]:
    for i, rule in enumerate(rules):
        if rule.action != "fail":
            continue
        row = first_row(
            connection.execute(
                f"SELECT to_json(struct_pack({names}))::VARCHAR FROM {rows} WHERE NOT __x{i} LIMIT 1"
            )
        )
        if row is not None:
            return rule.name, str(row[0])
    return None, None
