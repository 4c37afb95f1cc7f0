"""What Spark leaves to the order of its rows is one answer here, the same every time, or none."""

from __future__ import annotations

import duckdb
import pytest

from tailrace.sql.compiled import BatchQuery
from tests.sql.test_batch import batch


def answers(query: BatchQuery, rows: str, threads: int = 2) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET disabled_optimizers = 'common_subexpressions,expression_rewriter'")
    for given in query.inputs:
        connection.execute(f'CREATE TABLE "{given.alias}" AS {rows}')
    return connection.execute(query.sql).fetchall()


MANY = (
    "SELECT i::INTEGER AS id, (i % 3)::VARCHAR AS kind, (i // 100000)::BIGINT AS _batch, (i % 100000)::BIGINT AS _row "
    "FROM range(300000) AS r(i)"
)


@pytest.mark.parametrize("threads", [1, 2])
def test_of_equal_rows_max_by_takes_the_last_that_came(threads: int) -> None:
    query = batch(
        "SELECT max_by(id, kind) AS a, min_by(id, kind) AS b, max_by(id, 1) AS c FROM silver.events"
    )
    assert query.deterministic
    assert answers(query, MANY, threads) == [(299999, 299997, 299999)]
    assert answers(query, f"SELECT * FROM ({MANY}) ORDER BY hash(id)", threads) == [(299999, 299997, 299999)]


@pytest.mark.parametrize("threads", [1, 2])
def test_of_equal_rows_without_an_order_it_is_always_the_same(threads: int) -> None:
    query = batch("SELECT max_by(n, n % 2) AS a FROM gold.counts")
    rows = "SELECT i AS n FROM range(300000) AS r(i) ORDER BY hash(i)"
    assert answers(query, rows, threads) == [(299999,)]


def test_max_by_over_a_window_takes_the_last_of_equal_rows() -> None:
    over = "OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"
    query = batch(f"SELECT n, max_by(n, n % 2) {over} AS a, min_by(n, n % 2) {over} AS b FROM gold.counts")
    rows = "SELECT i AS n FROM range(4) AS r(i)"
    assert answers(query, rows, 1) == [(0, 0, 0), (1, 1, 0), (2, 1, 2), (3, 3, 2)]


def test_a_sum_that_some_orders_carry_out_of_bigint_is_an_error() -> None:
    for call in ("sum(n)", "sum(DISTINCT n)", "sum(n) FILTER (WHERE n <> 0)"):
        query = batch(f"SELECT {call} AS s FROM gold.counts")
        for rows in ("(9223372036854775807), (1), (-1)", "(-9223372036854775808), (-1), (1)"):
            with pytest.raises(duckdb.Error, match=r"\[ARITHMETIC_OVERFLOW\] .* orders of its rows"):
                answers(query, f"SELECT n::BIGINT AS n FROM (VALUES {rows}) AS v(n)")
        whole = "SELECT n::BIGINT AS n FROM (VALUES (9223372036854775807), (-9223372036854775808), (NULL)) AS v(n)"
        assert answers(query, whole) == [(-1,)]
