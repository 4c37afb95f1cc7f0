"""A dataset's output in a batch: its flows' kept rows in order, judged by its expectations, numbered.

Leaves `<tag>_out` behind: the dataset's columns, `_batch` and `_row` (0, 1, 2, ... without holes), and
`<tag>_violated` for rows that an expectation removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from tailrace.duck.connection import count, first_row, literal, quote
from tailrace.model.account import ExpectationCount
from tailrace.sql.compiled import Expectation

REMOVING = ("drop", "quarantine")

RUN = 2**31
"""Places of rows are dense at most within runs of so many, see `source`."""
RUNS_MAX = 16


@dataclass(frozen=True)
class Part:
    """The kept rows of one branch: `relation` from `run_branch`, its place among flows and branches."""

    flow: str
    edge: str
    place: int
    relation: str


@dataclass(frozen=True)
class Output:
    """Names and counts of a dataset's output. `violated_relation` is None where no row violates anything."""

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
    counts = _judge(connection, f"{rows}_all", expectations) if expectations else {}
    removing = [f"__x{i}" for i, rule in enumerate(expectations) if rule.action in REMOVING]
    good = " AND ".join(removing) or "true"
    violating = any(found.failed for found in counts.values())
    if violating:
        tests = ", ".join(f"{_test(rule)} AS __x{i}" for i, rule in enumerate(expectations))
        connection.execute(f"CREATE TEMP TABLE {rows} AS SELECT *, {tests} FROM {rows}_all")
    else:
        good = "true"
        connection.execute(f"CREATE TEMP VIEW {rows} AS SELECT * FROM {rows}_all")
    violated_relation = None
    violated = 0 if expectations else None
    if violating:
        violated_relation = f"{tag}_violated"
        _violated_view(connection, violated_relation, rows, good, expectations)
        violated = count(connection, f"SELECT count(*) FROM {violated_relation}")
    broken = _broken(connection, rows, names, expectations) if violating else (None, None)
    order = " ORDER BY __place, __ord, __sub" if len(parts) > 1 else ""
    out = _number(connection, tag, names, f"{rows} WHERE {good}", order, n)
    return Output(f"{tag}_out", violated_relation, emitted, violated, out, counts, *broken)


def _number(
    connection: duckdb.DuckDBPyConnection, tag: str, names: str, rows: str, order: str, n: int
) -> int:
    """Create `<tag>_out` with `_batch` and `_row`; returns how many rows it has. One part's rows are in order.

    Where the places of the rows have no holes, as where nothing was removed, the number follows from the
    place by a subtraction. Else the rows are put in order into a table, and its row ids are the numbers: both
    run on all threads, as `row_number()` does not.
    """
    head = f"CREATE TEMP VIEW {tag}_out AS SELECT {names}, {n}::BIGINT AS _batch"
    bounds = "min(__ord), max(__ord), count(*), count(*) FILTER (WHERE __sub <> 0)"
    runs = connection.execute(f"SELECT min(__place), {bounds}, max(__place) FROM {rows}").fetchall()
    if runs[0][3] == 0:
        runs = []
    elif runs[0][0] != runs[0][-1] or not _are_dense(runs):
        runs = connection.execute(
            f"SELECT __place, {bounds}, __place FROM {rows} "
            f"GROUP BY __place, __ord // {RUN} ORDER BY __place, min(__ord) LIMIT {RUNS_MAX + 1}"
        ).fetchall()
    if len(runs) <= RUNS_MAX and _are_dense(runs):
        arms, before = [], 0
        for place, low, high, found, *_ in runs:
            arms.append(f"WHEN __place = {place} AND __ord <= {high} THEN __ord - {low - before}")
            before += found
        number = f"CASE {' '.join(arms)} END" if len(arms) > 1 else f"__ord - {runs[0][1]}" if runs else "0"
        connection.execute(f"{head}, ({number})::INT AS _row FROM {rows}")
        return before
    connection.execute(f"CREATE TEMP TABLE {tag}_numbered AS SELECT {names} FROM {rows}{order}")
    number, found = ordinal(connection, f"{tag}_numbered")
    connection.execute(f"{head}, ({number})::INT AS _row FROM {tag}_numbered")
    return found


def _are_dense(runs: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the places of each run have no holes: (place, least, greatest, rows, inner rows, ...)."""
    return all(high - low + 1 == found and not inner for _, low, high, found, inner, *_ in runs)


def ordinal(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, int]:
    """SQL that numbers a table's rows 0, 1, 2, ... as they were put in, and how many there are.

    The row ids of a table that an open transaction made begin somewhere far up.
    """
    row = first_row(connection.execute(f"SELECT count(*), min(rowid), max(rowid) FROM {table}"))
    assert row is not None
    found, low, high = int(row[0]), int(row[1] or 0), int(row[2] or 0)
    if found and high - low + 1 != found:
        return "row_number() OVER (ORDER BY rowid) - 1", found
    return f"rowid - {low}", found


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


def _test(rule: Expectation) -> str:
    return f"coalesce(TRY({rule.sql}), false)"


def _judge(
    connection: duckdb.DuckDBPyConnection, rows: str, rules: Sequence[Expectation]
) -> dict[str, ExpectationCount]:
    """How often each rule passed and failed."""
    tests = ", ".join(f"{_test(rule)} AS __x{i}" for i, rule in enumerate(rules))
    counted = ", ".join(
        f"count(*) FILTER (WHERE __x{i}), count(*) FILTER (WHERE NOT __x{i})" for i in range(len(rules))
    )
    row = first_row(connection.execute(f"SELECT {counted} FROM (SELECT {tests} FROM {rows})"))
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
