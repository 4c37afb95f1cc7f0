"""Compiling a whole project: order, components, columns of tables, rings, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, ProjectErrors
from tailrace.project.compile import compile_project
from tailrace.project.compiled import CompiledProject
from tailrace.project.load import load_project
from tailrace.sql.compiled import TableInput

FILES = t.Schema((t.Field("id", t.LONG), t.Field("name", t.STRING)))

PROJECT = """
CREATE MATERIALIZED VIEW gold.v AS SELECT s.n, w.m FROM silver.s AS s JOIN w ON s.n = w.m;
CREATE TEMPORARY VIEW w AS SELECT DISTINCT n AS m FROM silver.t;
CREATE STREAMING TABLE silver.t (
  n BIGINT NOT NULL COMMENT 'number', v STRING,
  CONSTRAINT ok EXPECT (n > 0) ON VIOLATION DROP ROW
) PARTITIONED BY (V) COMMENT 'typed' TBLPROPERTIES ('quality' = 'silver', 'tailrace.onError' = 'fail')
AS SELECT v, n FROM STREAM(sv) WHERE n > 1;
CREATE TEMPORARY VIEW sv AS SELECT CAST(value AS STRING) AS v, offset AS n FROM STREAM raw;
CREATE OR REFRESH STREAMING TABLE raw AS
SELECT value, offset, timestamp FROM STREAM read_kafka(subscribe => 'clicks');
CREATE STREAMING TABLE silver.s;
CREATE FLOW f AS INSERT INTO silver.s BY NAME SELECT n, v AS x FROM STREAM(silver.t);
CREATE FLOW g AS INSERT INTO silver.s BY NAME SELECT 'a' AS x, offset AS n FROM STREAM(raw);
CREATE STREAMING TABLE other (a, b COMMENT 'second') AS SELECT * FROM STREAM read_files('/in', format => 'csv');
"""


def files(
    path: str, format: str, options: tuple[tuple[str, str], ...], function: str, place: Place
) -> t.Schema:
    if path == "/missing":
        raise ProjectError("There are no files.", place=place)
    return FILES


def compiled(root: Path, sql: str, settings: str = "") -> CompiledProject:
    (root / "a.sql").write_text(sql)
    if settings:
        (root / "tailrace.yaml").write_text(settings)
    return compile_project(load_project(root, environment={}), files)


def problems(root: Path, sql: str) -> list[str]:
    with pytest.raises(ProjectErrors) as caught:
        compiled(root, sql)
    return [str(error) for error in caught.value.errors]


def test_datasets_are_in_topological_order_whatever_the_order_of_statements(tmp_path: Path) -> None:
    project = compiled(tmp_path, PROJECT)
    assert list(project.datasets) == [
        "default.raw",
        "default.sv",
        "silver.t",
        "silver.s",
        "gold.v",
        "default.other",
    ]
    assert list(project.inlined) == ["default.w"]


def test_components_follow_streaming_edges_and_views_stand_alone(tmp_path: Path) -> None:
    found = {one.name: one.datasets for one in compiled(tmp_path, PROJECT).components}
    assert found == {
        "default.raw": ("default.raw", "default.sv", "silver.t", "silver.s"),
        "default.other": ("default.other",),
        "view:gold.v": ("gold.v",),
    }


def test_column_list_orders_types_and_describes_columns(tmp_path: Path) -> None:
    table = compiled(tmp_path, PROJECT).datasets["silver.t"]
    assert [(f.name, f.type, f.nullable, f.comment) for f in table.schema.fields] == [
        ("n", t.LONG, False, "number"),
        ("v", t.STRING, True, None),
    ]
    (branch,) = table.flows[0].query.branches
    assert branch.input == TableInput("default.sv")
    assert [column.name for column in branch.program.columns] == ["n", "v"]
    assert table.partition_by == ("v",)
    assert table.comment == "typed"
    assert table.properties == {"quality": "silver", "tailrace.onerror": "fail"}
    assert [(e.name, e.action, e.text) for e in table.expectations] == [("ok", "drop", "n > 0")]
    assert table.definition.startswith("CREATE STREAMING TABLE silver.t (")


def test_names_only_rename_by_position(tmp_path: Path) -> None:
    table = compiled(tmp_path, PROJECT).datasets["default.other"]
    assert [(f.name, f.type, f.comment) for f in table.schema.fields] == [
        ("a", t.LONG, None),
        ("b", t.STRING, "second"),
    ]


def test_flows_are_brought_to_the_first_flows_columns_by_name(tmp_path: Path) -> None:
    table = compiled(tmp_path, PROJECT).datasets["silver.s"]
    assert [flow.name for flow in table.flows] == ["f", "g"]
    assert table.schema.names == ("n", "x")
    assert [flow.query.schema.names for flow in table.flows] == [("n", "x")] * 2


def test_table_with_columns_may_wait_for_a_flow(tmp_path: Path) -> None:
    table = compiled(tmp_path, "CREATE STREAMING TABLE t (a INT)").datasets["default.t"]
    assert (table.flows, table.schema.names) == ((), ("a",))


def test_parameters_and_use_reach_into_queries(tmp_path: Path) -> None:
    project = compiled(
        tmp_path,
        "USE bronze; CREATE STREAMING TABLE raw AS SELECT value AS ${column} FROM STREAM read_kafka(subscribe "
        "=> '${topic}'); USE silver; CREATE STREAMING TABLE c AS SELECT v FROM STREAM(main.bronze.raw); "
        "CREATE STREAMING TABLE d AS SELECT v FROM STREAM(LIVE.c)",
        "parameters: {topic: clicks, column: v}",
    )
    assert list(project.datasets) == ["bronze.raw", "silver.c", "silver.d"]


RING = """CREATE STREAMING TABLE a AS SELECT x FROM STREAM(b);
CREATE STREAMING TABLE b AS SELECT x FROM STREAM(c);
CREATE STREAMING TABLE c AS SELECT x FROM STREAM(a);
CREATE STREAMING TABLE d AS SELECT x FROM STREAM(c)"""


def test_ring_is_refused_once_with_all_places(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, RING)
    assert "Datasets read each other in a ring: default.a -> default.b -> default.c -> default.a." in problem
    assert "default.a at a.sql:1:1, default.b at a.sql:2:1, default.c at a.sql:3:1" in problem


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "CREATE STREAMING TABLE t AS SELECT value AS _Row FROM STREAM read_kafka(subscribe => 'a')",
            "a.sql:1:1: default.t has a column '_Row', which is reserved.",
        ),
        (
            "CREATE STREAMING TABLE t AS SELECT value, key AS VALUE FROM STREAM read_kafka(subscribe => 'a')",
            "a.sql:1:1: default.t has two columns 'VALUE'.",
        ),
        (
            "CREATE STREAMING TABLE t",
            "a.sql:1:1: default.t has no query, no flow and no columns.",
        ),
        (
            "CREATE STREAMING TABLE t PARTITIONED BY (b) AS SELECT key, value FROM STREAM read_kafka(subscribe => 'a')",
            "a.sql:1:26: PARTITIONED BY names 'b', which default.t does not have.",
        ),
        (
            "CREATE STREAMING TABLE t PARTITIONED BY (key) AS SELECT key FROM STREAM read_kafka(subscribe => 'a')",
            "a.sql:1:26: PARTITIONED BY names every column of default.t.",
        ),
        (
            "CREATE STREAMING TABLE t (key BINARY) AS SELECT key, value FROM STREAM read_kafka(subscribe => 'a')",
            "a.sql:1:1: The column 'value' of default.t is not in its column list.",
        ),
        (
            "CREATE STREAMING TABLE t (key BINARY, x INT) AS SELECT key FROM STREAM read_kafka(subscribe => 'a')",
            "a.sql:1:1: The column 'x' of default.t is not in its query.",
        ),
        (
            "CREATE MATERIALIZED VIEW t AS SELECT",
            "a.sql:1:31: [PARSE_SYNTAX_ERROR] Syntax error at or near 'SELECT': SELECT has no list.",
        ),
        (
            "CREATE STREAMING TABLE t AS SELECT value FROM STREAM read_kafka(subscribe => 'a') "
            "WATERMARK timestamp DELAY OF INTERVAL 1 MINUTE",
            "a.sql:1:83: WATERMARK is not executed yet.",
        ),
        (
            "CREATE STREAMING TABLE t AS SELECT id FROM STREAM read_files('/missing', format => 'csv')",
            "a.sql:1:51: There are no files.",
        ),
    ],
)
def test_wrong_datasets_are_refused(tmp_path: Path, sql: str, expected: str) -> None:
    (problem,) = problems(tmp_path, sql)
    assert problem.startswith(expected)


def test_a_stream_over_a_view_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path,
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM read_files('/in', format => 'csv');\n"
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM(v)",
    )
    assert problem.startswith("a.sql:2:51: default.v is a materialized view")


def test_what_only_fails_because_of_its_upstream_is_not_told(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path,
        "CREATE STREAMING TABLE a AS SELECT nothing FROM STREAM read_kafka(subscribe => 'a');\n"
        "CREATE STREAMING TABLE b AS SELECT x FROM STREAM(a);\nCREATE LIVE TABLE c AS SELECT x FROM b;\n",
    )
    assert problem.startswith("a.sql:1:36: [UNRESOLVED_COLUMN]")


def test_a_table_that_auto_cdc_fills_is_told_once(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path,
        "CREATE STREAMING TABLE t;\nAPPLY CHANGES INTO t FROM STREAM(s) KEYS (id) SEQUENCE BY ts;\n"
        "CREATE LIVE TABLE v AS SELECT * FROM t",
    )
    assert problem.startswith("a.sql:2:1: AUTO CDC is not executed yet.")


def test_errors_inside_of_queries_have_their_place_in_the_file(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "CREATE STREAMING TABLE a AS\nSELECT value,\n  nothing AS x\nFROM STREAM read_kafka(subscribe => 'a');\n"
        "CREATE STREAMING TABLE b (CONSTRAINT c EXPECT (nothing > 1)) AS SELECT key FROM STREAM "
        "read_kafka(subscribe => 'a')",
    )
    assert [problem.partition(": ")[0] for problem in found] == ["a.sql:3:3", "a.sql:5:48"]


def test_bare_names_in_a_view_belong_to_its_own_schema(tmp_path: Path) -> None:
    project = compiled(
        tmp_path,
        "USE silver; CREATE STREAMING TABLE t AS SELECT value AS v FROM STREAM read_kafka(subscribe => 'a');"
        "CREATE TEMPORARY VIEW inner_view AS SELECT v FROM t; CREATE TEMPORARY VIEW outer_view AS SELECT v FROM "
        "inner_view; USE gold; CREATE LIVE TABLE g AS SELECT v FROM silver.outer_view",
    )
    view = project.datasets["gold.g"].view
    assert view is not None
    assert [item.input for item in view.inputs] == [TableInput("silver.t")]
    assert list(project.datasets) == ["silver.t", "gold.g"]
    assert set(project.inlined) == {"silver.inner_view", "silver.outer_view"}


def test_a_parameter_without_a_value_is_told_for_each_query_that_names_it(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "CREATE STREAMING TABLE t AS SELECT ${a} FROM STREAM read_kafka(subscribe => 'a');\n"
        "CREATE TEMPORARY VIEW v AS SELECT ${b} FROM t;\nCREATE LIVE TABLE m AS SELECT * FROM t",
    )
    assert [problem.partition(" Hint")[0] for problem in found] == [
        "a.sql:1:29: The parameter 'a' has no value.",
        "a.sql:2:28: The parameter 'b' has no value.",
    ]


def test_a_second_catalog_in_a_query_is_refused(tmp_path: Path) -> None:
    table = "CREATE STREAMING TABLE main.s.t AS SELECT value FROM STREAM read_kafka(subscribe => 'a');\n"
    project = compiled(tmp_path, table + "CREATE LIVE TABLE v AS SELECT value FROM MAIN.s.t")
    assert list(project.datasets) == ["s.t", "default.v"]
    (problem,) = problems(tmp_path, table + "CREATE LIVE TABLE v AS SELECT value FROM other.s.t")
    assert problem.startswith("a.sql:2:")
    assert "The catalog 'other' is the second one; 'main' is at a.sql:1:1." in problem


def test_views_over_tables_and_streams_are_not_mixed(tmp_path: Path) -> None:
    raw = "CREATE STREAMING TABLE raw AS SELECT value FROM STREAM read_kafka(subscribe => 'a');\n"
    (problem,) = problems(
        tmp_path,
        raw + "CREATE TEMPORARY VIEW w AS SELECT value FROM raw;\n"
        "CREATE STREAMING TABLE t AS SELECT value FROM STREAM(w)",
    )
    assert problem.startswith("a.sql:3:29: default.w is a view over whole tables, so it is no stream.")
    (problem,) = problems(
        tmp_path,
        raw + "CREATE TEMPORARY VIEW w AS SELECT value FROM STREAM(raw);\n"
        "CREATE LIVE TABLE t AS SELECT value FROM w",
    )
    assert problem.startswith("a.sql:3:")
    assert "default.w is a temporary view over a stream" in problem


def test_parameters_reach_into_comments_properties_and_conditions(tmp_path: Path) -> None:
    project = compiled(
        tmp_path,
        "CREATE STREAMING TABLE t (CONSTRAINT c EXPECT (offset > ${least})) COMMENT 'of ${env}' TBLPROPERTIES "
        "('env' = '${env}') AS SELECT offset FROM STREAM read_kafka(subscribe => 'a')",
        "parameters: {env: dev, least: 5}",
    )
    table = project.datasets["default.t"]
    assert (table.comment, table.properties) == ("of dev", {"env": "dev"})
    assert "5" in table.expectations[0].sql
    assert table.expectations[0].text == "offset > 5"


def test_no_table_keeps_an_interval_at_any_depth_but_a_view_may(tmp_path: Path) -> None:
    interval = "DATE'2024-01-02' - DATE'2024-01-01'"
    found = problems(
        tmp_path,
        f"CREATE MATERIALIZED VIEW a AS SELECT {interval} AS d;\n"
        f"CREATE MATERIALIZED VIEW b AS SELECT array(named_struct('x', {interval})) AS d;",
    )
    assert len(found) == 2
    assert all("Column 'd'" in one and "is an interval, which no table keeps" in one for one in found)
    view = f"CREATE TEMPORARY VIEW w AS SELECT {interval} AS d;\n"
    project = compiled(tmp_path, view + "CREATE MATERIALIZED VIEW c AS SELECT CAST(d AS STRING) AS d FROM w;")
    assert list(project.datasets) == ["default.c"]


@pytest.mark.parametrize("query", ["SELECT 1 AS `a\0b`", "SELECT struct(1 AS `a\x01b`) AS s"])
def test_a_name_with_a_control_character_is_refused(tmp_path: Path, query: str) -> None:
    # Arrow's names end at a NUL: the table could be written, and never be read again.
    (told,) = problems(tmp_path, f"CREATE MATERIALIZED VIEW v AS {query};")
    assert "control character" in told
