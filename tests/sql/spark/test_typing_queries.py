"""Aggregates, windows, keys, set operations over all types: the type that Spark gives, or a refusal."""

from __future__ import annotations

from functools import cache

import pytest

from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.compile import FilesCall, TableInfo, compile_batch, parse_query
from tests.sql.spark import grid, grid_queries
from tests.sql.spark.test_typing import KINDS

LINES = grid_queries.FILE.read_text(encoding="utf-8").splitlines()
GRID = [grid.read(line) for line in LINES]
REFUSED_SHARE_MAX = 0.02
_COLUMNS = tuple(t.Field(f"{letter}{i}", kind) for letter in "ab" for i, kind in enumerate(KINDS))


class OneTable:
    """A catalog with the table `t`."""

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        return TableInfo("default.t", "external", t.Schema(_COLUMNS)) if parts[-1] == "t" else None

    def files(self, call: FilesCall) -> None:
        raise AssertionError(call)


@cache
def ours(template: str, count: int) -> tuple[str | None, ...]:
    """The type of each combination, None where Spark is said to refuse, `?` where we refuse."""
    found: list[str | None] = []
    for places in grid.combinations(count):
        try:
            query = parse_query(grid.filled(template, places), Place("q.sql", 1))
            found.append(compile_batch(query, OneTable()).schema.fields[0].type.simple_string)
        except Refused:
            found.append("?")
        except ProjectError:
            found.append(None)
    return tuple(found)


@pytest.mark.parametrize(("template", "count", "theirs"), GRID, ids=[one[0] for one in GRID])
def test_types(template: str, count: int, theirs: list[str | None]) -> None:
    assert grid.differing(template, count, theirs, ours(template, count)) == []


def test_most_is_answered() -> None:
    answers = ((theirs, ours(template, count)) for template, count, theirs in GRID)
    assert grid.refused_share(answers) < REFUSED_SHARE_MAX
