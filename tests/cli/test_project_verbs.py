"""`validate`, `explain` and `lineage` of a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tailrace.cli.main import run

SQL = """\
CREATE OR REFRESH STREAMING TABLE raw COMMENT 'as it came'
AS SELECT value, offset FROM STREAM read_kafka(subscribe => 'clicks');
CREATE STREAMING TABLE silver.t (CONSTRAINT ok EXPECT (n > 0) ON VIOLATION DROP ROW)
AS SELECT CAST(value AS STRING) AS v, offset AS n FROM STREAM(raw) WHERE offset > 1;
CREATE MATERIALIZED VIEW gold.v AS SELECT DISTINCT n AS m FROM w;
CREATE TEMPORARY VIEW w AS SELECT n FROM silver.t;
"""


@pytest.fixture
def project(tmp_path: Path) -> str:
    (tmp_path / "bronze").mkdir()
    (tmp_path / "bronze" / "a.sql").write_text(SQL)
    return str(tmp_path)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert run([*arguments, "--output", "json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_validate_counts_what_is_there(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", project, "validate"]) == 0
    assert capsys.readouterr().out == "ok: 2 streaming tables, 1 materialized view, 1 temporary view\n"
    assert answer(capsys, "-C", project, "validate") == []


def test_validate_tells_all_problems(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(project) / "b.sql").write_text(
        "CREATE STREAMING TABLE x CLUSTER BY (a) AS SELECT value FROM STREAM(bronze.raw);\nCREATE LIVE TABLE y"
    )
    assert run(["-C", project, "validate"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: b.sql:2:20: 'y' has no query.\n  hint: Add AS SELECT ..." in captured.err
    (Path(project) / "b.sql").write_text(
        "CREATE STREAMING TABLE x CLUSTER BY (a) AS SELECT value FROM STREAM(bronze.raw)"
    )
    assert run(["-C", project, "validate", "--output", "json"]) == 2
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": "b.sql",
            "line": 1,
            "column": 26,
            "kind": "refused",
            "problem": "CLUSTER BY is not executed yet.",
            "hint": "Tables are not clustered yet; PARTITIONED BY is executed.",
        }
    ]


def test_explain_shows_what_runs(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    parts = answer(capsys, "-C", project, "explain", "silver.T")
    found = {(row["part"], row["name"]): row["detail"] for row in parts}
    assert found["dataset", "silver.t"] == "streaming table"
    assert found["defined", "silver.t"] == "bronze/a.sql:3:1"
    assert found["component", "bronze.raw"] == "bronze.raw, silver.t"
    assert found["input", "silver.t"] == "bronze.raw"
    assert found["compute", "n"] == '"offset"'
    assert found["expectation", "ok"] == "drop: n > 0"


def test_explain_finds_names_without_schema_and_tells_what_is_near(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = answer(capsys, "-C", project, "explain", "v")
    assert parts[0] == {"part": "dataset", "name": "gold.v", "detail": "materialized view"}
    assert run(["-C", project, "explain", "silver.tt"]) == 2
    assert "Did you mean silver.t?" in capsys.readouterr().err


def test_lineage_goes_from_topic_to_view(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "-C", project, "lineage")
    assert [
        (row["dataset"], row["column"], row["input"], row["input_column"], row["how"]) for row in rows
    ] == [
        ("bronze.raw", "value", "topic:clicks", "value", "column"),
        ("bronze.raw", "offset", "topic:clicks", "offset", "column"),
        ("silver.t", "v", "bronze.raw", "value", "expression"),
        ("silver.t", "n", "bronze.raw", "offset", "column"),
        ("gold.v", "m", "silver.t", "n", "column"),
    ]
    assert answer(capsys, "-C", project, "lineage", "gold.v") == rows[-1:]


def test_no_project_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", "/nowhere", "validate"]) == 2
    assert "error: /nowhere is no folder." in capsys.readouterr().err
