"""Heads of statements: golden pairs in plain files, and what is printed parses to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.model.errors import ProjectError
from tailrace.sql.parse.heads import Parsed, parse, parse_one
from tailrace.sql.parse.printing import print_statement

GOLDEN = Path(__file__).parent / "golden"


def cases(name: str) -> list[tuple[str, str, str]]:
    """Title, SQL and expectation of each case of a golden file."""
    found = []
    for block in (GOLDEN / name).read_text().split("### ")[1:]:
        title, _, rest = block.partition("\n")
        sql, _, expected = rest.partition("=>\n")
        found.append((title, sql.strip(), expected.strip()))
    return found


def shown(parsed: Parsed) -> str:
    """What the golden file holds: kind and name, then the statement printed, or the problem."""
    if parsed.problem is not None:
        return str(parsed.problem)
    assert parsed.statement is not None
    return f"{parsed.kind} {parsed.name}\n{print_statement(parsed.statement)}"


@pytest.mark.parametrize(("title", "sql", "expected"), cases("accepted.txt"), ids=lambda value: value[:40])
def test_head_is_read(title: str, sql: str, expected: str) -> None:
    assert [shown(parsed) for parsed in parse(sql)] == [expected]


@pytest.mark.parametrize(("title", "sql", "expected"), cases("refused.txt"), ids=lambda value: value[:40])
def test_head_is_refused_with_its_place(title: str, sql: str, expected: str) -> None:
    problems = [parsed.problem for parsed in parse(sql, "a.sql")]
    assert "\n".join(str(problem) for problem in problems) == expected
    assert all(problem is not None and problem.place is not None for problem in problems)


@pytest.mark.parametrize(("title", "sql", "expected"), cases("accepted.txt"), ids=lambda value: value[:40])
def test_printed_head_parses_to_the_same_statement(title: str, sql: str, expected: str) -> None:
    statement = parse_one(sql)
    printed = print_statement(statement)
    again = parse_one(printed)
    assert again == statement
    assert print_statement(again) == printed


def test_there_are_enough_golden_cases_with_titles_of_their_own() -> None:
    accepted, refused = cases("accepted.txt"), cases("refused.txt")
    assert len(accepted) >= 80
    assert len(refused) >= 120
    for found in (accepted, refused):
        assert len({title for title, _, _ in found}) == len(found)


def test_every_clause_has_its_place() -> None:
    statement = parse_one("CREATE STREAMING TABLE t (\n  a INT NOT NULL\n)\n  COMMENT 'x'\nAS SELECT 1")
    assert (statement.columns[0].not_null.at.line, statement.columns[0].not_null.at.column) == (2, 9)
    assert (statement.clauses.comment.at.line, statement.clauses.comment.at.column) == (4, 3)
    assert statement.query.at.offset == len(
        "CREATE STREAMING TABLE t (\n  a INT NOT NULL\n)\n  COMMENT 'x'\nAS "
    )


def test_one_broken_statement_does_not_hide_the_next() -> None:
    parsed = parse("CREATE STREAMING TABL t; CREATE STREAMING TABLE u;\nSELECT 1")
    assert [(one.kind, one.name, one.problem is None) for one in parsed] == [
        ("streaming_table", None, False),
        ("streaming_table", "u", True),
        ("other", None, True),
    ]


def test_parse_one_raises_the_problem() -> None:
    with pytest.raises(ProjectError, match="Did you mean STREAMING"):
        parse_one("CREATE STREMING TABLE t")
