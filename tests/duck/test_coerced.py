"""What a PERMISSIVE from_json turns into NULL is counted, value by value, or rejects its row."""

from __future__ import annotations

import duckdb
import pytest

from tailrace.duck.connection import connect
from tailrace.duck.row_program import BranchResult, run_branch
from tailrace.model import types as t
from tailrace.model.errors import Place
from tailrace.sql.catalog import FilesCall, TableInfo
from tailrace.sql.compile import compile_stream, parse_query
from tailrace.sql.compiled import Branch

INPUT = t.StructType((t.Field("body", t.STRING), t.Field("list", t.ArrayType(t.STRING))))
PLAIN = '{"a": 1, "b": "x"}'
ONE_LOST = '{"a": "one", "b": "x"}'
TWO_LOST = '{"a": "one", "c": [1]}'
SCHEMA = "'a INT, b STRING, c DOUBLE'"


class Catalog:
    """One table."""

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo:
        return TableInfo("bronze.given", "streaming_table", INPUT)

    def files(self, call: FilesCall) -> tuple[str, t.StructType]:
        raise AssertionError(call)


def compiled(query: str, reject: bool = False) -> Branch:
    parsed = parse_query(query, Place("a.sql", 1, 1))
    (branch,) = compile_stream(parsed, Catalog(), rejects_coerced=reject).branches
    return branch


def run(
    query: str, *bodies: str | None, reject: bool = False
) -> tuple[duckdb.DuckDBPyConnection, BranchResult, Branch]:
    connection = connect()
    connection.execute("CREATE TABLE given (__ord BIGINT, body VARCHAR, list VARCHAR[])")
    connection.executemany(
        "INSERT INTO given VALUES (?, ?, ?)", [[i, body, [body, body]] for i, body in enumerate(bodies)]
    )
    branch = compiled(query, reject)
    return connection, run_branch(connection, branch, "given", "t"), branch


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT from_json(body, {SCHEMA}) AS d FROM STREAM(bronze.given)",
        f"SELECT from_json(body, {SCHEMA}).a, from_json(body, {SCHEMA}).b FROM STREAM(bronze.given)",
        f"SELECT d.a, d.b FROM (SELECT from_json(body, {SCHEMA}) AS d FROM STREAM(bronze.given))",
        f"SELECT a, a + 1 AS n FROM (SELECT d.a * 100000000000000000 + length(concat(d.b, d.b)) AS a FROM "
        f"(SELECT from_json(body, {SCHEMA}) AS d FROM STREAM(bronze.given))) WHERE a > 0 OR a IS NULL",
        f"SELECT explode(list) AS x, from_json(body, {SCHEMA}) AS d FROM STREAM(bronze.given)",
    ],
)
@pytest.mark.parametrize(
    ("bodies", "lost"),
    [
        ((PLAIN, PLAIN), 0),
        ((PLAIN, ONE_LOST, TWO_LOST), 3),
        ((None, "", "no record"), 1),
        (('{"a": null, "b": 5}',), 0),
        (('{"a": 1, "b": {"c": None}}', PLAIN), 1),
    ],
)
def test_values_that_become_null_are_counted_once(
    query: str, bodies: tuple[str | None, ...], lost: int
) -> None:
    _, result, branch = run(query, *bodies)
    assert not any(program.coerces_uncounted for program in branch.programs)
    assert result.coerced == lost
    assert (result.kept, result.error) == (len(bodies), 0)


def test_an_element_of_a_list_is_counted_after_the_explode() -> None:
    _, result, branch = run(
        f"SELECT from_json(x, {SCHEMA}) AS d FROM (SELECT explode(list) AS x FROM STREAM(bronze.given))",
        ONE_LOST,
        PLAIN,
    )
    assert not any(program.coerces_uncounted for program in branch.programs)
    assert result.coerced == 2


def test_rows_that_fail_for_another_reason_count_nothing() -> None:
    _, result, _ = run(
        f"SELECT d.a, CAST(d.b AS INT) AS b FROM "
        f"(SELECT from_json(body, {SCHEMA}) AS d FROM STREAM(bronze.given))",
        ONE_LOST,
        '{"a": "one", "b": "1"}',
    )
    assert (result.error, result.coerced) == (1, 1)


def test_inside_a_lambda_it_is_told_that_the_count_is_not_known() -> None:
    branch = compiled(f"SELECT transform(list, x -> from_json(x, {SCHEMA})) AS d FROM STREAM(bronze.given)")
    assert branch.program.coerces_uncounted


def test_rejecting_fails_exactly_the_rows_that_lose_a_value() -> None:
    query = f"SELECT from_json(body, {SCHEMA}) AS d FROM STREAM(bronze.given)"
    bodies = (PLAIN, ONE_LOST, None, '{"b": 5}', "no record", PLAIN)
    connection, result, branch = run(query, *bodies, reject=True)
    failed = connection.execute(f"SELECT __ord FROM {result.failed_relation} ORDER BY 1").fetchall()
    assert failed == [(1,), (4,)]
    assert not any(program.coerces for program in branch.programs)
