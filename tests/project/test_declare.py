"""Names of a project, doubled ones, flows to their tables, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.project.declare import declare
from tailrace.project.executed import CLAUSES, COLUMN_CLAUSES, EXECUTED, PROPERTIES, STATEMENTS
from tailrace.project.load import load_project
from tailrace.project.names import reads_stream


def declared(root: Path, sql: str, settings: str = "") -> tuple[dict, list[str]]:
    (root / "a.sql").write_text(sql)
    if settings:
        (root / "tailrace.yaml").write_text(settings)
    datasets, errors = declare(load_project(root, environment={}))
    return datasets, [str(error) for error in errors]


def test_names_are_lower_case_with_their_schema(tmp_path: Path) -> None:
    datasets, errors = declared(
        tmp_path,
        "CREATE STREAMING TABLE A; CREATE STREAMING TABLE Main.Silver.B; CREATE LIVE TABLE LIVE.c AS SELECT 1;"
        "CREATE MATERIALIZED VIEW ${s}.`D d` AS SELECT 1; CREATE LIVE VIEW IDENTIFIER('gold.e') AS SELECT 1",
        "parameters: {s: gold}",
    )
    assert errors == []
    assert list(datasets) == ["default.a", "silver.b", "default.c", "gold.d d", "gold.e"]


def test_parameters_are_filled_into_queries_and_names(tmp_path: Path) -> None:
    datasets, errors = declared(
        tmp_path,
        "CREATE STREAMING TABLE t_${env} AS SELECT * FROM STREAM read_files('${dir}/x')",
        "parameters: {env: dev, dir: /data}",
    )
    assert errors == []
    assert datasets["default.t_dev"].flows[0].query.text == "SELECT * FROM STREAM read_files('/data/x')"


def test_flows_fill_their_table(tmp_path: Path) -> None:
    datasets, errors = declared(
        tmp_path,
        "CREATE FLOW f AS INSERT INTO t BY NAME SELECT 1; CREATE STREAMING TABLE t; CREATE FLOW g AS INSERT INTO "
        "LIVE.t SELECT 2",
    )
    assert errors == []
    flows = datasets["default.t"].flows
    assert [(flow.name, flow.query.text, flow.by_name) for flow in flows] == [
        ("f", "SELECT 1", True),
        ("g", "SELECT 2", False),
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "CREATE STREAMING TABLE t;\nCREATE LIVE TABLE T AS SELECT 1",
            "a.sql:2:1: default.t is defined twice; the first is at a.sql:1:1. "
            "Hint: Rename one of them, or let flows fill one table.",
        ),
        (
            "CREATE FLOW f AS INSERT INTO t SELECT 1",
            "a.sql:1:30: The flow f writes into default.t, which is not defined. "
            "Hint: Add CREATE STREAMING TABLE default.t.",
        ),
        (
            "CREATE LIVE TABLE t AS SELECT 1;CREATE FLOW f AS INSERT INTO t SELECT 1",
            "a.sql:1:62: The flow f writes into default.t, which is no streaming table. "
            "Hint: Make default.t a STREAMING TABLE.",
        ),
        (
            "CREATE STREAMING TABLE t;CREATE FLOW f AS INSERT INTO t SELECT 1;"
            "\nCREATE FLOW F AS INSERT INTO t SELECT 1",
            "a.sql:2:1: The flow f is defined twice; the first is at a.sql:1:26. Hint: Rename one of them.",
        ),
        (
            "CREATE STREAMING TABLE a.x.t;\nCREATE STREAMING TABLE b.x.u",
            "a.sql:2:24: The catalog 'b' is the second one; 'a' is at a.sql:1:24. "
            "Hint: A project has one catalog; leave the catalogs out of the names.",
        ),
        (
            "CREATE STREAMING TABLE system.t",
            "a.sql:1:1: The schema name 'system' is reserved. Hint: Choose another schema.",
        ),
        (
            "CREATE STREAMING TABLE `a/b`.t",
            "a.sql:1:1: The schema name 'a/b' cannot be a folder. Hint: Choose another schema.",
        ),
        (
            "CREATE STREAMING TABLE `a%20b`",
            "a.sql:1:1: The name 'a%20b' cannot be a folder. "
            "Hint: Choose one without /, \\ and %, of at most 200 bytes.",
        ),
        (
            "CREATE STREAMING TABLE ${x}.t",
            "a.sql:1:1: The parameter 'x' has no value. "
            "Hint: Give it one under `parameters:` in tailrace.yaml. Known: none.",
        ),
        (
            "CREATE STREAMING TABLE t (id INT, _Batch INT)",
            "a.sql:1:35: The column name '_Batch' is reserved. "
            "Hint: Every table has _batch and _row of its own; choose another name.",
        ),
        (
            "CREATE STREAMING TABLE t TBLPROPERTIES ('tailrace.onEror' = 'fail')",
            "a.sql:1:26: Unknown property 'tailrace.onEror'. Hint: Did you mean tailrace.onError?",
        ),
        (
            "CREATE STREAMING TABLE t TBLPROPERTIES ('tailrace.onerror' = 'stop')",
            "a.sql:1:26: The property 'tailrace.onerror' is 'stop'. Hint: It is reject or fail.",
        ),
        (
            "SELECT 1",
            "a.sql:1:1: A query defines no dataset. "
            "Hint: Write CREATE MATERIALIZED VIEW name AS in front of it, or use `tailrace query`.",
        ),
        (
            "OPTIMIZE t",
            "a.sql:1:1: OPTIMIZE is no statement of a project. "
            "Hint: A project's SQL defines streaming tables, views and flows.",
        ),
    ],
)
def test_wrong_declarations_are_refused(tmp_path: Path, sql: str, expected: str) -> None:
    assert declared(tmp_path, sql)[1] == [expected]


@pytest.mark.parametrize(
    ("sql", "title", "column"),
    [
        ("CREATE STREAMING TABLE t CLUSTER BY (a)", "CLUSTER BY", 26),
        ("CREATE STREAMING TABLE t LOCATION '/x'", "LOCATION", 26),
        ("CREATE STREAMING TABLE t USING parquet", "USING parquet", 26),
        ("CREATE STREAMING TABLE t USING delta OPTIONS ('a' = 'b')", "OPTIONS", 38),
        ("CREATE LIVE TABLE t SCHEDULE EVERY 1 DAY AS SELECT 1", "SCHEDULE", 21),
        ("CREATE LIVE TABLE t TRIGGER ON UPDATE AS SELECT 1", "TRIGGER ON UPDATE", 21),
        ("CREATE LIVE TABLE t REFRESH POLICY FULL AS SELECT 1", "REFRESH POLICY", 21),
        ("CREATE VIEW t WITH SCHEMA BINDING AS SELECT 1", "WITH SCHEMA", 20),
        ("CREATE LIVE TABLE t DEFAULT COLLATION UNICODE AS SELECT 1", "DEFAULT COLLATION", 21),
        ("CREATE STREAMING TABLE t ROW FILTER f ON (a)", "ROW FILTER", 26),
        ("CREATE STREAMING TABLE t (a INT DEFAULT 1)", "DEFAULT", 33),
        ("CREATE STREAMING TABLE t (a INT GENERATED ALWAYS AS IDENTITY)", "GENERATED", 33),
        ("CREATE STREAMING TABLE t (a INT PRIMARY KEY)", "PRIMARY KEY and REFERENCES", 33),
        ("CREATE STREAMING TABLE t (a INT MASK f)", "MASK", 33),
        ("CREATE STREAMING TABLE t (a VARIANT)", "The type VARIANT", 29),
        ("CREATE STREAMING TABLE t (a INT, PRIMARY KEY (a))", "PRIMARY KEY and FOREIGN KEY", 49),
        ("CREATE STREAMING TABLE t PARTITIONED BY (days(a))", "PARTITIONED BY days(a)", 26),
        ("CREATE GLOBAL TEMPORARY VIEW t AS SELECT 1", "GLOBAL TEMPORARY", 8),
        ("CREATE STREAMING TABLE t FLOW INSERT ONCE BY NAME SELECT 1", "INSERT INTO ONCE", 38),
        ("CREATE STREAMING TABLE t FLOW REPLACE WHERE a > 1 BY NAME SELECT 1", "REPLACE WHERE", 31),
        ("CREATE STREAMING TABLE t FLOW AUTO CDC FROM s KEYS (a) SEQUENCE BY b", "AUTO CDC", 26),
        ("APPLY CHANGES INTO t FROM s KEYS (a) SEQUENCE BY b", "AUTO CDC", 1),
    ],
)
def test_what_is_not_executed_is_refused_by_name_with_its_place(
    tmp_path: Path, sql: str, title: str, column: int
) -> None:
    (error,) = declared(tmp_path, sql)[1]
    assert error.startswith(f"a.sql:1:{column}: {title} is not executed yet. Hint: ")


def test_harmless_properties_pass(tmp_path: Path) -> None:
    sql = (
        "CREATE STREAMING TABLE t TBLPROPERTIES ('quality' = 'gold', pipelines.reset.allowed = false, "
        "'delta.enableChangeDataFeed' = 'true', 'tailrace.onError' = 'fail', 'owner' = 'me')"
    )
    assert declared(tmp_path, sql)[1] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM STREAM(t)", True),
        ("SELECT * FROM STREAM t", True),
        ("SELECT * FROM stream live.t AS x", True),
        ("SELECT * FROM a JOIN STREAM `b`", True),
        ("SELECT * FROM a, STREAM(b)", True),
        ("SELECT * FROM cloud_files('/x', 'csv')", True),
        ("WITH x AS (SELECT * FROM STREAM t) SELECT * FROM x", True),
        ("SELECT stream FROM t", False),
        ("SELECT a, stream FROM t", False),
        ("SELECT * FROM stream", False),
        ("SELECT * FROM stream WHERE a", False),
        ("SELECT 'FROM STREAM(t)' FROM t -- FROM STREAM(t)", False),
        ("SELECT * FROM read_files('/x')", False),
    ],
)
def test_a_query_is_known_to_read_a_stream(query: str, expected: bool) -> None:
    assert reads_stream(query) is expected


def test_documentation_names_every_clause_of_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "language.md").read_text()
    for line in EXECUTED:
        assert f"- {line}\n" in text
    for refusal in (*CLAUSES.values(), *COLUMN_CLAUSES.values(), *STATEMENTS.values()):
        for title in refusal.title.split(" and "):
            assert title in text, title
    for name in PROPERTIES:
        assert f"`{name}`" in text
