"""`coerced` in the account of a run, and rows rejected instead."""

from pathlib import Path

import pytest

from .folders import tailrace

LINES = b'{"id": 1}\n{"id": "one"}\n{"id": [2]}\nnot json\n'
TABLE = """CREATE STREAMING TABLE orders TBLPROPERTIES ('tailrace.coerced' = '{}') AS
SELECT from_json(CAST(value AS STRING), 'id INT, name STRING').id AS id FROM STREAM read_kafka(subscribe => 'orders');
"""


@pytest.mark.parametrize(
    ("property_", "coerced", "error", "out"), [("count", 3, 0, 4), ("reject", None, 3, 1)]
)
def test_values_of_another_type_are_in_the_account(
    tmp_path: Path, property_: str, coerced: int | None, error: int, out: int
) -> None:
    (tmp_path / "a.sql").write_text(TABLE.format(property_))
    tailrace(tmp_path, "produce", "orders", "-", given=LINES)
    assert tailrace(tmp_path, "run", "--available-now").code == 0
    edge, whole = tailrace(tmp_path, "accounts", "--batch", "1", "--output", "json").rows
    assert (edge["coerced"], edge["error"], whole["out"]) == (coerced, error, out)
    assert edge["unknown"] == []
    rules = [row["rule"] for row in tailrace(tmp_path, "rejected", "--output", "json").rows]
    assert rules == ["malformed"] * error


def test_a_view_rejects_no_coerced_rows_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "CREATE MATERIALIZED VIEW v TBLPROPERTIES ('tailrace.coerced' = 'reject') AS SELECT 1 AS a;"
    )
    said = tailrace(tmp_path, "validate")
    assert said.code == 2
    assert "'tailrace.coerced' = 'reject' on a view" in said.out + said.err
    assert "a.sql:1:" in said.out + said.err
