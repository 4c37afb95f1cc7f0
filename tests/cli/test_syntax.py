"""`tailrace validate --syntax`: one line per statement, problems with their place, exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tailrace.cli.main import run

PIPELINE = """\
-- Databricks notebook source
-- MAGIC %md
-- MAGIC # it's a notebook
USE SCHEMA silver;
SET my.key = 'a;b';

-- COMMAND ----------

CREATE OR REFRESH STREAMING LIVE TABLE raw COMMENT "it's" AS SELECT * FROM cloud_files("${dir}/x", "csv")

-- COMMAND ----------

CREATE LIVE TABLE ${catalog}.gold.v AS SELECT window(ts, "5 minutes").start, count(*) FROM LIVE.raw
GROUP BY window(ts, "5 minutes");
CREATE TEMPORARY VIEW w AS SELECT * FROM STREAM(raw) WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS r;
CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM x;
APPLY CHANGES INTO LIVE.t FROM STREAM(LIVE.raw) KEYS (id) SEQUENCE BY ts;
SELECT a:b.c::int FROM c.2_silver.x
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.sql"
    path.write_text(PIPELINE)
    return path


def test_each_statement_is_one_object(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--syntax", str(file), "--output", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [tuple(row) for row in rows] == [("file", "line", "kind", "name", "ok", "problem")] * 8
    assert {(row["file"], row["ok"], row["problem"]) for row in rows} == {(str(file), True, None)}
    assert [(row["line"], row["kind"], row["name"]) for row in rows] == [
        (4, "use", "silver"),
        (5, "set", "my.key"),
        (9, "streaming_table", "raw"),
        (13, "materialized_view", "${catalog}.gold.v"),
        (15, "temporary_view", "w"),
        (16, "flow", "f"),
        (17, "auto_cdc", "t"),
        (18, "other", None),
    ]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("CREATE STREAMING TABLE t AS\nSELECT a FRM x WHERE", "2:14: Unexpected token near 'x'."),
        ("CREATE STREMING TABLE t", "1:8: Expected STREAMING TABLE, MATERIALIZED VIEW, VIEW or FLOW after CREATE, "
         "found 'STREMING'. Hint: Did you mean STREAMING?"),
        ("CREATE LIVE TABLE t AS SELECT * FROM {{ x }}", "1:38: A template '{{ }}' is not filled in. "
         "Hint: Render the template first, or use ${name}."),
        ("CREATE LIVE TABLE t (CONSTRAINT c EXPECT (a > 0 b c)) AS SELECT 1", "1:"),
        ("APPLY CHANGES INTO t FROM s KEYS (id) APPLY AS DELETE WHEN = 'D' SEQUENCE BY ts", "1:"),
        ("CREATE LIVE TABLE t AS SELECT", "1:24: SELECT has no list."),
        ("CREATE LIVE TABLE t AS SELECT a, FROM x", "1:32: Nothing follows the comma."),
        ("CREATE LIVE TABLE t AS SELECT a FROM x GROUP BY", "1:40: GROUP BY has no columns."),
        ("CREATE LIVE TABLE t AS SELECT a FROM x WHERE a IN", "1:48: IN has no list."),
        ("CREATE LIVE TABLE t AS SELECT a FROM", "1:33: Expected a table near 'FROM'."),
        ("CREATE LIVE TABLE t (CONSTRAINT c EXPECT (a > )) AS SELECT 1", "1:45: Something is missing near '>'."),
        ("CREATE LIVE VIEW t AS SELECT * FROM STREAM x WATERMARK ts DELAY OF 1 MINUTE", "1:"),
        ("SELECT 'x", "1:8: This string is never closed. Hint: Close it with ' ."),
    ],
)  # fmt: skip
def test_what_does_not_parse_has_a_problem_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sql: str, problem: str
) -> None:
    path = tmp_path / "b.sql"
    path.write_text(sql)
    assert run(["--output", "json", "validate", "--syntax", str(path)]) == 2
    (row,) = json.loads(capsys.readouterr().out)
    assert row["ok"] is False
    assert row["problem"].startswith(problem)


def test_several_files_answer_in_their_order_as_csv(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "0.sql"
    other.write_text("\ufeffSELECT 1;;\n;")
    assert run(["validate", "--syntax", str(file), str(other), "--output", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["file"] for row in rows] == [str(file)] * 8 + [str(other)]
    assert rows[0]["ok"] == "true"
    assert rows[-1]["problem"] == ""


def test_wrong_use_is_told_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--syntax"]) == 2
    assert run(["validate", "--syntax", str(tmp_path / "none.sql")]) == 2
    assert run(["validat"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--syntax needs at least one file" in captured.err
    assert "none.sql cannot be read" in captured.err
    assert "Did you mean 'validate'?" in captured.err


def test_options_of_a_table_are_syntax(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.sql"
    path.write_text(
        "CREATE STREAMING TABLE a AS SELECT * FROM STREAM(x) WITH ('skipChangeCommits' = 'true');\n"
        "CREATE STREAMING TABLE c AS SELECT * FROM STREAM x WITH (SKIPCHANGECOMMITS);\n"
        "CREATE STREAMING TABLE b AS SELECT * FROM STREAM x WITH (skipChangeCommits = true) t WHERE a > 1;\n"
    )
    assert run(["validate", "--syntax", str(path), "--output", "json"]) == 0
    assert [row["ok"] for row in json.loads(capsys.readouterr().out)] == [True] * 3
