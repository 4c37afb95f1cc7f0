"""Stream queries: what programs they become, what rows come out, what is refused and where."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.model.types import INT, LONG, STRING, ArrayType, Field, MapType, Schema, StructType
from tailrace.sql.compile import (
    FilesCall,
    TableInfo,
    Target,
    TargetColumn,
    compile_condition,
    compile_stream,
    parse_query,
)
from tailrace.sql.compiled import Branch, FilesInput, RowProgram, StreamQuery, TableInput, TopicInput

EVENTS = StructType(
    (
        Field("a", INT),
        Field("b", LONG),
        Field("s", STRING),
        Field("arr", ArrayType(INT)),
        Field("m", MapType(STRING, INT)),
        Field("st", StructType((Field("f", INT), Field("g", STRING)))),
    )
)
VIEW = TableInfo("gold.v", "materialized_view", StructType((Field("a", INT),)))


class Catalog:
    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        known = {"events": TableInfo("bronze.events", "streaming_table", EVENTS), "v": VIEW}
        return known.get(parts[-1].lower())

    def files(self, call: FilesCall) -> tuple[str, Schema]:
        return call.format or "csv", StructType((Field("x", STRING),))


def stream(text: str, target: Target | None = None) -> StreamQuery:
    return compile_stream(parse_query(text, Place("bronze/a.sql", 5, 4)), Catalog(), target)


def only(query: StreamQuery) -> Branch:
    (branch,) = query.branches
    return branch


def run(branch: Branch, row: str) -> list[dict[str, Any]]:
    """The rows that one input row (a DuckDB SELECT) becomes, explodes included."""
    connection = duckdb.connect()
    connection.execute("SET disabled_optimizers = 'common_subexpressions,expression_rewriter'")
    connection.execute(f"CREATE TABLE input AS {row}")
    rows = _program(branch.program, "input")
    for explode in branch.explodes:
        items = '"__items"'
        if explode.outer:
            items = f"CASE WHEN coalesce(len({items}), 0) = 0 THEN [NULL] ELSE {items} END"
        unnested = (
            f'SELECT *, unnest({items}) AS "__item", unnest(range(len({items}))) AS "__pos" FROM ({rows})'
        )
        rows = _program(explode.program, f"({unnested})")
    relation = connection.execute(rows)
    names = [column[0] for column in relation.description or ()]
    return [dict(zip(names, values, strict=True)) for values in relation.fetchall()]


def _program(program: RowProgram, source: str) -> str:
    lets = "".join(f', TRY(struct_pack(v := {let.sql})) AS "{let.name}"' for let in program.lets)
    columns = ", ".join(f'{column.sql} AS "{column.name}"' for column in program.columns)
    where = f" WHERE {program.where}" if program.where else ""
    return f"SELECT {columns} FROM (SELECT *{lets} FROM {source}){where}"


ROW = (
    "SELECT 1::INT AS a, 10::BIGINT AS b, '7' AS s, [1, 2, 3] AS arr, MAP {'k': 1::INT} AS m, "
    "{'f': 5::INT, 'g': 'x'} AS st"
)


def test_a_topic_is_read_with_its_columns() -> None:
    branch = only(stream("SELECT value, topic FROM STREAM read_kafka(subscribe => 'clicks')"))
    assert branch.input == TopicInput("clicks")
    assert [(c.name, c.fallible) for c in branch.program.columns] == [("value", False), ("topic", False)]


def test_files_keep_their_options_and_hidden_metadata() -> None:
    branch = only(
        stream(
            "SELECT *, _metadata.file_name FROM STREAM read_files('/in', format => 'json', header => true)"
        )
    )
    assert isinstance(branch.input, FilesInput)
    assert branch.input.options == (("header", "true"),)
    assert [c.name for c in branch.program.columns] == ["x", "file_name"]
    old = only(stream("SELECT * FROM cloud_files('/in', 'csv', map('cloudFiles.inferColumnTypes', 'true'))"))
    assert isinstance(old.input, FilesInput)
    assert (old.input.function, old.input.options) == ("cloud_files", (("infercolumntypes", "true"),))


def test_projections_collapse_so_that_unused_columns_are_not_computed() -> None:
    branch = only(stream("SELECT a FROM (SELECT a, a / 0 AS broken FROM STREAM(events))"))
    assert [c.sql for c in branch.program.columns] == ['"a"']


def test_a_filter_sees_the_input_below_the_projection() -> None:
    branch = only(stream("SELECT c FROM (SELECT a + 1 AS c FROM STREAM events) WHERE c > 1"))
    assert branch.program.where is not None
    assert '"a"' in branch.program.where
    assert run(branch, ROW) == [{"c": 2}]


def test_a_later_condition_is_not_looked_at_where_an_earlier_fails() -> None:
    branch = only(stream("SELECT a FROM STREAM events WHERE a <> 1 AND 1 / (a - 1) > 0"))
    assert run(branch, ROW) == []


def test_a_long_expression_used_twice_is_computed_once() -> None:
    text = "CASE WHEN a = 1 THEN CAST(s AS INT) WHEN a = 2 THEN CAST(st.g AS INT) END"
    branch = only(stream(f"SELECT c, c + 1 AS d FROM (SELECT {text} AS c FROM STREAM events)"))
    assert len(branch.program.lets) == 1
    assert run(branch, ROW) == [{"c": 7, "d": 8}]
    once = only(stream(f"SELECT c FROM (SELECT {text} AS c FROM STREAM events)"))
    assert once.program.lets == ()


def test_explode_in_the_list_and_what_is_filtered_on_either_side() -> None:
    branch = only(
        stream("SELECT * FROM (SELECT a, explode(arr) AS e FROM STREAM events) WHERE a = 1 AND e > 1")
    )
    (explode,) = branch.explodes
    assert branch.program.where == '("a" = CAST(1 AS INTEGER))'
    assert explode.program.where == '("__item" > CAST(1 AS INTEGER))'
    assert run(branch, ROW) == [{"a": 1, "e": 2}, {"a": 1, "e": 3}]


def test_lateral_views_of_maps_and_outer_ones() -> None:
    branch = only(stream("SELECT a, k, v FROM STREAM events LATERAL VIEW explode(m) t AS k, v"))
    assert run(branch, ROW) == [{"a": 1, "k": "k", "v": 1}]
    outer = only(stream("SELECT a, p, e FROM STREAM events LATERAL VIEW OUTER posexplode(arr) t AS p, e"))
    assert outer.explodes[0].outer
    empty = ROW.replace("[1, 2, 3]", "[]::INT[]")
    assert [row["a"] for row in run(outer, empty)] == [1]


def test_two_explodes_follow_each_other() -> None:
    branch = only(
        stream(
            "SELECT e, f FROM STREAM events LATERAL VIEW explode(arr) x AS e LATERAL VIEW explode(arr) y AS f WHERE e < f"
        )
    )
    assert run(branch, ROW) == [{"e": 1, "f": 2}, {"e": 1, "f": 3}, {"e": 2, "f": 3}]


def test_a_union_is_two_branches_in_common_types() -> None:
    query = stream("SELECT a AS n FROM STREAM events UNION ALL SELECT b FROM STREAM(events)")
    assert [f.type for f in query.schema.fields] == [LONG]
    assert [branch.program.columns[0].sql for branch in query.branches] == ['CAST("a" AS BIGINT)', '"b"']


def test_a_common_table_expression_is_compiled_once_however_often_it_is_read() -> None:
    levels = "".join(
        f", c{i} AS (SELECT a FROM c{i - 1} UNION ALL SELECT a FROM c{i - 1})" for i in range(1, 5)
    )
    query = stream(f"WITH c0 AS (SELECT a FROM STREAM events){levels} SELECT a FROM c4")
    assert len(query.branches) == 16


def test_declared_columns_cast_and_refuse_null() -> None:
    target = Target((TargetColumn("n", LONG, not_null=True), TargetColumn("t", STRING)))
    branch = only(stream("SELECT a, s FROM STREAM events", target))
    assert run(branch, ROW) == [{"n": 1, "t": "7"}]
    with pytest.raises(duckdb.Error, match="NOT_NULL_ASSERT_VIOLATION"):
        run(branch, ROW.replace("1::INT AS a", "NULL::INT AS a"))


def test_columns_by_name_take_the_order_of_the_table() -> None:
    target = Target((TargetColumn("s", STRING), TargetColumn("a", INT)), by_name=True)
    query = stream("SELECT a, s FROM STREAM events", target)
    assert query.schema.names == ("s", "a")
    with pytest.raises(ProjectError, match="EXTRA_COLUMNS"):
        stream("SELECT a, b, s FROM STREAM events", target)


def test_a_watermark_on_a_stateless_query_changes_nothing() -> None:
    plain = stream("SELECT a FROM STREAM events")
    assert stream("SELECT a FROM STREAM events WATERMARK b DELAY OF INTERVAL 5 MINUTES") == plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT DISTINCT a FROM STREAM events", "DISTINCT"),
        ("SELECT a FROM STREAM events ORDER BY a", "ORDER BY"),
        ("SELECT a FROM STREAM events LIMIT 3", "LIMIT"),
        ("SELECT a FROM STREAM events GROUP BY a", "GROUP BY"),
        ("SELECT row_number() OVER (ORDER BY a) FROM STREAM events", "OVER needs the whole stream"),
        ("SELECT e.a FROM STREAM events e JOIN v ON e.a = v.a", "join"),
        ("SELECT a FROM events", "STREAM(events)"),
        ("SELECT a FROM STREAM events UNION SELECT a FROM STREAM events", "UNION"),
        ("SELECT a FROM STREAM events WHERE a IN (SELECT a FROM v)", "subquery"),
        ("SELECT a FROM STREAM events TABLESAMPLE (5 ROWS)", "TABLESAMPLE"),
        ("FROM STREAM events |> WHERE a > 1", "pipe"),
        ("SELECT nothing_known(a) FROM STREAM events", "not in the function table"),
    ],
)
def test_what_is_not_executed_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        stream(text)
    assert message in str(caught.value)
    assert caught.value.place is not None
    assert caught.value.place.file == "bronze/a.sql"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT nope FROM STREAM events", "UNRESOLVED_COLUMN"),
        ("SELECT a FROM STREAM nowhere", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT a FROM STREAM v", "materialized view"),
        ("SELECT st.h FROM STREAM events", "FIELD_NOT_FOUND"),
        ("SELECT a FROM STREAM events UNION ALL SELECT a, b FROM STREAM events", "NUM_COLUMNS_MISMATCH"),
        ("SELECT NULL AS n FROM STREAM events", "NULL without a type"),
        ("SELECT a FROM STREAM events WHERE", "PARSE_SYNTAX_ERROR"),
        ("SELECT a FROM STREAM events WHERE s LIKE", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_what_is_wrong_is_told_with_sparks_condition(text: str, message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        stream(text)
    assert message in str(caught.value)


def test_errors_stand_where_the_query_stands_in_its_file() -> None:
    with pytest.raises(ProjectError) as caught:
        stream("SELECT a,\n  nope\nFROM STREAM events")
    assert caught.value.place == Place("bronze/a.sql", 6, 3)
    with pytest.raises(ProjectError) as first_line:
        stream("SELECT nope FROM STREAM events")
    assert first_line.value.place == Place("bronze/a.sql", 5, 11)


def test_a_condition_names_columns_of_its_schema_only() -> None:
    assert compile_condition("a > 1 AND s IS NOT NULL", EVENTS, Place("x.sql", 1)).count('"a"') == 1
    with pytest.raises(ProjectError, match="UNRESOLVED_COLUMN"):
        compile_condition("_batch > 1", EVENTS, Place("x.sql", 1))
    with pytest.raises(ProjectError, match="takes BOOLEAN"):
        compile_condition("a + 1", EVENTS, Place("x.sql", 1))


def test_inputs_are_named_for_lineage() -> None:
    assert only(stream("SELECT a FROM STREAM events")).input == TableInput("bronze.events")
