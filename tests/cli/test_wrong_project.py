"""What a project has made can be looked at while its SQL is wrong."""

from pathlib import Path

import pytest

from .folders import tailrace

LINES = b'{"id": 1}\nno record\n'
BRONZE = "CREATE STREAMING TABLE raw AS SELECT value FROM STREAM read_kafka(subscribe => 'orders');\n"
SILVER = (
    "CREATE STREAMING TABLE orders AS SELECT from_json(CAST(value AS STRING), 'id INT', "
    "map('mode', 'FAILFAST')).id AS id FROM STREAM(raw);\n"
)


@pytest.fixture(params=["SELEC", "SELECT nothing,"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A project that ran, and whose second table was then spoilt: its syntax, or a name in it."""
    (tmp_path / "raw.sql").write_text(BRONZE)
    (tmp_path / "orders.sql").write_text(SILVER)
    tailrace(tmp_path, "produce", "orders", "-", given=LINES)
    assert tailrace(tmp_path, "run", "--available-now").code == 0
    (tmp_path / "orders.sql").write_text(SILVER.replace("SELECT", request.param))
    return tmp_path


def test_a_wrong_project_does_not_run(folder: Path) -> None:
    assert tailrace(folder, "run", "--available-now").code == 2


def test_its_tables_are_there_to_be_asked(folder: Path) -> None:
    for table, rows in (("orders", 1), ("raw", 2), ("orders__rejected", 1), ("system.rejected", 1)):
        answer = tailrace(folder, "query", f"SELECT count(*) AS n FROM {table}", "--output", "json")
        assert (answer.code, answer.rows) == (0, [{"n": rows}])
        assert "warning: the project is wrong: orders.sql:1:" in answer.err


def test_accounts_and_rejected_rows_are_shown(folder: Path) -> None:
    (account,) = tailrace(folder, "accounts", "default.orders", "--output", "json").rows
    assert (account["in"], account["kept"], account["error"]) == (2, 1, 1)
    assert tailrace(folder, "accounts", "default.nothing").code == 2
    (row,) = tailrace(folder, "rejected", "default.orders", "--output", "json").rows
    assert row["raw"] == "no record"


def test_status_tells_what_is_invalid_and_exits_with_1(folder: Path) -> None:
    answer = tailrace(folder, "status", "--output", "json")
    states = {row["dataset"]: (row["state"], row["rows"]) for row in answer.rows}
    assert states == {"default.raw": ("current", 2), "default.orders": ("invalid", 1)}
    assert answer.code == 1
