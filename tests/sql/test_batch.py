"""Batch queries beyond what a recorded answer shows: inputs, views, ties, limits, places."""

from __future__ import annotations

import duckdb
import pytest

from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.model.types import INT, LONG, STRING, Field, Schema, StructType
from tailrace.sql.compile import (
    FilesCall,
    TableInfo,
    Target,
    TargetColumn,
    ViewText,
    compile_batch,
    parse_query,
)
from tailrace.sql.compiled import BatchInput, BatchQuery, FilesInput, TableInput

EVENTS = StructType((Field("id", INT), Field("kind", STRING)))
TABLES = {
    "silver.events": TableInfo("silver.events", "streaming_table", EVENTS),
    "gold.counts": TableInfo("gold.counts", "materialized_view", StructType((Field("n", LONG),))),
    "silver.recent": TableInfo(
        "silver.recent",
        "temporary_view",
        StructType((Field("id", INT),)),
        ViewText("SELECT id FROM silver.events WHERE id > 1", Place("recent.sql", 7)),
    ),
    "silver.loop": TableInfo(
        "silver.loop",
        "temporary_view",
        StructType((Field("id", INT),)),
        ViewText("SELECT id FROM silver.loop", Place("loop.sql", 2)),
    ),
}


class Catalog:
    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        return TABLES.get(".".join(part.lower() for part in parts[-2:]))

    def files(self, call: FilesCall) -> tuple[str, Schema]:
        return call.format or "csv", StructType((Field("x", STRING),))


def batch(text: str, target: Target | None = None) -> BatchQuery:
    return compile_batch(parse_query(text, Place("gold/v.sql", 3)), Catalog(), target)


def run(query: BatchQuery, rows: str = "(1, 'a'), (2, 'b'), (2, NULL)") -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    connection.execute("SET disabled_optimizers = 'common_subexpressions,expression_rewriter'")
    for given in query.inputs:
        connection.execute(
            f'CREATE VIEW "{given.alias}" AS SELECT *, 1::BIGINT AS _batch, row_number() OVER () AS _row '
            f"FROM (VALUES {rows}) AS t(id, kind)"
        )
    return connection.execute(query.sql).fetchall()


def test_a_table_read_twice_is_one_input() -> None:
    query = batch("SELECT a.id FROM silver.events a JOIN silver.events b ON a.id = b.id")
    assert query.inputs == (BatchInput("_input_0", TableInput("silver.events")),)
    assert len(run(query)) == 5


def test_a_temporary_view_is_put_in_once_with_its_own_places() -> None:
    query = batch("SELECT a.id FROM silver.recent a JOIN silver.recent b ON a.id = b.id")
    assert [given.input for given in query.inputs] == [TableInput("silver.events")]
    assert query.sql.count("_with_silver.recent") == 3
    assert len(run(query)) == 4
    with pytest.raises(ProjectError, match="reads itself") as caught:
        batch("SELECT id FROM silver.loop")
    assert caught.value.place is not None
    assert caught.value.place.file == "loop.sql"


def test_a_deep_chain_of_mentions_stays_small() -> None:
    levels = "".join(
        f", c{i} AS (SELECT a.id FROM c{i - 1} a JOIN c{i - 1} b ON a.id = b.id)" for i in range(1, 12)
    )
    query = batch(f"WITH c0 AS (SELECT id FROM silver.events){levels} SELECT count(*) FROM c11")
    assert len(query.sql) < 30_000


def test_rows_of_a_streaming_table_break_ties_by_their_place() -> None:
    query = batch("SELECT first(kind), collect_list(id) FROM silver.events")
    assert query.deterministic
    assert run(query) == [("a", [1, 2, 2])]
    numbered = batch("SELECT id, row_number() OVER (ORDER BY id) AS r, kind FROM silver.events ORDER BY r")
    assert numbered.deterministic
    assert [row[2] for row in run(numbered)] == ["a", "b", None]


def test_what_depends_on_an_order_that_nobody_gave_is_marked() -> None:
    assert not batch(
        "SELECT first(a.kind) FROM silver.events a JOIN silver.events b ON a.id = b.id"
    ).deterministic
    assert not batch("SELECT id FROM silver.events LIMIT 1").deterministic
    assert batch("SELECT count(*), max(kind) FROM silver.events").deterministic


def test_place_columns_are_there_by_name_only() -> None:
    assert batch("SELECT * FROM silver.events").schema.names == ("id", "kind")
    assert batch("SELECT _batch, _row FROM silver.events").schema.names == ("_batch", "_row")
    with pytest.raises(ProjectError, match="UNRESOLVED_COLUMN"):
        batch("SELECT _batch FROM gold.counts")


def test_files_are_inputs_with_metadata() -> None:
    query = batch("SELECT x, _metadata.file_name FROM read_files('/in', format => 'json')")
    (given,) = query.inputs
    assert isinstance(given.input, FilesInput)
    assert given.input.format == "json"
    assert query.schema.names == ("x", "file_name")


def test_declared_columns_are_cast_and_named() -> None:
    query = batch(
        "SELECT id, kind FROM silver.events", Target((TargetColumn("n", LONG), TargetColumn("k", STRING)))
    )
    assert [(f.name, f.type) for f in query.schema.fields] == [("n", LONG), ("k", STRING)]
    with pytest.raises(ProjectError, match="CANNOT_SAFELY_CAST"):
        batch("SELECT kind FROM silver.events", Target((TargetColumn("n", LONG),)))


def test_the_order_of_the_query_is_the_order_of_the_text() -> None:
    assert [row[0] for row in run(batch("SELECT id FROM silver.events ORDER BY id DESC, kind"))] == [2, 2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT id FROM STREAM(silver.events)", "STREAM is for streaming tables"),
        ("SELECT * FROM silver.events TABLESAMPLE (10 PERCENT)", "TABLESAMPLE"),
        ("SELECT id FROM silver.events VERSION AS OF 1", "Time travel"),
        ("WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", "RECURSIVE"),
        ("SELECT id FROM silver.events SORT BY id LIMIT 1", "SORT BY"),
        (
            "SELECT sum(id) OVER (ORDER BY id RANGE BETWEEN id PRECEDING AND CURRENT ROW) FROM silver.events",
            "frame",
        ),
        ("SELECT array_agg(id ORDER BY id) FROM silver.events", "ORDER"),
        ("SELECT value FROM read_kafka(subscribe => 'x')", "streaming tables only"),
        ("SELECT id COLLATE utf8_lcase FROM silver.events", "COLLATE"),
    ],
)
def test_what_is_not_answered_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        batch(text)
    assert message.lower() in str(caught.value).lower()


def test_long_chains_of_conditions_and_unions_are_no_trouble() -> None:
    many = " OR ".join(f"id = {i}" for i in range(400))
    assert len(run(batch(f"SELECT id FROM silver.events WHERE {many}"))) == 3
    union = " UNION ALL ".join(["SELECT id FROM silver.events"] * 60)
    assert len(run(batch(union))) == 180


def test_a_query_nested_without_end_is_refused() -> None:
    deep = "SELECT id FROM silver.events"
    for _ in range(400):
        deep = f"SELECT id FROM ({deep})"
    with pytest.raises(Refused, match="nested too deeply"):
        batch(deep)
