"""Exploding rows: every element counted, one that fails rejects its whole row, with the reason."""

from __future__ import annotations

from tailrace.duck.connection import connect
from tailrace.duck.diagnose import diagnose
from tailrace.duck.row_program import run_branch
from tailrace.model import types as t
from tailrace.sql.compiled import Branch, Column, Explode, RowProgram, TableInput

ITEMS = Column("__items", t.ArrayType(t.STRING), "string_split(\"text\", ',')")
FIRST = RowProgram((), "\"text\" <> 'skip'", (Column("id", t.INT, '"id"', False), ITEMS))
NUMBERS = RowProgram(
    (),
    "\"__item\" <> '0'",
    (Column("id", t.INT, '"id"', False), Column("n", t.INT, 'CAST("__item" AS INTEGER)')),
)


def run(outer: bool, *texts: str | None):  # type: ignore[no-untyped-def]
    connection = connect()
    connection.execute("CREATE TABLE given (__ord BIGINT, id INTEGER, text VARCHAR)")
    connection.executemany(
        "INSERT INTO given VALUES (?, ?, ?)", [[i, i * 10, text] for i, text in enumerate(texts)]
    )
    branch = Branch(TableInput("x.y"), FIRST, (Explode(outer, NUMBERS),))
    result = run_branch(connection, branch, "given", "t")
    rows = connection.execute(f"SELECT id, n, __sub FROM {result.kept_relation} ORDER BY __ord, __sub")
    return connection, branch, result, rows.fetchall()


def test_elements_come_out_in_order_and_are_counted_from_their_lists() -> None:
    _, _, result, rows = run(False, "1,2,0", "skip", "3")
    assert rows == [(0, 1, 0), (0, 2, 1), (20, 3, 0)]
    counts = (result.kept, result.filtered, result.emitted, result.fan_filtered, result.fan_zero)
    assert counts == (2, 1, 3, 1, 0)
    assert result.exploded == 4


def test_a_row_whose_elements_are_all_removed_emits_nothing_and_is_kept() -> None:
    _, _, result, rows = run(False, "0,0", "1")
    assert rows == [(10, 1, 0)]
    assert (result.kept, result.fan_zero, result.fan_filtered) == (2, 1, 2)


def test_one_failing_element_rejects_its_whole_row_and_says_why() -> None:
    connection, branch, result, rows = run(False, "1,x", "2")
    assert rows == [(10, 2, 0)]
    assert (result.error, result.kept, result.exploded) == (1, 1, 1)
    why = diagnose(connection, branch, "given", result.failed_relation, "t")
    ((place, rule, error),) = connection.execute(f"SELECT __ord, rule, error FROM {why}").fetchall()
    assert (place, rule) == (0, "cast")
    assert error.startswith("[CAST_INVALID_INPUT]")
    assert "x" in error
